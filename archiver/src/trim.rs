//! Trimming: the hot log drops what is archived, where the log's retention says so.

use crate::crash::{Point, reached};
use crate::parts::{ArchiverParts, StepError};

/// Logs that are trimmed before it is written down.
const LOGS_AT_A_TIME: u32 = 200;

/// Trims every log of a shard whose archived frames are old enough. A frame that no one has archived
/// is never trimmed: what is due comes from the rows of blocks.
pub(crate) async fn trim(parts: &ArchiverParts, shard: u16) -> Result<(), StepError> {
    loop {
        let before = parts.ago(parts.options.hot);
        let due = parts
            .catalog
            .due_trims(shard, before, LOGS_AT_A_TIME)
            .await?;
        if due.is_empty() {
            return Ok(());
        }
        for (log, through) in &due {
            parts.event_log.trim(*log, *through).await?;
            reached(Point::Trimmed);
        }
        parts.catalog.record_trims(shard, &due).await?;
        reached(Point::TrimRecorded);
    }
}
