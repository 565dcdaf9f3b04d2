//! S3 servers.

use std::fs;
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::process::{Process, free_port};
use crate::tools;

/// A server of one of two kinds, which have nothing in common but the protocol.
pub struct S3Server {
    process: Process,
    engine: Engine,
    directory: TempDir,
    port: u16,
}

enum Engine {
    /// Somebody else's, which takes any key. What it holds is gone when it ends.
    Memory,
    /// Ours, which keeps what it holds.
    Disk(AccessKey),
}

/// Whom a server lets in.
#[derive(Clone)]
pub struct AccessKey {
    pub id: String,
    pub secret: String,
}

impl AccessKey {
    /// A key that nobody else has.
    pub fn generate() -> Self {
        Self {
            id: "local".to_owned(),
            secret: format!("{:032x}", rand::random::<u128>()),
        }
    }
}

impl S3Server {
    /// A server that keeps everything in memory.
    pub fn start() -> Result<Self> {
        Self::with(Engine::Memory, tempfile::tempdir()?)
    }

    /// A server that has its objects again after [`Self::kill`] and [`Self::restart`], with an
    /// empty bucket.
    pub fn start_on_disk(key: AccessKey, bucket: &str) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        fs::create_dir_all(directory.path().join("buckets").join(bucket))?;
        Self::with(Engine::Disk(key), directory)
    }

    fn with(engine: Engine, directory: TempDir) -> Result<Self> {
        let mut server = Self {
            process: Process::default(),
            engine,
            directory,
            port: free_port()?,
        };
        server.restart()?;
        Ok(server)
    }

    /// Starts it again.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let port = self.port.to_string();
        let (name, mut command) = match &self.engine {
            Engine::Memory => {
                let mut command = Command::new(tools::installed("moto_server")?);
                command.args(["-H", "127.0.0.1", "-p", &port]);
                ("moto_server", command)
            }
            Engine::Disk(key) => {
                let mut command = Command::new(tools::built("s3-server")?);
                command
                    .arg(&port)
                    .arg(self.directory.path())
                    .env("AWS_ACCESS_KEY_ID", &key.id)
                    .env("AWS_SECRET_ACCESS_KEY", &key.secret);
                ("s3-server", command)
            }
        };
        let log = self.directory.path().join("s3.log");
        self.process.start(name, &mut command, self.port, &log)
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

    /// Where its objects lie, if it keeps them on disk.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// `http://127.0.0.1:…`
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
