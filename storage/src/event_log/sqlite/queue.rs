//! What waits for the writer: bounded by count and by bytes. Waiting for capacity blocks no thread.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use protocol::{Frame, LogId, Position, Sequence};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::super::{PublishError, ReadError};

/// Bytes are counted in units of this many, rounded up, because a semaphore counts in `u32`.
const BYTES_PER_PERMIT: usize = 1_024;

/// The most jobs that wait for the writer; further callers wait for capacity.
const JOBS_MAX: usize = 8_192;

/// The most bytes of frames that wait for the writer, in permits: 64 MiB.
const BYTES_PERMITS: u32 = 64 << 10;

/// One frame that a caller wants stored.
pub(super) struct Publish {
    pub(super) frame: Frame,
    pub(super) expected: Position,
    pub(super) reply: oneshot::Sender<Result<Position, PublishError>>,
}

/// A change that is not a publish. Each is answered with whether it is done; one that is not has
/// removed some of its frames, and is asked for again.
#[derive(Clone, Copy)]
pub(super) enum Change {
    Trim {
        log: LogId,
        through: Sequence,
    },
    Delete {
        log: LogId,
    },
    /// Removes frames of a deleted log.
    Clear {
        log: LogId,
    },
    /// Empties the write-ahead log, which holds frames that were removed since.
    Scrub,
    /// Writes nothing, but shows that writing works.
    Probe,
}

/// What the writer does.
pub(super) enum Job {
    Publish(Publish),
    Change(Change, oneshot::Sender<Result<bool, ReadError>>),
}

/// A job with the permits that it holds until it is done.
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
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            count: Arc::new(Semaphore::new(JOBS_MAX)),
            bytes: Arc::new(Semaphore::new(BYTES_PERMITS as usize)),
        }
    }

    /// Waits for capacity, then queues the job. A job larger than the capacity takes all of it.
    pub(super) async fn push(&self, job: Job, bytes: usize) -> Result<(), Closed> {
        let permits = u32::try_from(bytes.div_ceil(BYTES_PER_PERMIT))
            .unwrap_or(u32::MAX)
            .min(BYTES_PERMITS);
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
