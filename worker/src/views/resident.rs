//! A version in memory: what its thread, its driver and its readers share.
//!
//! One job at a time runs on the worker's threads for a resident ([`super::turn`]); it alone touches
//! the instance. One task, the driver, loads the version and follows its log ([`super::driver`]).
//! Both talk to each other and to readers through the mailbox, whose lock is held for moments only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use protocol::view::{Halt, VersionSpec};
use protocol::{Sequence, Timestamp};
use storage::bus::{BuildOutcome, QueryAnswer, QueryError, QueryRequest};
use storage::event_log::Subscription;
use tokio::sync::{Notify, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::context::{Context, TenantShare};
use super::instance::Instance;
use super::mailbox::{Captured, Mailbox, Phase, Trouble, Waiter};
use crate::engine::Fault;
use crate::pool::Priority;
use crate::snapshots::Folded;

/// What queries are told while a view rests.
pub(super) const COOLING: &str = "the last queries of this view trapped, and it is loaded again \
    only a few times in a second; try again in a moment";

/// How long a query waits for its turn, once the state that it asks for is there and its own patience
/// is over.
const TURN_PATIENCE: Duration = Duration::from_secs(1);

/// What the thread works on.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) instance: Option<Instance>,
    pub(super) backlog: Backlog,
    pub(super) live: Option<Subscription>,
}

pub(crate) struct Resident {
    pub(super) spec: Arc<VersionSpec>,
    pub(super) context: Arc<Context>,
    pub(super) share: Arc<TenantShare>,
    pub(super) mailbox: Mutex<Mailbox>,
    pub(super) stage: Mutex<Stage>,
    /// Wakes the driver.
    pub(super) bell: Notify,
    /// Someone wants this gone from memory.
    pub(super) retired: CancellationToken,
    /// Even what waits is not worth finishing: the version was deleted.
    pub(super) abandoned: CancellationToken,
    /// Builds that wait for this resident.
    pub(super) builders: AtomicUsize,
    pub(super) built: watch::Sender<Option<Result<BuildOutcome, QueryError>>>,
    /// A snapshot is worth its price; the driver takes it.
    pub(super) save_due: AtomicBool,
    folded_since_snapshot: Mutex<Folded>,
    applied: AtomicU64,
    applied_at: AtomicU64,
    memory_bytes: AtomicU64,
}

/// Why a query was not even queued here.
pub(super) enum Refused {
    /// This resident is closed; ask a new one.
    Closed(QueryRequest),
    Error(QueryError),
}

/// Withdraws a query when its reader goes away.
struct Withdrawal<'a> {
    resident: &'a Resident,
    after: Sequence,
    id: u64,
    armed: bool,
}

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        if self.armed {
            let withdrawn = self.resident.mailbox.lock().withdraw(self.after, self.id);
            drop(withdrawn);
            self.resident.bell.notify_one();
        }
    }
}

impl Resident {
    pub(super) fn new(spec: Arc<VersionSpec>, context: Arc<Context>) -> Self {
        let mailbox = Mailbox::new(spec.halted.clone());
        Self {
            share: context.share(spec.tenant),
            spec,
            context,
            mailbox: Mutex::new(mailbox),
            stage: Mutex::default(),
            bell: Notify::new(),
            retired: CancellationToken::new(),
            abandoned: CancellationToken::new(),
            builders: AtomicUsize::new(0),
            built: watch::Sender::new(None),
            save_due: AtomicBool::new(false),
            folded_since_snapshot: Mutex::default(),
            applied: AtomicU64::new(0),
            applied_at: AtomicU64::new(0),
            memory_bytes: AtomicU64::new(0),
        }
    }

    pub(crate) fn applied(&self) -> Sequence {
        Sequence::new(self.applied.load(Ordering::Acquire)).unwrap_or(Sequence::MAX)
    }

    pub(crate) fn applied_at(&self) -> Timestamp {
        Timestamp(self.applied_at.load(Ordering::Acquire))
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.mailbox.lock().phase == Phase::Closed
    }

