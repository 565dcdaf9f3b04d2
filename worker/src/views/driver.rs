//! The task that looks after a resident: it loads the version, follows its log, recovers from what
//! goes wrong, saves, and closes.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use protocol::Sequence;
use protocol::view::Halt;
use storage::bus::{BuildOutcome, QueryError};
use storage::event_log::{StoredFrame, Subscription, SubscriptionError};

use super::Registry;
use super::instance::Caution;
use super::loading::LoadStop;
use super::mailbox::{Phase, Trouble};
use super::recovery::ReloadBudget;
use super::resident::Resident;
use super::saving::Worth;
use crate::snapshots::Standing;

/// Before a build's head, at most this many events are folded twice, to verify its first snapshot.
const VERIFIED_EVENTS_MAX: u64 = 256;

/// How soon the log is read when a query waits for an event that was not announced; each further
/// time takes twice as long.
const WAITING_POLL_MIN: Duration = Duration::from_millis(20);
const WAITING_POLL_MAX: Duration = Duration::from_secs(1);

/// How the driver's work ended.
pub(super) enum End {
    /// Nobody needs the resident any more.
    Retired,
    Unavailable(String),
    /// There is no room for it.
    Refused(QueryError),
    Halted(Halt),
}

/// What ended following the log.
enum Followed {
    Trouble(Trouble),
    Retired,
}

pub(super) struct Driver {
    pub(super) resident: Arc<Resident>,
    registry: Weak<Registry>,
    pub(super) caution: Caution,
    pub(super) reloads: ReloadBudget,
    /// Loads in a row that ended in trouble.
    pub(super) attempts: u32,
    weighed_bytes: u64,
}

/// Looks after a resident until it is closed.
pub(super) async fn drive(resident: Arc<Resident>, registry: Weak<Registry>) {
    let mut driver = Driver {
        reloads: ReloadBudget::of(resident.context.options.reloads_per_second),
        resident,
        registry,
        caution: Caution::default(),
        attempts: 0,
        weighed_bytes: 0,
    };
    let abandoned = driver.resident.abandoned.clone();
    let end = tokio::select! {
        biased;
        () = abandoned.cancelled() => End::Retired,
        end = driver.live() => end,
    };
    driver.close(end);
}

impl Driver {
    async fn live(&mut self) -> End {
        if let Some(halt) = self.resident.halted() {
            if halt.sequence == Sequence::ZERO {
                return self.failed(halt).await;
            }
            self.caution.ceiling = halt.sequence.previous();
        }
        loop {
            let trouble = match self.load().await {
                Ok(doorbell) => match self.follow(doorbell).await {
                    Followed::Trouble(trouble) => trouble,
                    Followed::Retired => return End::Retired,
                },
                Err(LoadStop::Trouble(trouble)) => trouble,
                Err(LoadStop::Unwanted) => return End::Retired,
                Err(LoadStop::Unavailable(text)) => return End::Unavailable(text),
                Err(LoadStop::Refused(error)) => return End::Refused(error),
                Err(LoadStop::Failed(halt, fault)) => return self.not_started(halt, &fault).await,
            };
            if let Some(end) = self.recover(trouble).await {
                return end;
            }
        }
    }

