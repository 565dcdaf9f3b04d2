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
//! gets the error that it may be stored or not, as from an appender that lost its event log.

mod outbox;
mod preference;
mod receive;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use protocol::LogId;
use uuid::Uuid;

use self::outbox::Outbox;
use self::preference::Preference;
use self::wire::{Call, Reply};
use super::heartbeats::Kind;
use super::membership::Membership;
use super::{Bus, ServeError};
use crate::event_log::appender::{AppendError, AppendRequest, Appended, Appender};
use crate::nats::NoAnswer;

/// The least time between two messages. What comes meanwhile travels together, because under load a
/// message costs more than an append in it.
const PACE: Duration = Duration::from_millis(1);

/// This node among those that append.
pub(super) struct Appends {
    membership: Membership,
    preference: Preference,
    appender: Appender,
    outbox: Outbox,
}

impl Appends {
    /// Carries out the appends of others from now on, and sends them those that are theirs.
    pub(super) async fn join(bus: Bus, node: Uuid, appender: Appender) -> Result<Self, ServeError> {
        let (link, appending) = (bus.clone(), appender.clone());
        let answer = move |calls, to| receive::answer(link.clone(), appending.clone(), calls, to);
        let subject = bus.subjects.appends(node);
        let membership = Membership::join(&bus, Kind::ControlPlanes, node, subject, answer).await?;
        let members = Arc::clone(&membership.members);
        Ok(Self {
            membership,
            preference: Preference::new(node, appender.shards()),
            appender,
            outbox: Outbox::open(bus, node, members).await?,
        })
    }

    /// Lets another node append; `None` when this one should do it.
    async fn forward(
        &self,
        node: Uuid,
        log: LogId,
        request: &AppendRequest,
    ) -> Option<Result<Appended, AppendError>> {
        let reason = match self.outbox.send(node, Call::new(log, request)).await {
            Ok(Reply::Unavailable(reason)) | Err(NoAnswer::Lost(reason)) => reason,
            Ok(reply) => return reply.result(),
            Err(NoAnswer::NotSent(reason)) => {
                tracing::debug!(%node, reason, "a log's preferred control plane is not there");
                // Not as one that is gone: whatever else was sent to it waits for its own answer.
                self.membership.members.set_aside(node);
                return None;
            }
        };
        tracing::debug!(%node, reason, "an append on the preferred control plane may be stored");
        // Wherever it is stored first, the key makes the other attempt find it.
        let is_repeatable = request.key.is_some();
        (!is_repeatable).then_some(Err(AppendError::Unavailable(reason)))
    }

    /// Appends, through the node that the log prefers.
    pub(super) async fn append(
        &self,
        log: LogId,
        request: AppendRequest,
    ) -> Result<Appended, AppendError> {
        if !self.membership.left.is_cancelled()
            && let Some(node) = self.preference.other(&self.membership.members, log)
            && let Some(result) = self.forward(node, log, &request).await
        {
            return result;
        }
        self.appender.append(log, request).await
    }

    /// Takes no further appends of other nodes, and answers those that were taken.
    pub(super) async fn leave(&self, grace: Duration) {
        if !self.membership.leave(grace).await {
            tracing::warn!("some appends of other nodes were not answered in time");
        }
    }
}
