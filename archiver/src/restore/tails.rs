//! The ends of logs, put back into the event log.
//!
//! A log's next sequence, its timestamp and its hash chain come from its newest frame, so every log
//! that has events gets one. Events that were appended under a key lately come back with their keys,
//! so that a client that repeats a request gets the old answer.

use std::collections::HashMap;

use protocol::frame::{FrameBuilder, Head, KeyEntry};
use protocol::segment::{Block, IndexEntry, block};
use protocol::{LogId, Position, Run, SegmentId, Sequence, Timestamp};
use storage::objects::ObjectKey;

use super::{RestoreError, RestoreParts};

/// Bytes of one frame, give or take the events of one key.
const FRAME_BYTES: usize = 1 << 20;

/// Publishes the end of a log.
pub(super) async fn put_end(
    parts: &RestoreParts,
    log: LogId,
    chosen: &[(SegmentId, IndexEntry)],
) -> Result<(), RestoreError> {
    let Some(newest) = chosen.len().checked_sub(1) else {
        return Ok(());
    };
    let valid_from = parts.clock.now().saturating_sub(parts.key_window);
    let lately = |(_, entry): &(SegmentId, IndexEntry)| entry.last_at >= valid_from;
    let start = chosen.iter().position(lately).unwrap_or(newest);
    let mut head = match start.checked_sub(1) {
        Some(before) => chosen[before].1.head(),
        None => Head::origin(log),
    };
    let mut position = Position::START;
    for (segment, entry) in &chosen[start..] {
        let content = read(parts, *segment, entry).await?;
        if !block::chain_holds(entry, &content, head.chain) {
            let reason = format!("the hash chain breaks behind sequence {}", head.sequence);
            return Err(RestoreError::damaged(&format!("log {log}"), &reason));
        }
        // Of the newest block, at least the last event.
        let first = first_wanted(entry, &content, valid_from);
        for frame in Frames::new(log, head, entry, content, first) {
            let published = parts.event_log.publish(frame, position).await;
            position = published.map_err(|error| RestoreError::Publish { log, error })?;
        }
        head = entry.head();
    }
    Ok(())
}

async fn read(
    parts: &RestoreParts,
    segment: SegmentId,
    entry: &IndexEntry,
) -> Result<Block, RestoreError> {
    let key = ObjectKey::segment(segment);
    let bytes = parts.objects.get_range(&key, entry.range()).await?;
    block::decode(entry, &bytes).map_err(|error| RestoreError::damaged(key.as_str(), &error))
}

/// From where on a block's events go back: those that are recent, and the last one in any case.
fn first_wanted(entry: &IndexEntry, content: &Block, valid_from: Timestamp) -> Sequence {
    let recent = content
        .runs
        .iter()
        .find(|run| run.timestamp() >= valid_from);
    recent.map_or(entry.last, Run::first)
}

/// Cuts a block into frames again.
struct Frames {
    log: LogId,
    head: Head,
    runs: std::vec::IntoIter<Run>,
    /// By the first sequence that each covers.
    keys: HashMap<Sequence, KeyEntry>,
    first: Sequence,
    /// Events of the current run that are not in a frame yet.
    rest: Vec<(Sequence, Vec<u8>)>,
    timestamp: Timestamp,
}

impl Frames {
    fn new(log: LogId, head: Head, entry: &IndexEntry, content: Block, first: Sequence) -> Self {
        let sequence = |key: &KeyEntry| entry.first.advance(key.index.into()).ok();
        let keys = content.keys.into_iter();
        Self {
            log,
            head,
            runs: content.runs.into_iter(),
            keys: keys
                .filter_map(|key| Some((sequence(&key)?, key)))
                .collect(),
            first,
            rest: Vec::new(),
            timestamp: Timestamp::default(),
        }
    }

    fn begin(&mut self, run: &Run) {
        self.timestamp = run.timestamp();
        for event in run.events() {
            if event.sequence < self.first {
                // It stays in the archive alone.
                self.head.follow(event.timestamp, event.bytes);
            } else {
                self.rest.push((event.sequence, event.bytes.to_vec()));
            }
        }
    }
}

impl Iterator for Frames {
    type Item = protocol::Frame;

    fn next(&mut self) -> Option<protocol::Frame> {
        while self.rest.is_empty() {
            let run = self.runs.next()?;
            self.begin(&run);
        }
        let mut frame = FrameBuilder::new(self.log, self.head, self.timestamp, rand::random());
        let mut taken = 0;
        while taken < self.rest.len() && frame.encoded_bytes() < FRAME_BYTES {
            let key = self.keys.remove(&self.rest[taken].0);
            let count = key.map_or(1, |key| key.count as usize);
            let end = (taken + count).min(self.rest.len());
            let events = self.rest[taken..end].iter().map(|(_, event)| &event[..]);
            if frame
                .push(events, key.map(|key| (key.key, key.payload)))
                .is_err()
            {
                break;
            }
            taken = end;
        }
        self.rest.drain(..taken);
        let frame = frame.finish()?;
        self.head = frame.head();
        Some(frame)
    }
}
