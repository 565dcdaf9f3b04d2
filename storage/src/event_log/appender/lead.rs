//! The leader of a log: publishes one frame after another until no request waits.

use std::sync::Arc;
use std::time::Duration;

use protocol::frame::Head;
use protocol::{Frame, Position, Sequence, Timestamp};

use super::build::{PlannedReply, build};
use super::state::{Known, LogState, Pending};
use super::window::KeyWindow;
use super::{AppendError, Appended, Shared};
use crate::event_log::PublishError;

/// Bytes of frames that are read at a time.
const CHUNK_BYTES: usize = 4 << 20;

/// Requests with more bytes than this are hashed and copied on a blocking thread, because that
/// takes milliseconds.
const INLINE_BYTES_MAX: usize = 256 << 10;

/// The first pause before a frame is published again; it doubles up to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// Retires a log whose leader ended in the middle, so that its callers get an answer and the next
/// request starts afresh.
struct LeaderGuard<'a> {
    shared: &'a Shared,
    state: &'a Arc<LogState>,
    finished: bool,
}

impl Drop for LeaderGuard<'_> {
    fn drop(&mut self) {
        if !self.finished {
            let mut queue = self.state.queue.lock();
            queue.retired = true;
            queue.waiting.clear();
            drop(queue);
            self.shared.logs.remove(self.state);
        }
    }
}

/// Leads a log until its queue is empty.
pub(super) async fn lead(shared: Arc<Shared>, state: Arc<LogState>) {
    let mut guard = LeaderGuard {
        shared: &shared,
        state: &state,
        finished: false,
    };
    let mut known = state.queue.lock().known.take();
    while let Some(requests) = state.next_requests(&mut known, &shared.options) {
        let mut round = Round {
            shared: &shared,
            state: &state,
            requests,
            replies: Vec::new(),
            known: known.take(),
            up_to_date: false,
            attempts: 0,
        };
        round.run().await;
        known = round.known;
        if shared.budget.is_exceeded() {
            shared.logs.shrink_windows(&shared.budget);
            if shared.budget.is_exceeded()
                && let Some(known) = &mut known
            {
                known.window.reset(known.head.sequence);
            }
        }
    }
    guard.finished = true;
}

/// One attempt to store the requests of a frame.
struct Round<'a> {
    shared: &'a Shared,
    state: &'a LogState,
    requests: Vec<Pending>,
    /// In the order of the requests; empty while no frame was built.
    replies: Vec<PlannedReply>,
    known: Option<Known>,
    /// The head was read from the log in this round, or proven to be stale and read on.
    up_to_date: bool,
    attempts: u32,
}

