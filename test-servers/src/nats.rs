//! NATS with JetStream, one server or a cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::{fs, thread, time::Duration};

use anyhow::{Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, free_port};
use crate::tools;

/// A server with JetStream that syncs every write.
pub struct NatsServer {
    process: Process,
    directory: TempDir,
    config: PathBuf,
    port: u16,
    monitor_port: u16,
}

impl NatsServer {
    pub fn start() -> Result<Self> {
        Self::with("single", "always", None)
    }

    /// A server that acknowledges writes which a power cut would lose.
    pub fn start_without_sync() -> Result<Self> {
        Self::with("unsafe", "2m", None)
    }

    /// `cluster` is the cluster's own port, and those of all members.
    fn with(name: &str, sync_interval: &str, cluster: Option<(u16, &[u16])>) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let (port, monitor_port) = (free_port()?, free_port()?);
        let mut text = format!(
            "listen: 127.0.0.1:{port}\nhttp: 127.0.0.1:{monitor_port}\nserver_name: {name}\n\
             max_payload: 16MB\nmax_pending: 256MB\n\
             jetstream {{ store_dir: {:?}, sync_interval: {sync_interval} }}\n",
            directory.path(),
        );
        if let Some((own, all)) = cluster {
            let routes: Vec<String> = all
                .iter()
                .map(|port| format!("nats://127.0.0.1:{port}"))
                .collect();
            // Clients learn of no address but the one that they were given.
            writeln!(
                text,
                "cluster {{ name: test, listen: 127.0.0.1:{own}, no_advertise: true, routes: [{}] }}",
                routes.join(", ")
            )?;
        }
        let config = directory.path().join("nats.conf");
        fs::write(&config, text)?;
        let mut server = Self {
            process: Process::default(),
            directory,
            config,
            port,
            monitor_port,
        };
        server.restart()?;
        Ok(server)
    }

    /// Starts it again after [`Self::kill`].
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let mut command = Command::new(tools::installed("nats-server")?);
        command.arg("--config").arg(&self.config);
        let log = self.directory.path().join("nats.log");
        self.process
            .start("nats-server", &mut command, self.port, &log)
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Makes it hang until [`Self::resume`].
    pub fn pause(&self) {
        self.process.pause();
    }

    pub fn resume(&self) {
        self.process.resume();
    }

    /// Where its streams lie.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// `nats://127.0.0.1:…`
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The address of its monitoring pages.
    pub fn monitor_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.monitor_port)
    }
}

/// One server, or several that replicate among each other.
pub struct NatsCluster {
    pub servers: Vec<NatsServer>,
}

impl NatsCluster {
    pub fn start(size: usize) -> Result<Self> {
        if size == 1 {
            let servers = vec![NatsServer::start()?];
            return Ok(Self { servers });
        }
        let ports = (0..size).map(|_| free_port());
        let ports = ports.collect::<Result<Vec<u16>>>()?;
        let servers = ports.iter().enumerate().map(|(index, own)| {
            NatsServer::with(&format!("node-{index}"), "always", Some((*own, &ports)))
        });
        let servers = servers.collect::<Result<_>>()?;
        // The members find each other within a moment; clients retry what comes too early.
        thread::sleep(Duration::from_millis(500));
        Ok(Self { servers })
    }

    /// The addresses of all members.
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(NatsServer::url).collect()
    }

    /// The streams there are and the server that leads each, as far as somebody knows.
    pub fn leaders(&self) -> Result<Vec<(String, usize)>> {
        let mut found = BTreeMap::new();
        let mut answers = 0;
        for server in &self.servers {
            let page = format!("{}/jsz?accounts=true&streams=true", server.monitor_url());
            let answer = reqwest::blocking::get(page).and_then(|it| it.json::<Value>());
            let Ok(answer) = answer else { continue };
            answers += 1;
            let accounts = answer["account_details"].as_array().into_iter().flatten();
            for stream in
                accounts.flat_map(|it| it["stream_detail"].as_array().into_iter().flatten())
            {
                let leader = stream["cluster"]["leader"].as_str();
                let leader = leader.and_then(|name| name.strip_prefix("node-")?.parse().ok());
                if let (Some(name), Some(leader)) = (stream["name"].as_str(), leader) {
                    found.insert(name.to_owned(), leader);
                }
            }
        }
        ensure!(answers > 0, "no server of NATS answers");
        Ok(found.into_iter().collect())
    }

    /// The monitoring pages of all members.
    pub fn monitor_urls(&self) -> Vec<String> {
        self.servers.iter().map(NatsServer::monitor_url).collect()
    }
}
