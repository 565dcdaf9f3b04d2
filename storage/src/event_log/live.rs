//! Sends followers what was committed. Nothing is kept for a log that nobody follows.

use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use protocol::LogId;
use tokio::sync::broadcast;

use super::{StoredFrame, Subscription};

/// Frames that a slow follower may be behind before it has to read them from the file.
const CAPACITY: usize = 16;

/// Larger frames are announced and not carried: followers read them from the file. With
/// [`CAPACITY`] this bounds what a follower that stands still keeps in memory to 2 MiB.
const CARRIED_BYTES_MAX: usize = 128 << 10;

/// Followed logs below which abandoned ones are not looked for.
const SWEEP_MIN: usize = 64;

/// The followed logs.
#[derive(Default)]
pub(super) struct Live {
    logs: DashMap<LogId, broadcast::Sender<Option<StoredFrame>>>,
    /// The number of followed logs at which abandoned ones are removed next: twice as many as were
    /// left the last time, so that the work is spread over the subscriptions that caused it.
    sweep_at: AtomicUsize,
}

impl Live {
    /// Follows a log; also whether this is its first follower.
    pub(super) fn subscribe(&self, log: LogId) -> (Subscription, bool) {
        if self.logs.len() >= self.sweep_at.load(Ordering::Relaxed) {
            self.logs.retain(|_, sender| sender.receiver_count() > 0);
            let next = (self.logs.len() * 2).max(SWEEP_MIN);
            self.sweep_at.store(next, Ordering::Relaxed);
        }
        let (receiver, is_first) = match self.logs.entry(log) {
            Entry::Occupied(entry) => (entry.get().subscribe(), false),
            Entry::Vacant(entry) => {
                let (sender, receiver) = broadcast::channel(CAPACITY);
                entry.insert(sender);
                (receiver, true)
            }
        };
        (Subscription(receiver), is_first)
    }

    /// Hands a committed frame to the followers of its log.
    pub(super) fn send(&self, stored: &StoredFrame) {
        let log = stored.frame.log();
        let Some(sender) = self.logs.get(&log) else {
            return;
        };
        let carried = stored.frame.encoded().len() <= CARRIED_BYTES_MAX;
        let abandoned = sender.send(carried.then(|| stored.clone())).is_err();
        drop(sender);
        if abandoned {
            self.remove_if_abandoned(log);
        }
    }

    /// Has the followers of a log read it, because frames may have been missed.
    pub(super) fn skip(&self, log: LogId) {
        if let Some(sender) = self.logs.get(&log) {
            // Without receivers there is nobody to notify.
            let _ = sender.send(None);
        }
    }

    /// As [`Self::skip`] for every log.
    pub(super) fn skip_all(&self) {
        for sender in &self.logs {
            let _ = sender.send(None);
        }
    }

    /// Removes a log that nobody follows any more; whether it is removed.
    pub(super) fn remove_if_abandoned(&self, log: LogId) -> bool {
        // Checked under the lock: somebody may have subscribed in between.
        self.logs
            .remove_if(&log, |_, sender| sender.receiver_count() == 0);
        !self.logs.contains_key(&log)
    }

    /// Ends the subscriptions of a deleted log.
    pub(super) fn end(&self, log: LogId) {
        self.logs.remove(&log);
    }

    /// Ends all subscriptions.
    pub(super) fn end_all(&self) {
        self.logs.clear();
    }

    #[cfg(test)]
    fn followed(&self) -> usize {
        self.logs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_that_nobody_follows_any_more_are_removed() {
        let live = Live::default();
        for _ in 0..10_000 {
            drop(live.subscribe(LogId::generate()));
        }
        assert!(live.followed() <= SWEEP_MIN, "{} logs", live.followed());
        let kept: Vec<_> = (0..1_000)
            .map(|_| live.subscribe(LogId::generate()).0)
            .collect();
        assert!(live.followed() >= kept.len());
    }
}
