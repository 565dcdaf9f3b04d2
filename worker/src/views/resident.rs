//! A version in memory: what its readers, its driver and its turns share.
//!
//! One job at a time runs on the worker's threads for a resident ([`turn`]); it alone touches the
//! instance. One task, the driver, loads the version and follows its log ([`super::driver`]). Both
//! talk to each other and to readers through the [`Mailbox`], whose lock is held for moments only.

mod turn;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use protocol::Sequence;
use protocol::view::{Halt, VersionSpec};
use storage::bus::{BuildOutcome, QueryAnswer, QueryError, QueryRequest};
use storage::event_log::Subscription;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::context::{Context, TenantShare};
use super::effects::{Captured, Due, Refused};
use super::instance::{Instance, Progress, SavedState};
use super::mailbox::{Mailbox, Phase};
use super::queries::Key;
use crate::engine::{Fault, Program};
use crate::meter::Spent;
use crate::pool::{PoolError, Priority};
use turn::Stage;

/// How long a query waits for a turn, once the state that it asks for is there and its own timeout
/// is over.
const TURN_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Resident {
    pub(super) spec: Arc<VersionSpec>,
    pub(super) context: Arc<Context>,
    pub(super) share: Arc<TenantShare>,
    /// Even what waits is not worth finishing: the version was deleted.
    pub(super) abandoned: CancellationToken,
    mailbox: Mutex<Mailbox>,
    stage: Mutex<Stage>,
    /// Wakes the driver.
    driver: Notify,
    built: watch::Sender<Option<Result<BuildOutcome, QueryError>>>,
}

/// Withdraws a query when its reader goes away.
struct Withdrawal<'a> {
    resident: &'a Arc<Resident>,
    key: Key,
    armed: bool,
}

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.resident.change(|it| it.query_withdrawn(self.key));
        }
    }
}

/// A build that waits for a resident.
struct Building<'a>(&'a Arc<Resident>);

impl Drop for Building<'_> {
    fn drop(&mut self) {
        self.0.change(Mailbox::build_left);
    }
}

pub(super) fn stopped() -> QueryError {
    QueryError::Unavailable("the view was stopped; try again".into())
}

impl Resident {
    pub(super) fn new(spec: Arc<VersionSpec>, context: Arc<Context>) -> Self {
        Self {
            share: context.share(spec.tenant),
            mailbox: Mutex::new(Mailbox::new(spec.halted.clone())),
            spec,
            context,
            abandoned: CancellationToken::new(),
            stage: Mutex::default(),
            driver: Notify::new(),
            built: watch::Sender::new(None),
        }
    }