    pub(crate) fn is_serving(&self) -> bool {
        self.mailbox.lock().phase == Phase::Serving
    }

    /// Whether a reader or a build waits for this.
    pub(super) fn is_wanted(&self) -> bool {
        self.builders.load(Ordering::Acquire) > 0 || self.mailbox.lock().waiters() > 0
    }

    pub(crate) fn halted(&self) -> Option<Halt> {
        self.mailbox.lock().halted.clone()
    }

    /// Lets the driver save and close this once nobody waits for it.
    pub(crate) fn retire(&self) {
        self.retired.cancel();
    }

    /// Closes this without saving.
    pub(crate) fn abandon(&self) {
        self.abandoned.cancel();
        self.retired.cancel();
    }

    pub(super) fn folded_since_snapshot(&self) -> Folded {
        *self.folded_since_snapshot.lock()
    }

    /// Publishes where the instance stands.
    pub(super) fn publish(&self, instance: &Instance) {
        *self.folded_since_snapshot.lock() = instance.since_snapshot();
        self.memory_bytes
            .store(instance.memory_bytes(), Ordering::Relaxed);
        self.applied_at
            .store(instance.applied_at().as_micros(), Ordering::Release);
        self.applied
            .store(instance.applied().get(), Ordering::Release);
    }

    /// Lets the thread look at the mailbox soon.
    pub(super) fn schedule(self: &Arc<Self>) {
        let mut mailbox = self.mailbox.lock();
        if mailbox.scheduled {
            mailbox.rung = true;
            return;
        }
        mailbox.scheduled = true;
        drop(mailbox);
        self.submit();
    }

    /// Queues the next turn; the mailbox says that one is scheduled.
    pub(super) fn submit(self: &Arc<Self>) {
        let turn = Arc::clone(self);
        let priority = self.priority();
        let job = Box::new(move || turn.run());
        if let Err(error) = self.context.pool.submit(self.spec.tenant, priority, job) {
            let mut mailbox = self.mailbox.lock();
            mailbox.scheduled = false;
            let refused = std::mem::take(&mut mailbox.ready);
            drop(mailbox);
            for waiter in refused {
                let _ = waiter
                    .answer
                    .send(Err(QueryError::Overloaded(error.to_string())));
            }
            self.bell.notify_one();
        }
    }

    /// Builds make way for what someone waits for.
    pub(super) fn priority(&self) -> Priority {
        if self.builders.load(Ordering::Relaxed) > 0 && self.mailbox.lock().waiters() == 0 {
            Priority::Background
        } else {
            Priority::Interactive
        }
    }

    /// Answers a query when its time has come.
    pub(super) async fn ask(
        self: &Arc<Self>,
        request: QueryRequest,
    ) -> Result<Result<QueryAnswer, QueryError>, QueryRequest> {
        let (after, timeout) = (request.after.unwrap_or_default(), request.timeout);
        let (id, mut answer) = match self.queue(request) {
            Ok(queued) => queued,
            Err(Refused::Closed(request)) => return Err(request),
            Err(Refused::Error(error)) => return Ok(Err(error)),
        };
        let mut withdrawal = Withdrawal {
            resident: self,
            after,
            id,
            armed: true,
        };
        let mut outcome = tokio::time::timeout(timeout, &mut answer).await;
        if outcome.is_err() && self.is_at(after) {
            outcome = tokio::time::timeout(TURN_PATIENCE, &mut answer).await;
        }
        if outcome.is_err() {
            let withdrawn = self.mailbox.lock().withdraw(after, id);
            if withdrawn.is_some() {
                withdrawal.armed = false;
                self.bell.notify_one();
                return Ok(Err(self.late(after)));
            }
            // It has begun: its own limit of CPU time ends it.
            outcome = Ok((&mut answer).await);
        }
        withdrawal.armed = false;
        let stopping = || {
            Err(QueryError::Unavailable(
                "the view was stopped; try again".into(),
            ))
        };
        Ok(outcome.map_or_else(|_| stopping(), |it| it.unwrap_or_else(|_| stopping())))
    }

