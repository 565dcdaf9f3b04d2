//! Real servers for tests: NATS with JetStream, PostgreSQL, and an S3 server; and whole clusters
//! on them.
//!
//! Each one runs on a free port of the loopback address, with its data in a temporary directory,
//! and ends when it is dropped. It can be killed and started again on the same port with the same
//! data, as a crash and a restart would. `install.sh` installs the programs; a server that is
//! missing is an error that says so, never a test that is skipped.

pub mod cluster;
mod nats;
mod network;
mod postgres;
mod process;
mod s3;
mod shared;
mod tools;

pub use nats::{NatsCluster, NatsServer};
pub use network::{Network, NetworkPath, PathState};
pub use postgres::PostgresServer;
pub use process::free_port;
pub use s3::{AccessKey, S3Server};
pub use shared::Shared;