    /// Looks at the state.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Mailbox) -> T) -> T {
        look(&self.mailbox.lock())
    }

    pub(crate) fn progress(&self) -> Progress {
        self.look(Mailbox::progress)
    }

    pub(crate) fn halted(&self) -> Option<Halt> {
        self.look(|it| it.halted().cloned())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.look(Mailbox::phase) == Phase::Closed
    }

    pub(crate) fn is_serving(&self) -> bool {
        self.look(Mailbox::phase) == Phase::Serving
    }

    /// Changes the state, and does what is due after that.
    pub(super) fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut Mailbox) -> T) -> T {
        let mut mailbox = self.mailbox.lock();
        let outcome = change(&mut mailbox);
        let due = mailbox.take_due();
        drop(mailbox);
        self.wake(due);
        outcome
    }

    /// Wakes whoever has to do something: the only place that submits turns, wakes the driver, and
    /// ends queries and builds without a turn.
    fn wake(self: &Arc<Self>, due: Due) {
        for (query, error) in due.refused {
            // A reader that went away needs no answer.
            let _ = query.answer.send(Err(error));
        }
        if let Some(built) = due.built {
            self.built.send_replace(Some(built));
        }
        if due.driver {
            self.driver.notify_one();
        }
        if let Some(priority) = due.turn {
            let resident = Arc::clone(self);
            let job = Box::new(move || turn::take(&resident));
            if let Err(error) = self.context.pool.submit(self.spec.tenant, priority, job) {
                self.change(|it| it.turn_refused(&error.to_string()));
            }
        }
    }

    /// Waits until the driver is woken. What was changed since it last looked counts.
    pub(super) async fn woken(&self) {
        self.driver.notified().await;
    }

    /// Lets the driver save and close this once nobody waits for it.
    pub(crate) fn retire(self: &Arc<Self>) {
        self.change(Mailbox::retire);
    }

    /// Closes this without saving.
    pub(crate) fn abandon(self: &Arc<Self>) {
        self.abandoned.cancel();
        self.retire();
    }

    /// Answers a query once its event is applied. A closed resident gives the query back.
    pub(super) async fn query(
        self: &Arc<Self>,
        request: QueryRequest,
    ) -> Result<Result<QueryAnswer, QueryError>, QueryRequest> {
        let Ok(permit) = Arc::clone(&self.share.queries).try_acquire_owned() else {
            let text = "too many queries of this tenant wait already; try again in a moment";
            return Ok(Err(QueryError::Overloaded(text.into())));
        };
        let limit = request.timeout;
        let waiting_max = self.context.options.waiting_per_view_max;
        let queued = match self.change(|it| it.query_arrived(request, permit, waiting_max)) {
            Ok(queued) => queued,
            Err(Refused::Closed(request)) => return Err(request),
            Err(Refused::Error(error)) => return Ok(Err(error)),
        };
        let (key, mut answer) = (queued.key, queued.answer);
        let mut withdrawal = Withdrawal {
            resident: self,
            key,
            armed: true,
        };
        let mut outcome = timeout(limit, &mut answer).await;
        if outcome.is_err() && self.look(|it| it.is_at(key.0)) {
            outcome = timeout(TURN_TIMEOUT, &mut answer).await;
        }
        withdrawal.armed = false;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(_) if self.change(|it| it.query_withdrawn(key)) => {
                return Ok(Err(self.look(|it| it.late(key.0))));
            }
            // It has begun: its own limit of CPU time ends it.
            Err(_) => answer.await,
        };
        Ok(outcome.unwrap_or_else(|_| Err(stopped())))
    }

    /// Waits until the version is loaded, or can't be; `None` if this is closed.
    pub(super) async fn build(self: &Arc<Self>) -> Option<Result<BuildOutcome, QueryError>> {
        if !self.change(Mailbox::build_arrived) {
            return None;
        }
        let _building = Building(self);
        let mut built = self.built.subscribe();
        let outcome = built.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }

    /// Takes the state from the instance between two of its calls. `None` when the instance went
    /// away before.
    pub(super) async fn capture(self: &Arc<Self>) -> Option<Result<Captured, Fault>> {
        let (sender, receiver) = oneshot::channel();
        self.change(|it| it.capture_asked(sender));
        receiver.await.ok()
    }

    /// Replaces the instance. `live` is where turns take the frames that come from now on.
    pub(super) fn install(
        self: &Arc<Self>,
        instance: Instance,
        live: Option<Subscription>,
        ceiling: Sequence,
    ) {
        let mut stage = self.stage.lock();
        let progress = instance.progress();
        *stage = Stage {
            instance: Some(instance),
            live,
            ..Stage::default()
        };
        // With the stage still locked: no turn finds the instance and the old state, or the reverse.
        self.change(|it| it.instance_started(progress, ceiling));
    }

    /// Starts another instance of the version on the pool, from a state where one is given. The
    /// CPU time that it took comes with it, whatever came of it.
    pub(super) async fn start_instance(
        &self,
        program: &Arc<dyn Program>,
        saved: Option<SavedState>,
    ) -> Result<(Result<Instance, Fault>, Duration), PoolError> {
        let program = Arc::clone(program);
        let limits = self.context.options.machine.clone();
        let config = self.spec.config.clone();
        let starting = move || Instance::start(program.as_ref(), &limits, &config, saved);
        self.on_pool(self.look(Mailbox::priority), starting).await
    }

    pub(super) async fn on_pool<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let tenant = self.spec.tenant;
        self.context.pool.run(tenant, priority, work).await
    }

    pub(super) fn meter(&self, spent: Spent) {
        self.context.meter.add(&self.spec, spent);
    }
}
