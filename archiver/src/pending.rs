//! Frames that were read from a shard and are not archived yet.

use std::collections::BTreeMap;

use protocol::{Frame, LogId, Position};
use storage::event_log::StoredFrame;
use tokio::time::Instant;

/// Frames by log, each log's in their order.
pub(crate) struct Pending {
    pub(crate) logs: BTreeMap<LogId, Vec<Frame>>,
    pub(crate) events: u64,
    pub(crate) bytes: usize,
    /// The position of the newest frame, or where reading begins.
    pub(crate) through: Position,
    /// When the oldest frame was read.
    since: Option<Instant>,
    /// The time of the oldest frame.
    pub(crate) oldest: Option<protocol::Timestamp>,
}

impl Pending {
    pub(crate) fn behind(through: Position) -> Self {
        Self {
            logs: BTreeMap::new(),
            events: 0,
            bytes: 0,
            through,
            since: None,
            oldest: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.logs.is_empty()
    }

    pub(crate) fn age(&self) -> std::time::Duration {
        self.since.map(|since| since.elapsed()).unwrap_or_default()
    }

    pub(crate) fn add(&mut self, frames: Vec<StoredFrame>) {
        for StoredFrame { frame, position } in frames {
            self.since.get_or_insert_with(Instant::now);
            self.oldest.get_or_insert_with(|| frame.timestamp());
            self.events += u64::from(frame.count());
            self.bytes += frame.encoded().len();
            self.through = self.through.max(position);
            self.logs.entry(frame.log()).or_default().push(frame);
        }
    }
}
