//! The task that looks after a resident: it loads the version, follows its log, recovers from what
//! goes wrong, saves, and closes.

mod loading;
mod recovery;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use protocol::Sequence;
use storage::bus::QueryError;
use storage::event_log::{self, Subscription, SubscriptionError};

use super::Registry;
use super::effects::Trouble;
use super::mailbox::Mailbox;
use super::resident::{Resident, stopped};
use super::saving::{self, Worth};
use crate::snapshots::Trust;
use loading::{LoadStop, feed};
use recovery::Recovery;

/// Before a build's head, at most this many events are folded twice, to verify its first snapshot.
const VERIFIED_EVENTS_MAX: u64 = 256;

/// How often the head of a followed log is read in case a frame was not announced.
const HEAD_POLL: Duration = Duration::from_secs(10);

/// How soon the log is read when a query waits for an event that was not announced; each further
/// time takes twice as long.
const WAITING_POLL_MIN: Duration = Duration::from_millis(20);
const WAITING_POLL_MAX: Duration = Duration::from_secs(1);

struct Driver {
    resident: Arc<Resident>,
    registry: Weak<Registry>,
    recovery: Recovery,
    weighed_bytes: u64,
}

/// Looks after a resident until it is closed.
pub(super) async fn drive(resident: Arc<Resident>, registry: Weak<Registry>) {
    let mut driver = Driver {
        recovery: Recovery::new(&resident),
        resident: Arc::clone(&resident),
        registry,
        weighed_bytes: 0,
    };
    let error = tokio::select! {
        biased;
        () = resident.abandoned.cancelled() => stopped(),
        error = driver.live() => error,
    };
    resident.change(|it| it.close(error));
    if let Some(registry) = driver.registry.upgrade() {
        registry.remove(&resident);
    }
}

impl Driver {
    /// Until the version is needed or able no more. What it ends with is what queries get that wait.
    async fn live(&mut self) -> QueryError {
        let resident = Arc::clone(&self.resident);
        if let Some(halt) = &resident.spec.halted {
            if halt.sequence == Sequence::ZERO {
                return recovery::failed(&resident, halt.clone()).await;
            }
            self.recovery.caution.ceiling = halt.sequence.previous();
        }
        loop {
            let trouble = match self.load().await {
                Ok(frames) => self.follow(frames).await,
                Err(LoadStop::Trouble(trouble)) => Some(trouble),
                Err(LoadStop::Unwanted) if resident.change(Mailbox::close_if_unwanted) => None,
                // A query came just now.
                Err(LoadStop::Unwanted) => continue,
                Err(LoadStop::Error(error)) => return error,
                Err(LoadStop::Failed(fault)) => {
                    return recovery::not_started(&resident, &fault).await;
                }
            };
            let Some(trouble) = trouble else {
                return stopped();
            };
            if let Err(error) = self.recovery.after(&resident, trouble).await {
                return error;
            }
        }
    }

    /// Brings an instance to the head of the log, or as far as the version may go. Announces the
    /// frames that come from then on, if any can be folded.
    async fn load(&mut self) -> Result<Option<Subscription>, LoadStop> {
        let resident = Arc::clone(&self.resident);
        let context = &resident.context;
        let started = Instant::now();
        let permit = resident.share.loads.acquire().await;
        let ceiling = self.recovery.caution.ceiling;
        let follows = ceiling == Sequence::MAX;
        // Subscribed before the log is read, so that no frame falls between the two.
        let subscribe =
            || follows.then(|| context.history.event_log().subscribe(resident.spec.log));
        let (live, frames) = (subscribe(), subscribe());
        if let Some(registry) = self.registry.upgrade() {
            registry.residents.admit(&resident).await?;
        }
        let mut instance = loading::newest_instance(&resident, ceiling).await?;
        instance.heed(&self.recovery.caution);
        resident.install(instance, live, ceiling);
        if follows && resident.look(Mailbox::has_builds) {
            self.feed_and_verify().await?;
        }
        feed(&resident, ceiling).await?;
        drop(permit);
        context.metrics.loads.increment(1);
        context.metrics.load_seconds.record(started.elapsed());
        resident.change(Mailbox::load_finished);
        self.weigh();
        Ok(frames)
    }

