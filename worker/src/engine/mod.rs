//! What an engine must do to run views, whatever runs the code below it.
//!
//! A [`Machine`] is one instance of one component: single-threaded, blocking, and driven from the
//! worker's own threads, never from the async runtime's. It enforces its [`MachineLimits`] itself.
//! Once a call returned a [`Fault`], the machine is poisoned: every later call returns
//! [`Fault::Poisoned`], and all that can be done with it is to drop it.

pub mod wasmer;

use std::time::Duration;

use bytes::Bytes;
use protocol::{Sequence, Timestamp};

/// Limits of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineLimits {
    /// All linear memories together, at most. Default 256 MiB.
    pub memory_bytes: u64,
    /// CPU time of `init`, `restore`, `snapshot` and of one fold call. Default 5 s.
    pub fold_cpu: Duration,
    /// CPU time of one query. Default 10 s.
    pub query_cpu: Duration,
    /// Bytes of one answer. Default 32 MiB.
    pub result_bytes: u64,
    /// Bytes of one state. Default 1 GiB.
    pub snapshot_bytes: u64,
    /// Elements of all tables together. Default 100,000.
    pub table_elements: u32,
}

impl Default for MachineLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 256 << 20,
            fold_cpu: Duration::from_secs(5),
            query_cpu: Duration::from_secs(10),
            result_bytes: 32 << 20,
            snapshot_bytes: 1 << 30,
            table_elements: 100_000,
        }
    }
}

/// Consecutive events that share a timestamp: what a frame holds, or a part of it.
#[derive(Clone, Copy, Debug)]
pub struct EventRun<'a> {
    /// Sequence of the first event.
    pub first: Sequence,
    pub timestamp: Timestamp,
    pub count: u32,
    /// The events in their packed form (`protocol::packed`), checked.
    pub packed: &'a [u8],
}

/// Why a machine stopped working.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The component trapped; the text says how, in words for its author.
    #[error("the component trapped: {0}")]
    Trap(String),
    /// It ran for longer than it may.
    #[error("the component used more than {} ms of CPU time in one call", .0.as_millis())]
    Interrupted(Duration),
    /// It broke the canonical ABI: pointed outside of its memory, sent invalid text.
    #[error("the component returned {0}")]
    Abi(String),
    /// It could not be started within its limits.
    #[error("the component could not be started: {0}")]
    Start(String),
    /// An earlier call faulted.
    #[error("the instance was stopped by an earlier error")]
    Poisoned,
}

/// Why a fold stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldFault {
    /// The component named the event that it can't fold (world 1.0.0).
    #[error("{message}")]
    Rejected { sequence: Sequence, message: String },
    /// The machine faulted; `sequence` is the event, where that is known.
    #[error("{fault}")]
    Fault {
        sequence: Option<Sequence>,
        fault: Fault,
    },
}

/// An error that a component returned by its own choice. The machine is fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestError {
    pub code: Option<String>,
    pub message: String,
}

/// An answer of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub content_type: Option<String>,
    pub body: Bytes,
}

/// The outcome of a query that ran to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Response(Response),
    Error(GuestError),
    /// The answer is larger than it may be; the machine is fine.
    TooLarge {
        bytes: u64,
    },
}

/// One instance of a component.
pub trait Machine: Send {
    /// Calls `init`; must be the first call, once. World 0.0.1 ignores the configuration.
    fn init(&mut self, config: &[u8]) -> Result<(), Fault>;

    /// Folds runs of consecutive events in their order, in as few calls into the component as its
    /// world allows.
    fn fold(&mut self, runs: &[EventRun<'_>]) -> Result<(), FoldFault>;

    /// Asks the component. `at` is the time of the last event folded: the component's clock.
    fn query(
        &mut self,
        at: Timestamp,
        parameters: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, Fault>;

    /// The state as bytes.
    fn snapshot(&mut self) -> Result<Vec<u8>, Fault>;

    /// Replaces the state. `init` was called before.
    fn restore(&mut self, state: &[u8]) -> Result<(), Fault>;

    /// Linear memory in use, in bytes.
    fn memory_bytes(&self) -> u64;

    /// CPU time spent inside the component since the last call of this method.
    fn take_cpu(&mut self) -> Duration;
}

/// A compiled component, ready to be instantiated many times. Dropping it, and every machine made
/// from it, frees its code.
pub trait Program: Send + Sync {
    /// A fresh instance; its start functions have run, `init` has not been called.
    fn instantiate(&self, limits: &MachineLimits) -> Result<Box<dyn Machine>, Fault>;
}
