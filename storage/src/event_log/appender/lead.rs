//! The leader of a log: publishes one frame after another until no request waits.

use std::sync::Arc;
use std::time::Duration;

use protocol::frame::Head;
use protocol::{Frame, Position, Sequence, Timestamp};

use super::build::{Answer, Built, build};
use super::state::{Known, LogState, Pending};
use super::window::KeyWindow;
use super::{AppendError, Appended, Shared};
use crate::event_log::{PublishError, ReadError};

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
            known: known.take(),
            up_to_date: false,
            attempts: 0,
        };
        round.run(requests).await;
        known = round.known;
        if shared.budget.is_exceeded() {
            shared.logs.relieve(&shared.budget);
            if shared.budget.is_exceeded()
                && let Some(known) = &mut known
            {
                known.window.reset(known.head.sequence);
            }
        }
    }
    guard.finished = true;
}

/// The way of some requests into the log.
struct Round<'a> {
    shared: &'a Shared,
    state: &'a LogState,
    known: Option<Known>,
    /// The head was read from the log in this round, or proven to be stale and read on.
    up_to_date: bool,
    attempts: u32,
}

/// Why the requests of a round were not stored. Those that have an answer of their own get that.
struct Failed(AppendError);

impl From<ReadError> for Failed {
    fn from(error: ReadError) -> Self {
        Self(error.into())
    }
}

/// What became of a frame.
enum Published {
    Stored,
    /// Other frames came first; they are known now, and this one will never be stored.
    Overtaken,
}

