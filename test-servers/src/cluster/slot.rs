//! A slot of a cluster: the role of a process, and network paths of its own to every store, which can be
//! cut.

use std::fmt;

use anyhow::{Context as _, Result};

use super::{Node, Stores};
use crate::{Network, NetworkPath, PathState};

/// What a process can be cut off from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Nats,
    Database,
    Objects,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nats => "NATS",
            Self::Database => "PostgreSQL",
            Self::Objects => "S3",
        })
    }
}

/// What a process is started with, again after every crash.
pub struct Slot {
    pub role: String,
    flags: Vec<String>,
    /// One for each server.
    nats: Vec<NetworkPath>,
    database: NetworkPath,
    objects: NetworkPath,
}

impl Slot {
    /// A slot for a process with a role, which is started with some flags.
    pub fn new(stores: &Stores, network: &Network, role: &str, flags: &[&str]) -> Result<Self> {
        let nats = stores.nats.urls();
        let nats = nats.iter().map(|url| network.path(url));
        Ok(Self {
            role: role.to_owned(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            nats: nats.collect::<Result<_>>()?,
            database: network.path(&stores.database.url())?,
            objects: network.path(&stores.objects.endpoint())?,
        })
    }

    /// Starts a process here, and waits until it is ready.
    pub fn start(&self, stores: &Stores) -> Result<Node> {
        let nats: Vec<_> = self.nats.iter().map(|path| path.url.as_str()).collect();
        let mut command = stores.command(&self.role);
        command
            .args(&self.flags)
            .env("PRIMATOMIC_NATS", nats.join(","))
            .env("PRIMATOMIC_DATABASE_URL", &self.database.url)
            .env("PRIMATOMIC_S3_ENDPOINT", &self.objects.url);
        Node::start(&mut command, &self.role)
            .with_context(|| format!("a {} did not start", self.role))
    }

    /// Changes the paths to a store.
    pub fn set(&self, store: Store, state: PathState) {
        let paths = match store {
            Store::Nats => &self.nats[..],
            Store::Database => std::slice::from_ref(&self.database),
            Store::Objects => std::slice::from_ref(&self.objects),
        };
        for path in paths {
            path.set(state);
        }
    }
}
