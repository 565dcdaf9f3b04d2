//! What the appender holds of one log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::Mutex;
use protocol::frame::{Head, KeyDigest, PayloadDigest};
use protocol::{Frame, LogId, Position, Sequence};
use tokio::sync::oneshot;

use super::capacity::{Capacity, Permit};
use super::options::AppenderOptions;
use super::window::KeyWindow;
use super::{AppendError, Appended, Payload};

/// Bytes of the requests of one log. At least one request is always admitted.
const BYTES_MAX: usize = 64 << 20;

/// A request that waits for its answer.
pub(super) struct Pending {
    pub(super) payload: Payload,
    pub(super) count: u32,
    /// Of the events in their packed form.
    pub(super) bytes: usize,
    pub(super) key: Option<(KeyDigest, PayloadDigest)>,
    pub(super) expected: Option<Sequence>,
    pub(super) reply: oneshot::Sender<Result<Appended, AppendError>>,
    #[expect(dead_code, reason = "held until the request is answered")]
    pub(super) overall: Permit,
    pub(super) in_log: Option<Permit>,
}

/// What a leader knows of the end of its log. Every frame behind `head` was seen by it.
pub(super) struct Known {
    pub(super) head: Head,
    pub(super) position: Position,
    pub(super) window: KeyWindow,
}

impl Known {
    /// Takes in the frame that follows the head.
    pub(super) fn follow(&mut self, frame: &Frame, position: Position) {
        self.head = frame.head();
        self.position = position;
        self.window.record(frame);
    }
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) waiting: VecDeque<Pending>,
    /// `None` while a leader has it, and when nothing is known.
    pub(super) known: Option<Known>,
    pub(super) leading: bool,
    /// Not in the registry any more: a request that finds this looks there again.
    pub(super) retired: bool,
}

/// One log that is appended to, or was lately.
pub(super) struct LogState {
    pub(super) log: LogId,
    pub(super) queue: Mutex<Queue>,
    pub(super) capacity: Arc<Capacity>,
    /// Tick of the registry at the last use.
    pub(super) last_used: AtomicU64,
}

impl LogState {
    pub(super) fn new(log: LogId, options: &AppenderOptions) -> Self {
        Self {
            log,
            queue: Mutex::default(),
            capacity: Capacity::new(options.requests_per_log_max, BYTES_MAX),
            last_used: AtomicU64::new(0),
        }
    }

    /// The requests of the next frame, in the order of their arrival. When there are none, the
    /// leader gives back what it knows and ends: both under one lock, so that the next request
    /// either is seen here or finds no leader.
    pub(super) fn next_requests(
        &self,
        known: &mut Option<Known>,
        options: &AppenderOptions,
    ) -> Option<Vec<Pending>> {
        let mut queue = self.queue.lock();
        let mut requests = Vec::new();
        let (mut events, mut bytes) = (0u32, 0usize);
        while let Some(next) = queue.waiting.front() {
            events = events.saturating_add(next.count);
            bytes = bytes.saturating_add(next.bytes);
            let full = events > options.frame_events_max || bytes > options.frame_bytes_max;
            if full && !requests.is_empty() {
                break;
            }
            requests.extend(queue.waiting.pop_front());
        }
        if requests.is_empty() {
            queue.known = known.take();
            queue.leading = false;
            return None;
        }
        Some(requests)
    }
}
