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
pub(crate) use connection::{Connection, Reply};
pub(crate) use histogram::{Latency, Recorder};
pub(crate) use run::{Plan, RunResult, run};
pub(crate) use search::highest_rate;
