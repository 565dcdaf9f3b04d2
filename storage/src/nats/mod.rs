//! The connection to NATS, which the event log and the bus of a cluster use.

mod link;
mod thread;

use std::fmt;
use std::path::PathBuf;

pub(crate) use self::link::{Link, NOBODY, NoAnswer};
pub(crate) use self::thread::OwnThread;

/// Where NATS is.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// Addresses of servers, such as `nats://10.0.0.1:4222`; several of one cluster.
    pub servers: Vec<String>,
    /// How this process proves who it is.
    pub credentials: NatsCredentials,
    /// Begins the names of all streams and subjects, so that several installations can share
    /// servers. 1 to 32 of `A-Za-z0-9_-`. Default `primatomic`.
    pub prefix: String,
}

impl Default for NatsOptions {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            credentials: NatsCredentials::None,
            prefix: "primatomic".to_owned(),
        }
    }
}

impl NatsOptions {
    pub(crate) fn check(&self) -> Result<(), ConnectError> {
        let wrong = |text: &str| Err(ConnectError::Settings(text.to_owned()));
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !(1..=32).contains(&self.prefix.len()) || !self.prefix.bytes().all(is_name) {
            return wrong("the prefix must be 1 to 32 of A-Z, a-z, 0-9, _ and -");
        }
        if self.servers.is_empty() {
            return wrong("no NATS server is named");
        }
        Ok(())
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

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the settings of NATS are wrong: {0}")]
    Settings(String),
    #[error("NATS can't be reached at {servers}: {reason}")]
    Unreachable { servers: String, reason: String },
}
