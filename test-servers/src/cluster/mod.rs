//! Primatomic as a cluster: its stores, its processes, and a client.

mod member;
mod node;
mod slot;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

pub use self::member::{Member, accepted};
pub use self::node::Node;
pub use self::slot::{Slot, Store};
use crate::{AccessKey, NatsCluster, PostgresServer, S3Server};

/// How many archivers a cluster has, in `make cluster` and in the fault suite.
pub const ARCHIVERS: usize = 2;

const BUCKET: &str = "primatomic";

/// The stores of a cluster, and the program that runs on them.
pub struct Stores {
    program: PathBuf,
    pub nats: NatsCluster,
    pub database: PostgresServer,
    pub objects: S3Server,
    key: AccessKey,
}

impl Stores {
    /// Starts the servers, without any process of Primatomic's.
    pub fn start(program: impl Into<PathBuf>, nats: NatsCluster) -> Result<Self> {
        let key = AccessKey::generate();
        Ok(Self {
            program: program.into(),
            nats,
            database: PostgresServer::start()?,
            objects: S3Server::start_on_disk(key.clone(), BUCKET)?,
            key,
        })
    }

    /// New servers, and nothing of the old ones but what the object store holds: what is left after
    /// a disaster.
    pub fn lose_all_but_objects(self, nats: NatsCluster) -> Result<Self> {
        Ok(Self {
            nats,
            database: PostgresServer::start()?,
            ..self
        })
    }

    /// The program with other arguments, configured for the stores.
    #[must_use]
    pub fn tool(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--s3-path-style");
        self.name_stores(&mut command);
        command
    }

    /// Starts a process with a role, and waits until it is ready.
    pub fn run(&self, role: &str) -> Result<Node> {
        self.run_with(role, &[])
    }

    /// As [`Self::run`], with settings from the environment.
    pub fn run_with(&self, role: &str, settings: &[(&str, &str)]) -> Result<Node> {
        let mut command = self.command(role);
        command.envs(settings.iter().copied());
        Node::start(&mut command, role).with_context(|| format!("a {role} did not start"))
    }

    fn command(&self, role: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["serve", role, "--listen", "127.0.0.1:0", "--s3-path-style"]);
        self.name_stores(&mut command);
        command
            .env("PRIMATOMIC_RATE_LIMIT", "0")
            .env("PRIMATOMIC_AUTH_RATE_LIMIT", "0");
        command
    }

    fn name_stores(&self, command: &mut Command) {
        node::remove_settings(command);
        let (urls, monitors) = (self.nats.urls(), self.nats.monitor_urls());
        command
            .env("PRIMATOMIC_NATS", urls.join(","))
            .env("PRIMATOMIC_NATS_MONITORS", monitors.join(","))
            .env("PRIMATOMIC_NATS_REPLICAS", urls.len().to_string())
            .env("PRIMATOMIC_NATS_SHARDS", "4")
            .env("PRIMATOMIC_DATABASE_URL", self.database.url())
            .env("PRIMATOMIC_S3_BUCKET", BUCKET)
            .env("PRIMATOMIC_S3_ENDPOINT", self.objects.endpoint())
            .env("PRIMATOMIC_S3_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", &self.key.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.key.secret);
    }
}