    fn queue(
        self: &Arc<Self>,
        request: QueryRequest,
    ) -> Result<(u64, oneshot::Receiver<Result<QueryAnswer, QueryError>>), Refused> {
        let options = &self.context.options;
        let after = request.after.unwrap_or_default();
        let Some(seat) = self.share.sit(options.waiting_per_tenant_max) else {
            let text = "too many queries of this tenant wait already; try again in a moment";
            return Err(Refused::Error(QueryError::Overloaded(text.into())));
        };
        let mut mailbox = self.mailbox.lock();
        match &mailbox.phase {
            Phase::Closed => return Err(Refused::Closed(request)),
            Phase::Failed(halt) => {
                return Err(Refused::Error(QueryError::Halted(halt.clone())));
            }
            Phase::Loading | Phase::Serving => {}
        }
        if let Some(halt) = mailbox.halted.as_ref().filter(|it| after >= it.sequence) {
            return Err(Refused::Error(QueryError::Halted(halt.clone())));
        }
        if let Some(until) = mailbox.cooling_until {
            if Instant::now() < until {
                return Err(Refused::Error(QueryError::Overloaded(COOLING.into())));
            }
            mailbox.cooling_until = None;
        }
        if mailbox.waiters() >= options.waiting_per_view_max {
            let text = "too many queries of this view wait already; try again in a moment";
            return Err(Refused::Error(QueryError::Overloaded(text.into())));
        }
        let (sender, receiver) = oneshot::channel();
        let id = mailbox.next_id();
        let applied = self.applied();
        let now = Instant::now();
        mailbox.asked_at = Some(now);
        let waiter = Waiter {
            id,
            after,
            body: request.body,
            parameters: request.parameters,
            answer: sender,
            since: now,
            _seat: seat,
        };
        let ring = after > applied && mailbox.waiting.is_empty();
        mailbox.enqueue(waiter, applied);
        let serving = mailbox.phase == Phase::Serving;
        if serving && mailbox.scheduled {
            mailbox.rung = true;
        }
        let submit = serving && !mailbox.scheduled;
        mailbox.scheduled |= submit;
        drop(mailbox);
        if submit {
            self.submit();
        }
        if ring {
            // The driver makes sure that the event is not missed.
            self.bell.notify_one();
        }
        Ok((id, receiver))
    }

    /// Whether there is a state to answer from.
    fn is_at(&self, after: Sequence) -> bool {
        self.is_serving() && after <= self.applied()
    }

    fn late(&self, after: Sequence) -> QueryError {
        let applied = self.applied();
        if self.is_at(after) {
            let text = "the view is busy with other queries; try again in a moment";
            return QueryError::Overloaded(text.into());
        }
        QueryError::Behind {
            wanted: after.max(applied.next()),
            applied,
        }
    }

    /// Takes the state from the instance between two of its calls. `None` when the instance went
    /// away before.
    pub(super) async fn capture(self: &Arc<Self>) -> Option<Result<Captured, Fault>> {
        let (sender, receiver) = oneshot::channel();
        self.mailbox.lock().captures.push(sender);
        self.schedule();
        receiver.await.ok()
    }

    /// Answers queries with an error.
    pub(super) fn refuse(waiters: Vec<Waiter>, error: &QueryError) {
        for waiter in waiters {
            // A reader that went away needs no answer.
            let _ = waiter.answer.send(Err(error.clone()));
        }
    }

    /// Takes the instance away and says why.
    pub(super) fn in_trouble(&self, stage: &mut Stage, trouble: Trouble) {
        stage.instance = None;
        stage.backlog.clear();
        let mut mailbox = self.mailbox.lock();
        if mailbox.phase == Phase::Serving {
            mailbox.phase = Phase::Loading;
        }
        mailbox.offered.clear();
        mailbox.folding = false;
        mailbox.trouble = Some(trouble);
        let captures = std::mem::take(&mut mailbox.captures);
        drop(mailbox);
        drop(captures);
        self.bell.notify_one();
    }
}