    /// Folds a new version's log and verifies its first snapshot on the last events of it.
    async fn feed_and_verify(&self) -> Result<(), LoadStop> {
        let resident = &self.resident;
        let context = &resident.context;
        let trust = context.snapshots.trust(resident.spec.version).await;
        if !matches!(trust, Ok(Trust::Unverified)) {
            return Ok(());
        }
        let log = context.history.event_log().as_ref();
        let head = event_log::head(log, resident.spec.log).await?;
        let last = head.sequence.get();
        let before = Sequence::new(last - (last / 2).min(VERIFIED_EVENTS_MAX));
        let before = before.unwrap_or(Sequence::ZERO);
        if before == Sequence::ZERO {
            return Ok(());
        }
        feed(resident, before).await?;
        if let Some(captured) = saving::capture(resident).await {
            feed(resident, head.sequence).await?;
            saving::verify(resident, captured, Worth::ByFolding).await;
        }
        Ok(())
    }

    /// Keeps the instance at the head of its log until something ends that: trouble, or that the
    /// resident is not wanted any more.
    async fn follow(&mut self, mut frames: Option<Subscription>) -> Option<Trouble> {
        let resident = Arc::clone(&self.resident);
        let follows = frames.is_some();
        let mut saving: Option<Pin<Box<dyn Future<Output = ()> + Send>>> = None;
        let mut poll = false;
        let mut poll_at = Instant::now() + HEAD_POLL;
        let mut pause = WAITING_POLL_MIN;
        let mut reached = resident.progress().applied;
        loop {
            let news = resident.change(Mailbox::news);
            if news.unwanted && saving.is_none() {
                saving::save_if_it_pays(Arc::clone(&resident)).await;
                if resident.change(Mailbox::close_if_unwanted) {
                    return None;
                }
            }
            if news.trouble.is_some() {
                return news.trouble;
            }
            if poll || news.gap {
                match feed(&resident, self.recovery.caution.ceiling).await {
                    Err(LoadStop::Trouble(trouble)) => return Some(trouble),
                    Err(stop) => tracing::debug!(?stop, "the log could not be followed"),
                    Ok(()) => {}
                }
            }
            let applied = resident.progress().applied;
            if applied > reached {
                self.recovery.attempts = 0;
                pause = WAITING_POLL_MIN;
                reached = applied;
            }
            let now = Instant::now();
            if news.waiting && follows {
                if poll || poll_at > now + pause {
                    poll_at = now + pause;
                    pause = (pause * 2).min(WAITING_POLL_MAX);
                }
            } else if poll || !follows {
                poll_at = now + HEAD_POLL;
            }
            if news.save && saving.is_none() {
                saving = Some(Box::pin(saving::save(Arc::clone(&resident))));
            }
            self.weigh();
            poll = false;
            tokio::select! {
                () = resident.woken() => {}
                frame = or_never(frames.as_mut().map(Subscription::next)) => match frame {
                    Ok(_) | Err(SubscriptionError::Skipped) => resident.change(Mailbox::schedule),
                    Err(SubscriptionError::Closed) => frames = None,
                },
                () = or_never(saving.as_mut()) => saving = None,
                () = tokio::time::sleep_until(poll_at.into()) => poll = follows,
            }
        }
    }

    /// Tells the cache how much memory the instance takes, when that has changed much.
    fn weigh(&mut self) {
        let bytes = self.resident.progress().memory_bytes;
        if bytes > self.weighed_bytes + self.weighed_bytes / 4 {
            self.weighed_bytes = bytes;
            if let Some(registry) = self.registry.upgrade() {
                registry.residents.has_grown(&self.resident);
            }
        }
    }
}

/// What a future gives, or nothing ever without one.
async fn or_never<F: Future>(future: Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