    /// Brings an instance to the head of the log, or as far as the version may go.
    async fn load(&mut self) -> Result<Option<Subscription>, LoadStop> {
        let resident = Arc::clone(&self.resident);
        let context = &resident.context;
        let started = Instant::now();
        let permit = resident.share.loads.acquire().await;
        let halted = self.caution.ceiling < Sequence::MAX;
        // Subscribed before the log is read, so that no frame falls between the two.
        let subscribe = || context.history.subscribe(resident.spec.log);
        let (live, doorbell) = if halted {
            (None, None)
        } else {
            (Some(subscribe()), Some(subscribe()))
        };
        if let Some(registry) = self.registry.upgrade() {
            let room = registry.make_room(&resident).await;
            room.map_err(LoadStop::Refused)?;
        }
        let prepared = context.programs.get(resident.spec.component).await;
        let prepared = prepared.map_err(|error| LoadStop::Unavailable(error.to_string()))?;
        let ceiling = self.caution.ceiling;
        let mut instance = resident.start_instance(&prepared.program, ceiling).await?;
        instance.heed(&self.caution);
        {
            let mut stage = resident.stage.lock();
            let mut mailbox = resident.mailbox.lock();
            mailbox.trouble = None;
            mailbox.gap = false;
            mailbox.ceiling = ceiling;
            drop(mailbox);
            resident.publish(&instance);
            stage.backlog.clear();
            stage.live = live;
            stage.instance = Some(instance);
        }
        if resident.builders.load(Ordering::Acquire) > 0 && !halted {
            self.feed_and_verify().await?;
        }
        resident.feed(ceiling).await?;
        drop(permit);
        context.metrics.loads.increment(1);
        context.metrics.load_seconds.record(started.elapsed());
        self.serve();
        Ok(doorbell)
    }

    /// Lets the resident answer queries.
    fn serve(&mut self) {
        let resident = &self.resident;
        let mut mailbox = resident.mailbox.lock();
        mailbox.phase = Phase::Serving;
        mailbox.promote(resident.applied());
        let halted = mailbox.halted.clone();
        drop(mailbox);
        resident.schedule();
        let outcome = match halted {
            Some(halt) => BuildOutcome::Failed(halt),
            None => BuildOutcome::Ready {
                applied: resident.applied(),
            },
        };
        resident.built.send_replace(Some(Ok(outcome)));
        self.weigh();
    }

    /// Folds a new version's log and verifies its first snapshot on the last events of it.
    async fn feed_and_verify(&mut self) -> Result<(), LoadStop> {
        let resident = Arc::clone(&self.resident);
        let context = &resident.context;
        let version = resident.spec.version;
        if !matches!(
            context.snapshots.standing(version).await,
            Ok(Standing::Unverified)
        ) {
            return Ok(());
        }
        let head =
            storage::event_log::head(context.history.event_log().as_ref(), resident.spec.log)
                .await?;
        let last = head.sequence.get();
        let before = Sequence::new(last - (last / 2).min(VERIFIED_EVENTS_MAX));
        let before = before.unwrap_or(Sequence::ZERO);
        if before == Sequence::ZERO {
            return Ok(());
        }
        resident.feed(before).await?;
        let Some(captured) = resident.capture_sound().await else {
            return Ok(());
        };
        resident.feed(head.sequence).await?;
        resident.verify(captured, Worth::ByFolding).await;
        Ok(())
    }

    /// Keeps the instance at the head of its log until something ends that.
    async fn follow(&mut self, mut doorbell: Option<Subscription>) -> Followed {
        let resident = Arc::clone(&self.resident);
        let following = doorbell.is_some();
        let head_poll = resident.context.options.head_poll;
        let mut saving: Option<Pin<Box<dyn Future<Output = ()> + Send>>> = None;
        let mut poll_at = Instant::now() + head_poll;
        let mut pause = WAITING_POLL_MIN;
        let mut reached = resident.applied();
        let mut retiring = false;
        loop {
            let mut poll = false;
            tokio::select! {
                () = resident.bell.notified() => {}
                frame = next(&mut doorbell) => match frame {
                    Ok(_) | Err(SubscriptionError::Skipped) => resident.schedule(),
                    Err(SubscriptionError::Closed) => doorbell = None,
                },
                () = finished(&mut saving) => saving = None,
                () = resident.retired.cancelled(), if !retiring => retiring = true,
                () = tokio::time::sleep_until(poll_at.into()) => poll = following,
            }
            // Asked only once retirement was seen: whoever is answered or goes away from then on rings
            // the bell, so the last one of them is not missed.
            if retiring && saving.is_none() && !resident.is_wanted() {
                self.save_last().await;
                if self.close_if_unwanted() {
                    return Followed::Retired;
                }
            }
            let (waiting, gap, trouble) = {
                let mut mailbox = resident.mailbox.lock();
                let gap = std::mem::take(&mut mailbox.gap);
                (!mailbox.waiting.is_empty(), gap, mailbox.trouble.take())
            };
            if let Some(trouble) = trouble {
                return Followed::Trouble(trouble);
            }
            if poll || gap {
                match resident.feed(self.caution.ceiling).await {
                    Err(LoadStop::Trouble(trouble)) => return Followed::Trouble(trouble),
                    Err(stop) => tracing::debug!(?stop, "the log could not be followed"),
                    Ok(()) => {}
                }
            }
            let applied = resident.applied();
            if applied > reached {
                self.attempts = 0;
                pause = WAITING_POLL_MIN;
                reached = applied;
            }
            let now = Instant::now();
            if waiting && following {
                if poll || poll_at > now + pause {
                    poll_at = now + pause;
                    pause = (pause * 2).min(WAITING_POLL_MAX);
                }
            } else if poll || !following {
                poll_at = now + head_poll;
            }
            let due = resident.save_due.swap(false, Ordering::AcqRel);
            if due && saving.is_none() {
                saving = Some(Box::pin(Arc::clone(&resident).save()));
            }
            self.weigh();
        }
    }

