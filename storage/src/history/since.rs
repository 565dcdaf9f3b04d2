//! Finding where a time lies in a log, by halving: no more than one block is unpacked.

use protocol::{LogId, Sequence, Timestamp};

use super::History;
use crate::event_log::{self, ReadError};

impl History {
    /// The first event whose timestamp is at or after `time`; the one that is appended next when
    /// there is none.
    pub async fn since(&self, log: LogId, time: Timestamp) -> Result<Sequence, ReadError> {
        // What is appended from here on may lie behind `time`, so the end is looked up before.
        let end = event_log::head(&*self.event_log, log)
            .await?
            .sequence
            .next();
        let Some(hot) = self.event_log.since(log, time).await? else {
            return Ok(end);
        };
        let first = hot.frame.first();
        // Where an earlier frame is hot, it is known to be before `time`.
        let oldest = self.event_log.read(log, Sequence::FIRST, 0).await?;
        let oldest = oldest.first().map(|stored| stored.frame.first());
        if first == Sequence::FIRST || oldest.is_some_and(|oldest| oldest < first) {
            return Ok(first);
        }
        self.archived_since(log, time, first).await
    }

    /// The same in front of `high`, which is at or after `time` and follows what is archived.
    async fn archived_since(
        &self,
        log: LogId,
        time: Timestamp,
        mut high: Sequence,
    ) -> Result<Sequence, ReadError> {
        let mut low = Sequence::FIRST;
        while low < high {
            let found = self.blocks_from(log, low.middle(high), 1).await?;
            let entry = found[0].entry;
            if entry.last_at < time {
                low = entry.last.next();
            } else if entry.first_at >= time {
                high = entry.first;
            } else {
                let content = self.blocks.cached(&found[0]).await?;
                let mut runs = content.runs.iter();
                let run = runs.find(|run| run.timestamp() >= time);
                let missing = || ReadError::damaged(log, "a block ends before its last time");
                return run.map(|run| run.first()).ok_or_else(missing);
            }
        }
        Ok(low)
    }
}
