//! An append goes to the control plane that its log prefers.
//!
//! Any node may append to any log, and two that append to one log are correct and slow: each write
//! of one is a conflict for the other. So all nodes send the appends of a log to the one that
//! rendezvous hashing puts first, whose appender puts them into common frames. That is speed and
//! nothing else: when the preferred node is not there or declines, the receiving node appends by
//! itself.
//!
//! A call whose answer is missing may have been carried out. It is appended here only under an
//! idempotency key, which makes it one append wherever it was stored first; without a key the caller
//! is told that the outcome is not known, as by an appender that lost its event log.

mod outbox;
mod preference;
mod taker;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use protocol::LogId;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::outbox::Outbox;
use self::preference::Preference;
use self::taker::Taker;
use self::wire::{Call, Reply};
use super::Bus;
use super::heartbeats::{self, Announced, Kind};
use super::members::Members;
use super::serve::ServeError;
use crate::event_log::appender::{AppendError, AppendRequest, Appended, Appender};
use crate::nats::NoAnswer;

/// The least time between two messages. What comes meanwhile travels together, because under load a
/// message costs more than an append in it.
const PACE: Duration = Duration::from_millis(1);

/// This node among those that append.
#[derive(Debug)]
pub(super) struct Appends {
    members: Arc<Members>,
    preference: Preference,
    announced: Arc<Announced>,
    appender: Appender,
    outbox: Outbox,
    /// No further calls are taken.
    left: CancellationToken,
    /// Calls of others.
    calls: TaskTracker,
    /// Ends the listening when this is dropped.
    _listening: DropGuard,
}

impl Appends {
    /// Carries out the appends of others from now on, and sends them those that are theirs.
    pub(super) async fn join(bus: Bus, node: Uuid, appender: Appender) -> Result<Self, ServeError> {
        let (left, end) = (CancellationToken::new(), CancellationToken::new());
        let calls = TaskTracker::new();
        let taker = Taker {
            bus: bus.clone(),
            appender: appender.clone(),
            left: left.clone(),
            calls: calls.clone(),
        };
        let messages = bus.link.subscribe(bus.subjects.appends(node)).await?;
        calls.spawn(taker.take(messages));
        // They end with `end`; nobody has to wait for them.
        let tasks = TaskTracker::new();
        let kind = Kind::ControlPlanes;
        let members = heartbeats::listen(&bus, kind, &tasks, end.clone()).await?;
        let announced = Announced::start(bus.clone(), kind, node, end.clone(), &tasks).await?;
        let outbox = Outbox::open(bus, node, Arc::clone(&members), &tasks).await?;
        Ok(Self {
            members,
            preference: Preference::new(node, appender.shards()),
            announced,
            appender,
            outbox,
            left,
            calls,
            _listening: end.drop_guard(),
        })
    }

    pub(super) async fn append(
        &self,
        log: LogId,
        request: AppendRequest,
    ) -> Result<Appended, AppendError> {
        let preferred = match self.left.is_cancelled() {
            true => None,
            false => self.preference.other(&self.members, log),
        };
        if let Some(node) = preferred
            && let Some(outcome) = self.forward(node, log, &request).await
        {
            return outcome;
        }
        self.appender.append(log, request).await
    }

    /// Lets another node append; `None` when this one should do it.
    async fn forward(
        &self,
        node: Uuid,
        log: LogId,
        request: &AppendRequest,
    ) -> Option<Result<Appended, AppendError>> {
        let outcome = self.outbox.send(node, Call::new(log, request)).await;
        let reply = match outcome {
            Ok(reply) => Ok(reply),
            Err(NoAnswer::NotSent(reason)) => {
                tracing::debug!(%node, reason, "a log's preferred control plane is not there");
                // Not as one that is gone: whatever else was sent to it waits for its own answer.
                self.members.set_aside(node);
                return None;
            }
            Err(NoAnswer::Lost(reason)) => Err(reason),
        };
        let reason = match reply {
            Ok(Reply::Unavailable(reason)) | Err(reason) => reason,
            Ok(reply) => return reply.outcome(),
        };
        tracing::debug!(%node, reason, "an append on the preferred control plane may be stored");
        // Wherever it is stored first, the key makes the other attempt find it.
        let is_repeatable = request.key.is_some();
        (!is_repeatable).then_some(Err(AppendError::Unavailable(reason)))
    }

    /// Takes no further calls, and answers those that were taken.
    pub(super) async fn leave(&self, grace: Duration) {
        self.announced.leave().await;
        self.left.cancel();
        self.calls.close();
        let finished = tokio::time::timeout(grace, self.calls.wait());
        if finished.await.is_err() {
            tracing::warn!("some appends of other nodes were not answered in time");
        }
        self.announced.end().await;
    }
}

impl Drop for Appends {
    fn drop(&mut self) {
        self.left.cancel();
    }
}
