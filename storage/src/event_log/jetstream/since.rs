//! Finding a frame by its time.

use protocol::Timestamp;

use super::Inner;
use super::get::Which;
use super::read::{Address, decode_unless_tombstone};
use crate::event_log::{ReadError, StoredFrame};

impl Inner {
    /// See [`crate::event_log::EventLog::since`].
    pub(super) async fn frame_since(
        &self,
        at: &Address,
        time: Timestamp,
    ) -> Result<Option<StoredFrame>, ReadError> {
        let Some(newest) = self.newest_frame(at).await? else {
            return Ok(None);
        };
        if newest.frame.timestamp() < time {
            return Ok(None);
        }
        let mut position = self.position_since(at, time, newest.position.0).await?;
        // The replicas that were asked may lack some of the newest frames; the leader has them all.
        loop {
            let stored = self.leader(at, Which::From(position)).await?;
            match decode_unless_tombstone(at.log, stored)? {
                Some(stored) if stored.frame.timestamp() < time => position = stored.position.0 + 1,
                found => return Ok(found),
            }
        }
    }

    /// A stream sequence at or before the first frame since `time`, and behind those before that the
    /// replicas know.
    async fn position_since(
        &self,
        at: &Address,
        time: Timestamp,
        newest: u64,
    ) -> Result<u64, ReadError> {
        let (mut low, mut high) = (1, newest);
        while low < high {
            let middle = low + (high - low) / 2;
            let first_from = || self.messages(at).ask_replica(Which::From(middle));
            let found = self.retry(first_from).await?;
            match decode_unless_tombstone(at.log, found)? {
                Some(it) if it.position.0 < high && it.frame.timestamp() < time => {
                    low = it.position.0 + 1;
                }
                _ => high = middle,
            }
        }
        Ok(low)
    }
}
