//! The recent idempotency keys of a log.
//!
//! A window knows the keys of all frames behind a sequence, and reaches back as far as keys are
//! valid once it was completed from the log. That happens only when a request carries a key, so
//! logs that are used without keys never pay for it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::frame::{KeyDigest, PayloadDigest};
use protocol::{Frame, Sequence, Timestamp};

use super::Appended;

/// Keys of all windows together.
pub(super) struct Budget {
    keys: AtomicUsize,
    max: usize,
}

impl Budget {
    pub(super) fn new(max: usize) -> Self {
        Self {
            keys: AtomicUsize::new(0),
            max,
        }
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.keys.load(Ordering::Relaxed) > self.max
    }

    pub(super) fn has_quarter(&self) -> bool {
        self.keys.load(Ordering::Relaxed) <= self.max / 4 * 3
    }
}

/// What was appended under a key.
type Original = (PayloadDigest, Appended);

/// The keys of one log.
pub(super) struct KeyWindow {
    originals: HashMap<KeyDigest, Original>,
    /// The keys in the order of their sequences, oldest first. A key that was used again after it
    /// had expired stands here twice; only the one with the original's sequence counts.
    order: VecDeque<(KeyDigest, Sequence)>,
    /// The keys of all frames behind this sequence are here.
    pub(super) covers_after: Sequence,
    pub(super) complete: bool,
    budget: Arc<Budget>,
    keys_max: usize,
}

impl Drop for KeyWindow {
    fn drop(&mut self) {
        self.budget
            .keys
            .fetch_sub(self.order.len(), Ordering::Relaxed);
    }
}

impl KeyWindow {
    /// A window that knows what comes behind `head`, and nothing before.
    pub(super) fn new(head: Sequence, budget: Arc<Budget>, keys_max: usize) -> Self {
        Self {
            originals: HashMap::new(),
            order: VecDeque::new(),
            covers_after: head,
            complete: head == Sequence::ZERO,
            budget,
            keys_max: keys_max.max(1),
        }
    }

    /// Drops everything up to `head`.
    pub(super) fn reset(&mut self, head: Sequence) {
        *self = Self::new(head, Arc::clone(&self.budget), self.keys_max);
    }

    /// What was appended under the key at `valid_from` or later.
    pub(super) fn get(&self, key: &KeyDigest, valid_from: Timestamp) -> Option<&Original> {
        self.originals
            .get(key)
            .filter(|(_, appended)| appended.timestamp >= valid_from)
    }

    /// Takes in the keys of the frame behind all others.
    pub(super) fn record(&mut self, frame: &Frame) {
        for (key, original) in originals(frame) {
            self.originals.insert(key, original);
            self.order.push_back((key, original.1.first));
            self.budget.keys.fetch_add(1, Ordering::Relaxed);
        }
        while self.order.len() > self.keys_max {
            self.drop_oldest();
        }
    }

    /// Takes in the keys of the frame before all others, while the window is being completed;
    /// `false` when the window is as large as it may become.
    pub(super) fn record_older(&mut self, frame: &Frame) -> bool {
        let older: Vec<_> = originals(frame).collect();
        for (key, original) in older.into_iter().rev() {
            if self.order.len() >= self.keys_max {
                return false;
            }
            self.originals.entry(key).or_insert(original);
            self.order.push_front((key, original.1.first));
            self.budget.keys.fetch_add(1, Ordering::Relaxed);
        }
        self.covers_after = frame.first().previous();
        true
    }

    /// Drops the keys that were appended before `valid_from`.
    pub(super) fn expire(&mut self, valid_from: Timestamp) {
        while let Some((key, first)) = self.order.front() {
            let valid = self
                .get(key, valid_from)
                .is_some_and(|(_, appended)| appended.first == *first);
            if valid {
                break;
            }
            self.drop_oldest();
        }
        if self.originals.capacity() > 1_024 && self.originals.len() < self.originals.capacity() / 4
        {
            self.originals.shrink_to(self.originals.len() * 2);
            self.order.shrink_to(self.order.len() * 2);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((key, first)) = self.order.pop_front() {
            self.budget.keys.fetch_sub(1, Ordering::Relaxed);
            let original = self.originals.get(&key);
            if original.is_some_and(|(_, appended)| appended.first == first) {
                self.originals.remove(&key);
            }
        }
    }
}

/// The keys of a frame, in the order of their events.
fn originals(frame: &Frame) -> impl Iterator<Item = (KeyDigest, Original)> + '_ {
    frame.keys().map(|entry| {
        // The decoder has checked that every key covers events of the frame.
        let appended = Appended {
            first: frame.first().saturating_add(entry.index.into()),
            count: entry.count,
            timestamp: frame.timestamp(),
            replayed: false,
        };
        (entry.key, (entry.payload, appended))
    })
}
