//! The bus between processes: calls of workers as NATS messages.
//!
//! Every worker takes calls on a subject of its own and announces itself with heartbeats. A control
//! plane ([`RemoteViews`]) keeps a list of the workers that it heard of lately, and sends what
//! concerns a version to the one that rendezvous hashing puts first, so that all control planes agree
//! and an instance is in memory once. A worker that is gone loses nothing but its cache: the call
//! goes to the next one.
//!
//! Control planes notify each other of changes and of requests that tenants have spent, and send an
//! append to the one of them that the log prefers ([`Peers`]).

mod appends;
mod heartbeats;
mod members;
mod membership;
mod peers;
mod serve;
mod views;
mod wire;

use async_nats::HeaderMap;
use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use self::heartbeats::Kind;
pub use self::peers::Peers;
pub use self::serve::{Serving, serve};
pub use self::views::RemoteViews;
use crate::nats::{ConnectError, Link, NatsOptions, NoAnswer};

/// Why a node can't take calls.
#[derive(Debug, thiserror::Error)]
#[error("calls can't be taken over NATS: {0}")]
pub struct ServeError(String);

impl From<NoAnswer> for ServeError {
    fn from(reason: NoAnswer) -> Self {
        Self(reason.to_string())
    }
}

/// A connection for calls.
#[derive(Clone)]
pub struct Bus {
    link: Link,
    subjects: Subjects,
    /// Counts the times at which messages may have been missed.
    missed: watch::Receiver<u64>,
}

impl Bus {
    pub async fn connect(options: &NatsOptions) -> Result<Self, ConnectError> {
        options.check()?;
        let (count, missed) = watch::channel(0);
        let link = Link::connect(options, move || count.send_modify(|it| *it += 1)).await?;
        Ok(Self {
            link,
            missed,
            subjects: Subjects {
                prefix: options.prefix.clone(),
            },
        })
    }

    /// Sends a message that has no answer.
    async fn send(&self, subject: String, message: &impl Serialize) -> Result<(), String> {
        let message = wire::encode(message)?;
        let sent = self.link.send(subject, HeaderMap::new(), message).await;
        sent.map_err(|reason| reason.to_string())
    }
}

/// The names of the bus.
#[derive(Clone)]
struct Subjects {
    prefix: String,
}

impl Subjects {
    /// Calls of one worker.
    fn worker(&self, worker: Uuid) -> String {
        format!("{}.worker.{}", self.prefix, worker.simple())
    }

    /// Heartbeats of all nodes of a kind.
    fn alive(&self, kind: Kind) -> String {
        format!("{}.{}.alive", self.prefix, kind.subject())
    }

    /// Asks all nodes of a kind for a heartbeat.
    fn who(&self, kind: Kind) -> String {
        format!("{}.{}.who", self.prefix, kind.subject())
    }

    /// Appends that one control plane carries out for others.
    fn appends(&self, node: Uuid) -> String {
        format!("{}.plane.{}.append", self.prefix, node.simple())
    }

    /// Results of the appends that a control plane sent to others in one message.
    fn outcomes(&self, node: Uuid, message: u64) -> String {
        format!("{}.plane.{}.outcome.{message}", self.prefix, node.simple())
    }

    fn all_outcomes(&self, node: Uuid) -> String {
        format!("{}.plane.{}.outcome.*", self.prefix, node.simple())
    }

    /// Requests that were spent, between control planes.
    fn spent(&self) -> String {
        format!("{}.planes.spent", self.prefix)
    }

    /// What control planes must evict.
    fn stale(&self) -> String {
        format!("{}.stale", self.prefix)
    }

    /// Versions that all workers must evict.
    fn evict(&self) -> String {
        format!("{}.workers.forget", self.prefix)
    }
}
