//! The bus between processes: calls of workers as NATS messages.
//!
//! Every worker takes calls on a subject of its own and announces itself with heartbeats. A control
//! plane ([`RemoteViews`]) keeps a list of the workers that it heard of lately, and sends what
//! concerns a version to the one that rendezvous hashing puts first, so that all control planes agree
//! and an instance is in memory once. A worker that is gone loses nothing but its cache: the call
//! goes to the next one.
//!
//! Control planes tell each other about changes and about requests that tenants have spent, and send
//! an append to the one of them that the log prefers ([`Peers`]).

mod appends;
mod heartbeats;
mod members;
mod peers;
mod serve;
mod views;
mod wire;

use tokio::sync::watch;
use uuid::Uuid;

use self::heartbeats::Kind;
pub use self::peers::Peers;
pub use self::serve::{ServeError, Serving, serve};
pub use self::views::RemoteViews;
use crate::nats::{ConnectError, Link, NatsOptions};

/// A connection for calls.
#[derive(Clone, Debug)]
pub struct Bus {
    link: Link,
    subjects: Subjects,
    /// Counts the times at which messages may have been missed.
    missed: watch::Receiver<u64>,
}

impl Bus {
    /// # Errors
    /// When NATS can't be reached.
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
}

/// The names of the bus.
#[derive(Clone, Debug)]
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

    /// Outcomes of the appends that a control plane sent to others in one message.
    fn outcomes(&self, node: Uuid, message: u64) -> String {
        format!("{}.plane.{}.outcome.{message}", self.prefix, node.simple())
    }

    fn all_outcomes(&self, node: Uuid) -> String {
        format!("{}.plane.{}.outcome.*", self.prefix, node.simple())
    }

    /// What control planes tell each other about requests that were spent.
    fn spent(&self) -> String {
        format!("{}.planes.spent", self.prefix)
    }

    /// What control planes tell each other to forget.
    fn stale(&self) -> String {
        format!("{}.stale", self.prefix)
    }

    /// Tells all workers to forget versions.
    fn forget(&self) -> String {
        format!("{}.workers.forget", self.prefix)
    }
}
