//! Primatomic as a cluster: its stores, its processes, and a client.

mod member;
mod node;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use reqwest::blocking::Client;

pub use self::member::{Member, accepted};
pub use self::node::Node;
use crate::{NatsCluster, NatsServer, PostgresServer, S3Server};

const BUCKET: &str = "primatomic";

/// NATS, alone or replicated.
pub enum Nats {
    One(NatsServer),
    Three(NatsCluster),
}

impl Nats {
    fn urls(&self) -> Vec<String> {
        match self {
            Self::One(server) => vec![server.url()],
            Self::Three(cluster) => cluster.urls(),
        }
    }

    fn monitor_urls(&self) -> Vec<String> {
        match self {
            Self::One(server) => vec![server.monitor_url()],
            Self::Three(cluster) => cluster.monitor_urls(),
        }
    }
}

/// The stores of a cluster, and the program that runs on them.
pub struct Stores {
    program: PathBuf,
    pub nats: Nats,
    pub database: PostgresServer,
    pub objects: S3Server,
    /// The S3 server takes any.
    secret: String,
}

impl Stores {
    /// Starts the servers, without any process of Primatomic's.
    ///
    /// # Errors
    /// When a server is missing or does not start.
    pub fn start(program: impl Into<PathBuf>, nats: Nats) -> Result<Self> {
        let stores = Self {
            program: program.into(),
            nats,
            database: PostgresServer::start()?,
            objects: S3Server::start()?,
            secret: format!("{:032x}", rand::random::<u128>()),
        };
        let bucket = format!("{}/{BUCKET}", stores.objects.endpoint());
        let made = Client::new().put(bucket).send()?;
        ensure!(
            made.status().is_success(),
            "the bucket was not made: {made:?}"
        );
        Ok(stores)
    }

    /// Starts a process with a role, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start.
    pub fn run(&self, role: &str) -> Result<Node> {
        self.run_with(role, &[])
    }

    /// As [`Self::run`], with settings from the environment.
    ///
    /// # Errors
    /// When it does not start.
    pub fn run_with(&self, role: &str, settings: &[(&str, &str)]) -> Result<Node> {
        let mut command = self.command(role);
        command.envs(settings.iter().copied());
        Node::start(command, role).with_context(|| format!("a {role} did not start"))
    }

    fn command(&self, role: &str) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars() {
            if name.starts_with("PRIMATOMIC_") || name.starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        let urls = self.nats.urls();
        command
            .args(["serve", role, "--listen", "127.0.0.1:0", "--s3-path-style"])
            .env("PRIMATOMIC_NATS", urls.join(","))
            .env(
                "PRIMATOMIC_NATS_MONITORS",
                self.nats.monitor_urls().join(","),
            )
            .env("PRIMATOMIC_NATS_REPLICAS", urls.len().to_string())
            .env("PRIMATOMIC_NATS_SHARDS", "4")
            .env("PRIMATOMIC_DATABASE_URL", self.database.url())
            .env("PRIMATOMIC_S3_BUCKET", BUCKET)
            .env("PRIMATOMIC_S3_ENDPOINT", self.objects.endpoint())
            .env("PRIMATOMIC_S3_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
            .env("PRIMATOMIC_RATE_LIMIT", "0")
            .env("PRIMATOMIC_AUTH_RATE_LIMIT", "0");
        command
    }
}
