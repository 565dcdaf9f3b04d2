//! Settings of the JetStream event log, and why it can't be opened.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the JetStream event log.
#[derive(Clone, Debug)]
pub struct JetStreamOptions {
    /// Addresses of NATS servers, such as `nats://10.0.0.1:4222`; several of one cluster.
    pub servers: Vec<String>,
    /// How this process proves who it is.
    pub credentials: NatsCredentials,
    /// Begins the names of all streams and subjects, so that several installations can share
    /// servers. 1 to 32 of `A-Za-z0-9_-`. Default `primatomic`.
    pub prefix: String,
    /// Streams that logs are spread over. Fixed once the streams exist. Default 16.
    pub shards: u16,
    /// Copies of every stream. Default 3.
    pub replicas: usize,
    /// The monitoring pages of the servers, such as `http://10.0.0.1:8222`: they alone say whether
    /// a server syncs before it acknowledges.
    pub monitors: Vec<String>,
    /// Go on where the servers don't promise that an acknowledged frame survives a power cut.
    pub allow_unsafe_durability: bool,
    /// How long one request to the servers may take.
    pub request_timeout: Duration,
    /// How long an operation is tried again while the servers elect a leader or are away.
    pub patience: Duration,
}

impl Default for JetStreamOptions {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            credentials: NatsCredentials::None,
            prefix: "primatomic".to_owned(),
            shards: 16,
            replicas: 3,
            monitors: Vec::new(),
            allow_unsafe_durability: false,
            request_timeout: Duration::from_secs(2),
            patience: Duration::from_secs(10),
        }
    }
}

/// How a process proves to NATS who it is.
#[derive(Clone, Default)]
pub enum NatsCredentials {
    #[default]
    None,
    Token(String),
    Password {
        user: String,
        password: String,
    },
    /// A `.creds` file, as NATS's tools write it.
    File(PathBuf),
}

impl fmt::Debug for NatsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Token(_) => "Token(…)",
            Self::Password { .. } => "Password(…)",
            Self::File(_) => "File(…)",
        })
    }
}

/// Why the event log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the settings of the event log are wrong: {0}")]
    Settings(String),
    #[error("NATS can't be reached at {servers}: {reason}")]
    Unreachable { servers: String, reason: String },
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
