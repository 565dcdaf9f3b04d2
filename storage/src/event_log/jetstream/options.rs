//! Settings of the JetStream event log, and why it can't be opened.

use crate::nats::{ConnectError, NatsOptions};

/// Settings of the JetStream event log.
#[derive(Clone, Debug)]
pub struct JetStreamOptions {
    pub nats: NatsOptions,
    /// Streams that logs are spread over. Fixed once the streams exist. Default 16.
    pub shards: u16,
    /// Copies of every stream. Default 3.
    pub replicas: usize,
    /// The monitoring pages of the servers, such as `http://10.0.0.1:8222`: they alone say whether
    /// a server syncs before it acknowledges.
    pub monitors: Vec<String>,
    /// Go on where the servers don't promise that an acknowledged frame survives a power cut.
    pub allow_unsafe_durability: bool,
}

impl Default for JetStreamOptions {
    fn default() -> Self {
        Self {
            nats: NatsOptions::default(),
            shards: 16,
            replicas: 3,
            monitors: Vec::new(),
            allow_unsafe_durability: false,
        }
    }
}

/// Why the event log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the settings of the event log are wrong: {0}")]
    Settings(String),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the system gives no thread for the event log: {0}")]
    Thread(std::io::Error),
    #[error("NATS can't be used: {0}")]
    Unsuitable(String),
    /// Acknowledged frames could be lost.
    #[error(
        "an acknowledged event could be lost: {0}; correct it, or accept the risk with \
         --allow-unsafe-durability"
    )]
    Unsafe(String),
    #[error("the stream {stream} can't be made or read: {reason}")]
    Stream { stream: String, reason: String },
}