impl Round<'_> {
    async fn run(&mut self, mut requests: Vec<Pending>) {
        loop {
            let built = match self.next_frame(requests).await {
                Ok((back, built)) => {
                    requests = back;
                    built
                }
                Err((requests, Failed(error))) => {
                    return requests
                        .into_iter()
                        .for_each(|request| reply(request, Err(error.clone())));
                }
            };
            let Some(frame) = &built.frame else {
                if built.is_unproven() && !self.up_to_date {
                    match self.catch_up(None).await {
                        Ok(_) => continue,
                        Err(Failed(error)) => return answer(requests, built, Err(error)),
                    }
                }
                return answer(requests, built, Ok(Timestamp::default()));
            };
            match self.publish(frame).await {
                Ok(Published::Stored) => {
                    let timestamp = frame.timestamp();
                    return answer(requests, built, Ok(timestamp));
                }
                Ok(Published::Overtaken) => {
                    if let Err(Failed(error)) = self.pause_if_contended().await {
                        return answer(requests, built, Err(error));
                    }
                }
                Err(Failed(error)) => return answer(requests, built, Err(error)),
            }
        }
    }

    /// Makes the next frame of the requests, and gives them back.
    async fn next_frame(
        &mut self,
        requests: Vec<Pending>,
    ) -> Result<(Vec<Pending>, Built), (Vec<Pending>, Failed)> {
        let now = self.shared.clock.now();
        let valid_from = self.keys_valid_from(now);
        let keyed = requests.iter().any(|request| request.key.is_some());
        let known = match self.prepare(keyed, valid_from).await {
            Ok(known) => known,
            Err(failed) => return Err((requests, failed)),
        };
        let log = self.state.log;
        let bytes: usize = requests.iter().map(|request| request.bytes).sum();
        if bytes <= INLINE_BYTES_MAX {
            let built = build(log, &known, &requests, now, valid_from);
            self.known = Some(known);
            return Ok((requests, built));
        }
        let built = tokio::task::spawn_blocking(move || {
            let built = build(log, &known, &requests, now, valid_from);
            (known, requests, built)
        });
        match built.await {
            Ok((known, requests, built)) => {
                self.known = Some(known);
                Ok((requests, built))
            }
            // The requests are gone with the thread; their callers see that their reply is.
            Err(error) => Err((
                Vec::new(),
                Failed(AppendError::Unavailable(error.to_string())),
            )),
        }
    }

    fn keys_valid_from(&self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.shared.options.key_window)
    }

    /// What is known of the log's end, read from the log where it is not known.
    async fn prepare(&mut self, keyed: bool, valid_from: Timestamp) -> Result<Known, Failed> {
        let mut known = match self.known.take() {
            Some(known) => known,
            None => self.load().await?,
        };
        known.window.expire(valid_from);
        if keyed && !known.window.is_complete() {
            self.complete(&mut known.window, valid_from).await?;
        }
        Ok(known)
    }

    async fn load(&mut self) -> Result<Known, Failed> {
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
    async fn complete(&self, window: &mut KeyWindow, valid_from: Timestamp) -> Result<(), Failed> {
        // The semaphore is never closed; without a permit the work is merely less bounded.
        let _permit = self.shared.rebuilds.acquire().await.ok();
        loop {
            let before = window.covers_after().next();
            let read = self
                .shared
                .event_log
                .read_back(self.state.log, before, CHUNK_BYTES);
            let frames = read.await?;
            let mut more = !frames.is_empty();
            for stored in &frames {
                more = more
                    && stored.frame.timestamp() >= valid_from
                    && window.record_older(&stored.frame)
                    && stored.frame.first() > Sequence::FIRST;
            }
            if !more {
                window.set_complete();
                return Ok(());
            }
        }
    }

    /// Publishes a frame until it is stored or overtaken.
    async fn publish(&mut self, frame: &Frame) -> Result<Published, Failed> {
        let mut maybe_stored = false;
        loop {
            let Some(known) = &mut self.known else {
                return Err(Failed(AppendError::Unavailable(
                    "the head is lost".to_owned(),
                )));
            };
            let expected = known.position;
            match self.shared.event_log.publish(frame.clone(), expected).await {
                Ok(position) => {
                    known.follow(frame, position);
                    return Ok(Published::Stored);
                }
                Err(PublishError::Unknown) => maybe_stored = true,
                Err(PublishError::Conflict) => match self.catch_up(Some(frame)).await? {
                    CaughtUp::Found => return Ok(Published::Stored),
                    CaughtUp::Nothing => {}
                    CaughtUp::Others => return Ok(Published::Overtaken),
                    CaughtUp::Gap if maybe_stored => return Err(self.lost("no answer came")),
                    CaughtUp::Gap => return Ok(Published::Overtaken),
                },
                // Whatever this attempt says, an earlier one may have been stored.
                Err(error) if maybe_stored => return Err(self.lost(&error.to_string())),
                Err(PublishError::Full) => return Err(Failed(AppendError::StorageFull)),
                Err(PublishError::Deleted) => {
                    self.known = None;
                    return Err(Failed(AppendError::Deleted));
                }
                Err(PublishError::Unavailable(reason)) => return Err(self.lost(&reason)),
            }
            self.pause().await?;
        }
    }

    /// Gives up with what may be stored or not; the head is read again next time.
    fn lost(&mut self, reason: &str) -> Failed {
        self.known = None;
        Failed(AppendError::Unavailable(reason.to_owned()))
    }

    /// Waits before the next attempt: longer each time, and at random, so that two nodes that
    /// append to one log don't keep meeting.
    async fn pause(&mut self) -> Result<(), Failed> {
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
    async fn pause_if_contended(&mut self) -> Result<(), Failed> {
        if self.attempts == 0 {
            self.attempts = 1;
            return Ok(());
        }
        self.pause().await
    }

    /// Takes in what others have stored behind the known head, and looks for one's own frame.
    /// Finding nothing proves nothing: a replica may be behind.
    async fn catch_up(&mut self, own: Option<&Frame>) -> Result<CaughtUp, Failed> {
        let mut outcome = CaughtUp::Nothing;
        loop {
            let Some(known) = &mut self.known else {
                self.known = Some(self.load().await?);
                return Ok(CaughtUp::Gap);
            };
            let from = known.head.sequence.next();
            let read = self
                .shared
                .event_log
                .read(self.state.log, from, CHUNK_BYTES);
            let frames = read.await?;
            let before = known.head.sequence;
            for stored in &frames {
                let frame = &stored.frame;
                if frame.last() <= known.head.sequence {
                    continue;
                }
                if frame.first() > known.head.sequence.next() {
                    known.window.reset(frame.first().previous());
                    outcome = CaughtUp::Gap;
                } else if own.is_some_and(|own| own.nonce() == frame.nonce()) {
                    outcome = CaughtUp::Found;
                } else if matches!(outcome, CaughtUp::Nothing) {
                    outcome = CaughtUp::Others;
                }
                known.follow(frame, stored.position);
            }
            if known.head.sequence == before {
                self.up_to_date = true;
                return Ok(outcome);
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

/// Answers all requests, by what became of their frame.
fn answer(requests: Vec<Pending>, built: Built, outcome: Result<Timestamp, AppendError>) {
    for (request, answer) in requests.into_iter().zip(built.answers) {
        let result = match (answer, &outcome) {
            (Answer::Now(result), _) => result,
            (Answer::Stored { .. } | Answer::Refused(_), Err(error)) => Err(error.clone()),
            (Answer::Refused(error), Ok(_)) => Err(error),
            (
                Answer::Stored {
                    first,
                    count,
                    replayed,
                },
                Ok(timestamp),
            ) => Ok(Appended {
                first,
                count,
                timestamp: *timestamp,
                replayed,
            }),
        };
        reply(request, result);
    }
}

/// A caller that went away is no error.
fn reply(request: Pending, result: Result<Appended, AppendError>) {
    let _ = request.reply.send(result);
}
