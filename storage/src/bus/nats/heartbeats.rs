//! Who is there: every node says so a few times in a second, and the others listen.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::members::{MemberStatus, Members, SILENCE_MAX};
use super::{Bus, ServeError, wire};

const HEARTBEAT: Duration = Duration::from_millis(500);

/// The nodes that call each other, or are called, in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Workers,
    ControlPlanes,
}

impl Kind {
    /// As part of a subject.
    pub(super) const fn subject(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::ControlPlanes => "planes",
        }
    }

    /// For people.
    pub(super) const fn singular(self) -> &'static str {
        match self {
            Self::Workers => "worker",
            Self::ControlPlanes => "control plane",
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Heartbeat {
    node: Uuid,
    #[serde(rename = "standing")]
    status: MemberStatus,
    /// Counts the times at which calls of the node, or its answers, may have been lost.
    #[serde(default)]
    losses: u64,
}

/// A node that is heard.
pub(super) struct Announced {
    bus: Bus,
    kind: Kind,
    node: Uuid,
    leaving: CancellationToken,
    gone: CancellationToken,
}

impl Announced {
    /// Says from now on that the node is there, until it ends or `gone` is cancelled.
    pub(super) async fn start(
        bus: Bus,
        kind: Kind,
        node: Uuid,
        gone: CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Arc<Self>, ServeError> {
        let who = bus.link.subscribe(bus.subjects.who(kind)).await?;
        let announced = Arc::new(Self {
            bus,
            kind,
            node,
            leaving: CancellationToken::new(),
            gone,
        });
        tasks.spawn(Arc::clone(&announced).beat(who));
        Ok(announced)
    }

    /// Nothing further should be sent to the node; it still answers what it has taken.
    pub(super) async fn leave(&self) {
        self.leaving.cancel();
        self.say(MemberStatus::Leaving).await;
    }

    /// The node, which has left, answers nothing any more.
    pub(super) async fn end(&self) {
        self.gone.cancel();
        self.say(MemberStatus::Gone).await;
        // The process may end now, and its last answers are still on their way.
        self.bus.link.flush().await;
    }

    async fn beat(self: Arc<Self>, mut who: Subscriber) {
        let mut beats = tokio::time::interval(HEARTBEAT);
        beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.gone.cancelled() => return,
                _ = beats.tick() => {}
                question = who.next() => {
                    if question.is_none() {
                        return;
                    }
                }
            }
            let status = match self.leaving.is_cancelled() {
                true => MemberStatus::Leaving,
                false => MemberStatus::Alive,
            };
            self.say(status).await;
        }
    }

    async fn say(&self, status: MemberStatus) {
        let heartbeat = Heartbeat {
            node: self.node,
            status,
            losses: *self.bus.missed.borrow(),
        };
        let subject = self.bus.subjects.alive(self.kind);
        if let Err(reason) = self.bus.send(subject, &heartbeat).await {
            tracing::debug!(reason, "a heartbeat was not sent");
        }
    }
}

/// Listens for nodes until `end`, and asks who is there.
pub(super) async fn listen(
    bus: &Bus,
    kind: Kind,
    tasks: &TaskTracker,
    end: CancellationToken,
) -> Result<Arc<Members>, ServeError> {
    let members = Arc::new(Members::new(kind.singular()));
    let heartbeats = bus.link.subscribe(bus.subjects.alive(kind)).await?;
    tasks.spawn(hear(Arc::clone(&members), heartbeats, end));
    let who = bus.subjects.who(kind);
    bus.link.send(who, HeaderMap::new(), Bytes::new()).await?;
    Ok(members)
}

async fn hear(members: Arc<Members>, mut heartbeats: Subscriber, end: CancellationToken) {
    let mut sweeps = tokio::time::interval(SILENCE_MAX / 5);
    loop {
        tokio::select! {
            heartbeat = heartbeats.next() => match heartbeat {
                Some(message) => match wire::decode(&message.payload) {
                    Ok(Heartbeat { node, status, losses }) => members.hear(node, status, losses),
                    Err(reason) => tracing::debug!(%reason, "a heartbeat is not understood"),
                },
                None => return,
            },
            _ = sweeps.tick() => members.sweep(),
            () = end.cancelled() => return,
        }
    }
}
