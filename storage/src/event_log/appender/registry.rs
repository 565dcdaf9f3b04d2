//! The logs that the appender knows: a bounded number of them, and nothing of the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use protocol::LogId;

use super::AppendError;
use super::options::AppenderOptions;
use super::state::{LogState, Pending};
use super::window::Budget;

pub(super) struct Registry {
    logs: DashMap<LogId, Arc<LogState>>,
    options: AppenderOptions,
    ticks: AtomicU64,
}

impl Registry {
    pub(super) fn new(options: &AppenderOptions) -> Self {
        Self {
            logs: DashMap::new(),
            options: options.clone(),
            ticks: AtomicU64::new(0),
        }
    }

    /// Puts a request into its log's queue. The log's state is returned when the caller has to
    /// start a leader.
    pub(super) fn push(
        &self,
        log: LogId,
        mut pending: Pending,
    ) -> Result<Option<Arc<LogState>>, AppendError> {
        loop {
            let state = self.state(log);
            let permit = state.capacity.try_acquire(pending.bytes);
            let mut queue = state.queue.lock();
            if queue.retired {
                continue;
            }
            pending.in_log = Some(permit.ok_or(AppendError::Overloaded)?);
            queue.waiting.push_back(pending);
            if queue.leading {
                return Ok(None);
            }
            queue.leading = true;
            drop(queue);
            let tick = self.ticks.fetch_add(1, Ordering::Relaxed);
            state.last_used.store(tick, Ordering::Relaxed);
            return Ok(Some(state));
        }
    }

    fn state(&self, log: LogId) -> Arc<LogState> {
        if let Some(state) = self.logs.get(&log) {
            return Arc::clone(&state);
        }
        if self.logs.len() >= self.options.logs_max {
            self.evict_idle();
        }
        let entry = self.logs.entry(log);
        let state = entry.or_insert_with(|| Arc::new(LogState::new(log, &self.options)));
        Arc::clone(&state)
    }

    /// The states of all logs, the one that was not used for longest first.
    fn by_age(&self) -> Vec<Arc<LogState>> {
        let mut states: Vec<_> = self.logs.iter().map(|entry| Arc::clone(&entry)).collect();
        states.sort_by_cached_key(|state| state.last_used.load(Ordering::Relaxed));
        states
    }

    /// Evicts the quarter of the logs that was not used for longest, so that the next search is
    /// a quarter of all logs away. Logs that are in use stay; the capacity for requests bounds them.
    fn evict_idle(&self) {
        for state in self.by_age().iter().take(self.options.logs_max / 4 + 1) {
            let mut queue = state.queue.lock();
            if !queue.leading && queue.waiting.is_empty() {
                queue.retired = true;
                queue.known = None;
                drop(queue);
                self.remove(state);
            }
        }
    }

    /// Drops the windows of idle logs, those first that were not used for longest, until the
    /// budget has a quarter left again.
    pub(super) fn shrink_windows(&self, budget: &Budget) {
        for state in self.by_age() {
            if budget.has_quarter() {
                return;
            }
            if let Some(known) = state.queue.lock().known.as_mut() {
                known.window.reset(known.head.sequence);
            }
        }
    }

    /// Takes a state out, unless it was replaced.
    pub(super) fn remove(&self, state: &Arc<LogState>) {
        self.logs
            .remove_if(&state.log, |_, present| Arc::ptr_eq(present, state));
    }

    /// Drops what is known of a log. A leader that is at work ends its queue and is not used again.
    pub(super) fn evict(&self, log: LogId) {
        if let Some((_, state)) = self.logs.remove(&log) {
            let mut queue = state.queue.lock();
            queue.retired = true;
            queue.known = None;
        }
    }
}