    /// Saves the state that is about to be dropped, where that pays.
    async fn save_last(&self) {
        let resident = &self.resident;
        let folded = resident.folded_since_snapshot();
        if resident.context.snapshots.pays(folded) && !resident.abandoned.is_cancelled() {
            Arc::clone(resident).save().await;
        }
    }

    /// Whether nobody waits for the resident; it is closed then.
    fn close_if_unwanted(&self) -> bool {
        let mut mailbox = self.resident.mailbox.lock();
        let builders = self.resident.builders.load(Ordering::Acquire);
        if mailbox.waiters() > 0 || builders > 0 {
            return false;
        }
        mailbox.phase = Phase::Closed;
        true
    }

    /// Tells the cache how much memory the instance takes, when that has changed much.
    fn weigh(&mut self) {
        let bytes = self.resident.memory_bytes();
        if bytes > self.weighed_bytes + self.weighed_bytes / 4 {
            self.weighed_bytes = bytes;
            if let Some(registry) = self.registry.upgrade() {
                registry.reweigh(&self.resident);
                registry.keep_room(&self.resident);
            }
        }
    }

    fn close(self, end: End) {
        let resident = &self.resident;
        let waiters = {
            let mut mailbox = resident.mailbox.lock();
            mailbox.phase = Phase::Closed;
            mailbox.captures.clear();
            mailbox.offered.clear();
            mailbox.take_all()
        };
        let stopped = || QueryError::Unavailable("the view was stopped; try again".into());
        let (error, outcome) = match end {
            End::Retired => (stopped(), Err(stopped())),
            End::Unavailable(text) => {
                let error = QueryError::Unavailable(text);
                (error.clone(), Err(error))
            }
            End::Refused(error) => (error.clone(), Err(error)),
            End::Halted(halt) => {
                let error = QueryError::Halted(halt.clone());
                (error, Ok(BuildOutcome::Failed(halt)))
            }
        };
        Resident::refuse(waiters, &error);
        resident.built.send_replace(Some(outcome));
        if let Some(registry) = self.registry.upgrade() {
            registry.remove(resident);
        }
        // A last turn drops the instance, on the thread that may be using it right now.
        resident.schedule();
    }
}

/// The next announcement of a frame, or never.
async fn next(doorbell: &mut Option<Subscription>) -> Result<StoredFrame, SubscriptionError> {
    match doorbell {
        Some(subscription) => subscription.next().await,
        None => std::future::pending().await,
    }
}

/// The end of a snapshot under way, or never.
async fn finished(saving: &mut Option<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    match saving {
        Some(saving) => saving.await,
        None => std::future::pending().await,
    }
}
