//! The load generator: many clients on few cycles.
//!
//! The generator shares the machine with the server that it measures, so what it spends is missing
//! there. Requests are complete bytes before a run starts, each client is one task on one
//! keep-alive connection, and all of them run on one thread.

mod attack;
mod connection;
mod histogram;
mod run;
mod search;

pub(crate) use attack::{Attacker, Attackers};
pub(crate) use connection::Connection;
pub(crate) use histogram::{Latency, Recorder};
pub(crate) use run::{Plan, RunResult, run};
pub(crate) use search::highest_rate;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Result, ensure};

/// Requests that clients send one after the other, complete with head and body, to one server or to several.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    servers: Arc<[SocketAddr]>,
    requests: Arc<[Vec<u8>]>,
}

impl Traffic {
    pub(crate) fn new(server: SocketAddr, requests: Vec<Vec<u8>>) -> Result<Self> {
        Self::over(vec![server], requests)
    }

    /// Each client stays with one of the servers.
    pub(crate) fn over(servers: Vec<SocketAddr>, requests: Vec<Vec<u8>>) -> Result<Self> {
        ensure!(!requests.is_empty(), "there is no request to send");
        ensure!(!servers.is_empty(), "there is no server to send to");
        Ok(Self {
            servers: servers.into(),
            requests: requests.into(),
        })
    }

    fn server(&self, client: usize) -> SocketAddr {
        self.servers[client % self.servers.len()]
    }

    /// What `client` sends as its request number `nth`. The clients together go through all requests
    /// in order, again and again.
    fn request(&self, client: usize, clients: usize, nth: usize) -> &[u8] {
        &self.requests[(client + nth * clients) % self.requests.len()]
    }
}