impl Round<'_> {
    /// Stores the requests, and answers them.
    async fn run(&mut self) {
        let stored = self.store().await;
        let replies = std::mem::take(&mut self.replies).into_iter().map(Some);
        let replies = replies.chain(std::iter::repeat_with(|| None));
        for (request, planned) in self.requests.drain(..).zip(replies) {
            let result = match (planned, &stored) {
                (Some(PlannedReply::Final(result)), _) => result,
                (_, Err(error)) => Err(error.clone()),
                (Some(PlannedReply::IfStored(appended)), Ok(timestamp)) => Ok(Appended {
                    timestamp: *timestamp,
                    ..appended
                }),
                (Some(PlannedReply::Refused(error)), Ok(_)) => Err(error),
                // Whenever no frame was built there is an error.
                (None, Ok(_)) => continue,
            };
            // A caller that went away is no error.
            let _ = request.reply.send(result);
        }
    }

    /// Publishes frames until one is stored, and returns its timestamp; any timestamp when the
    /// requests led to no event.
    async fn store(&mut self) -> Result<Timestamp, AppendError> {
        loop {
            let Some(frame) = self.next_frame().await? else {
                let refused = |reply: &PlannedReply| matches!(reply, PlannedReply::Refused(_));
                // Some reply depends on the head, and no frame will prove it.
                if self.replies.iter().any(refused) && !self.up_to_date {
                    self.catch_up(None).await?;
                    continue;
                }
                return Ok(Timestamp::default());
            };
            if self.publish(&frame).await? {
                return Ok(frame.timestamp());
            }
            self.pause_if_contended().await?;
        }
    }

    /// Makes the next frame of the requests, and plans their replies; `None` when no request leads to
    /// an event.
    async fn next_frame(&mut self) -> Result<Option<Frame>, AppendError> {
        self.replies.clear();
        let now = self.shared.clock.now();
        let valid_from = now.saturating_sub(self.shared.options.key_window);
        let keyed = self.requests.iter().any(|request| request.key.is_some());
        let known = self.prepare(keyed, valid_from).await?;
        let (log, requests) = (self.state.log, std::mem::take(&mut self.requests));
        let bytes: usize = requests.iter().map(|request| request.bytes).sum();
        let work = move || {
            let built = build(log, &known, &requests, now, valid_from);
            (known, requests, built)
        };
        let (known, requests, built) = if bytes <= INLINE_BYTES_MAX {
            work()
        } else {
            // The requests are gone with a thread that fails; their callers see that their reply is.
            let done = tokio::task::spawn_blocking(work).await;
            done.map_err(|error| AppendError::Unavailable(error.to_string()))?
        };
        self.known = Some(known);
        self.requests = requests;
        self.replies = built.replies;
        Ok(built.frame)
    }

    fn known(&mut self) -> Result<&mut Known, AppendError> {
        let lost = || AppendError::Unavailable("the head is lost".to_owned());
        self.known.as_mut().ok_or_else(lost)
    }

    /// What is known of the log's end, read from the log where it is not known.
    async fn prepare(&mut self, keyed: bool, valid_from: Timestamp) -> Result<Known, AppendError> {
        let mut known = match self.known.take() {
            Some(known) => known,
            None => self.load().await?,
        };
        known.window.expire(valid_from);
        if keyed && !known.window.complete {
            self.complete(&mut known.window, valid_from).await?;
        }
        Ok(known)
    }

    async fn load(&mut self) -> Result<Known, AppendError> {
        let log = self.state.log;
        let newest = self.shared.event_log.newest(log).await?;
        self.up_to_date = true;
        let (head, position) = newest.map_or_else(
            || (Head::origin(log), Position::START),
            |stored| (stored.frame.head(), stored.position),
        );
        let keys_max = self.shared.options.keys_per_log_max;
        let budget = Arc::clone(&self.shared.budget);
        Ok(Known {
            head,
            position,
            window: KeyWindow::new(head.sequence, budget, keys_max),
        })
    }

    /// Reads the log backwards as far as keys are valid.
    async fn complete(
        &self,
        window: &mut KeyWindow,
        valid_from: Timestamp,
    ) -> Result<(), AppendError> {
        // The semaphore is never closed; without a permit the work is merely less bounded.
        let _permit = self.shared.rebuilds.acquire().await.ok();
        loop {
            let before = window.covers_after.next();
            let (event_log, log) = (&self.shared.event_log, self.state.log);
            let frames = event_log.read_back(log, before, CHUNK_BYTES).await?;
            let mut more = !frames.is_empty();
            for stored in &frames {
                more = more
                    && stored.frame.timestamp() >= valid_from
                    && window.record_older(&stored.frame)
                    && stored.frame.first() > Sequence::FIRST;
            }
            if !more {
                window.complete = true;
                return Ok(());
            }
        }
    }

    /// Publishes a frame until it is stored or overtaken; whether it is stored. If not, other frames
    /// came first: they are known now, and this one will never be stored.
    async fn publish(&mut self, frame: &Frame) -> Result<bool, AppendError> {
        let mut maybe_stored = false;
        loop {
            let expected = self.known()?.position;
            match self.shared.event_log.publish(frame.clone(), expected).await {
                Ok(position) => {
                    self.known()?.follow(frame, position);
                    return Ok(true);
                }
                Err(PublishError::Unknown) => maybe_stored = true,
                Err(PublishError::Conflict) => match self.catch_up(Some(frame)).await? {
                    CaughtUp::Found => return Ok(true),
                    CaughtUp::Nothing => {}
                    CaughtUp::Others => return Ok(false),
                    CaughtUp::Gap if maybe_stored => return Err(self.lost("no answer came")),
                    CaughtUp::Gap => return Ok(false),
                },
                // Whatever this attempt says, an earlier one may have been stored.
                Err(error) if maybe_stored => return Err(self.lost(&error.to_string())),
                Err(PublishError::Full) => return Err(AppendError::StorageFull),
                Err(PublishError::Deleted) => {
                    self.known = None;
                    return Err(AppendError::Deleted);
                }
                Err(PublishError::Unavailable(reason)) => return Err(self.lost(&reason)),
            }
            self.pause().await?;
        }
    }

    /// Gives up with what may be stored or not; the head is read again next time.
    fn lost(&mut self, reason: &str) -> AppendError {
        self.known = None;
        AppendError::Unavailable(reason.to_owned())
    }

    /// Waits before the next attempt: longer each time, and at random, so that two nodes that
    /// append to one log don't keep meeting.
    async fn pause(&mut self) -> Result<(), AppendError> {
        self.attempts += 1;
        if self.attempts >= self.shared.options.attempts_max {
            return Err(self.lost("too many attempts were overtaken or not answered"));
        }
        let doubled = PAUSE_MIN.saturating_mul(1 << self.attempts.min(10));
        let share = 0.5 + rand::random::<f64>() / 2.0;
        tokio::time::sleep(doubled.min(PAUSE_MAX).mul_f64(share)).await;
        Ok(())
    }

    /// A frame that was overtaken once is built again at once: most logs have one writer, which
    /// has just moved here. Two writers that keep overtaking each other pause.
    async fn pause_if_contended(&mut self) -> Result<(), AppendError> {
        if self.attempts == 0 {
            self.attempts = 1;
            return Ok(());
        }
        self.pause().await
    }

    /// Takes in what others have stored behind the known head, and looks for one's own frame.
    /// Finding nothing proves nothing: a replica may be behind.
    async fn catch_up(&mut self, own: Option<&Frame>) -> Result<CaughtUp, AppendError> {
        let mut found = CaughtUp::Nothing;
        loop {
            let (log, before) = (self.state.log, self.known()?.head.sequence);
            let read = self.shared.event_log.read(log, before.next(), CHUNK_BYTES);
            let frames = read.await?;
            let known = self.known()?;
            for stored in &frames {
                let frame = &stored.frame;
                if frame.last() <= known.head.sequence {
                    continue;
                }
                if frame.first() > known.head.sequence.next() {
                    known.window.reset(frame.first().previous());
                    found = CaughtUp::Gap;
                } else if own.is_some_and(|own| own.nonce() == frame.nonce()) {
                    found = CaughtUp::Found;
                } else if matches!(found, CaughtUp::Nothing) {
                    found = CaughtUp::Others;
                }
                known.follow(frame, stored.position);
            }
            if known.head.sequence == before {
                self.up_to_date = true;
                return Ok(found);
            }
        }
    }
}

/// What was found behind the known head.
#[derive(Clone, Copy, Debug)]
enum CaughtUp {
    Nothing,
    Others,
    /// One's own frame, whose answer was lost.
    Found,
    /// Frames of others, but the first of them is not there any more.
    Gap,
}
