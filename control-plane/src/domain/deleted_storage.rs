//! Metering what a deleted log held and no segment had, before it is removed.

use catalog::{DeletedLog, Stored};
use protocol::{Frame, LogId};
use storage::event_log::ReadError;

use super::App;
use crate::errors::Result;

/// Bytes of frames that are read at a time.
const READ_BYTES: usize = 8 << 20;

impl App {
    pub(super) async fn meter_deleted_log(&self, log: LogId) -> Result<()> {
        let Some(deleted) = self.catalog.deleted_log(log).await? else {
            return Ok(());
        };
        let stored = match self.not_archived(&deleted).await {
            Ok(stored) => stored,
            // What can't be read can't be billed either.
            Err(error @ ReadError::Damaged { .. }) => {
                tracing::warn!(%log, %error, "a deleted log is not metered to its end");
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        };
        Ok(self.catalog.meter_deleted_log(deleted, &stored).await?)
    }

    /// What the log stored behind the events that are metered, until it was deleted.
    async fn not_archived(&self, deleted: &DeletedLog) -> Result<Vec<Stored>, ReadError> {
        let mut stored = Vec::new();
        let mut next = deleted.through.next();
        loop {
            let log = &self.stores.event_log;
            let read = log.read(deleted.log, next, READ_BYTES).await?;
            let frames: Vec<Frame> = read.into_iter().map(|it| it.frame).collect();
            let Some(last) = frames.last() else {
                return Ok(stored);
            };
            let after = last.last().next();
            let counts =
                |frame: &&Frame| frame.first() >= next && frame.timestamp() < deleted.deleted_at;
            stored.extend(Stored::of_frames(frames.iter().filter(counts)));
            next = after;
        }
    }
}
