//! What waits for the writer: bounded by count and by bytes, without a thread blocking for room.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use protocol::{Frame, LogId, Position, Sequence};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::super::{PublishError, ReadError};

/// Bytes are counted in units of this many, rounded up, because a semaphore counts in `u32`.
const BYTES_PER_PERMIT: usize = 1_024;

/// One frame that a caller wants stored.
pub(super) struct Publish {
    pub(super) frame: Frame,
    pub(super) expected: Position,
    pub(super) reply: oneshot::Sender<Result<Position, PublishError>>,
}

/// The answer to a change that is not a publish.
pub(super) type Reply<T> = oneshot::Sender<Result<T, ReadError>>;

/// What the writer does.
pub(super) enum Job {
    Publish(Publish),
    /// Removes some frames; the answer tells whether none are left to remove.
    Trim {
        log: LogId,
        through: Sequence,
        reply: Reply<bool>,
    },
    Delete {
        log: LogId,
        reply: Reply<()>,
    },
    /// Removes some frames of a deleted log; the answer tells whether none are left to remove.
    Clear {
        log: LogId,
        reply: Reply<bool>,
    },
    /// Empties the write-ahead log, which holds frames that were removed since.
    Scrub {
        reply: Reply<()>,
    },
    /// Writes nothing, but shows that writing works.
    Probe {
        reply: Reply<()>,
    },
}

/// A job with the room that it takes up until it is done.
pub(super) struct Queued {
    pub(super) job: Job,
    _count: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

/// The queue is closed; the job was not accepted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed;

#[derive(Default)]
struct State {
    jobs: Vec<Queued>,
    closed: bool,
}

/// The queue in front of the writer.
pub(super) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    count: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    bytes_permits_max: u32,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Queue {
    pub(super) fn new(count_max: usize, bytes_max: usize) -> Self {
        let permits = (bytes_max / BYTES_PER_PERMIT).clamp(1, Semaphore::MAX_PERMITS >> 4);
        let permits = u32::try_from(permits).unwrap_or(u32::MAX);
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            count: Arc::new(Semaphore::new(
                count_max.clamp(1, Semaphore::MAX_PERMITS >> 4),
            )),
            bytes: Arc::new(Semaphore::new(permits as usize)),
            bytes_permits_max: permits,
        }
    }

    /// Waits for room, then hands the job over. A job larger than all the room takes all of it.
    pub(super) async fn push(&self, job: Job, bytes: usize) -> Result<(), Closed> {
        let permits = u32::try_from(bytes.div_ceil(BYTES_PER_PERMIT))
            .unwrap_or(u32::MAX)
            .min(self.bytes_permits_max);
        let count = Arc::clone(&self.count).acquire_owned().await;
        let bytes = Arc::clone(&self.bytes).acquire_many_owned(permits).await;
        let (Ok(count), Ok(bytes)) = (count, bytes) else {
            return Err(Closed);
        };
        let mut state = self.state.lock();
        if state.closed {
            return Err(Closed);
        }
        let first = state.jobs.is_empty();
        state.jobs.push(Queued {
            job,
            _count: count,
            _bytes: bytes,
        });
        drop(state);
        if first {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Refuses what comes from now on; what was accepted is still taken.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.count.close();
        self.bytes.close();
        self.ready.notify_all();
    }

    /// Moves all waiting jobs into `jobs`, without waiting.
    pub(super) fn take_ready(&self, jobs: &mut Vec<Queued>) {
        jobs.append(&mut self.state.lock().jobs);
    }

    /// Waits until there is a job, and moves all that wait into `jobs`; `false` when the queue is
    /// closed and empty.
    pub(super) fn take(&self, jobs: &mut Vec<Queued>) -> bool {
        let mut state = self.state.lock();
        while state.jobs.is_empty() {
            if state.closed {
                return false;
            }
            self.ready.wait(&mut state);
        }
        jobs.append(&mut state.jobs);
        true
    }
}
