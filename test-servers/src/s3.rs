//! An S3 server that keeps its objects in memory.

use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::process::{Process, free_port};
use crate::tools;

/// A server that takes any key. What it holds is gone when it ends.
pub struct S3Server {
    process: Option<Process>,
    directory: TempDir,
    port: u16,
}

impl S3Server {
    /// # Errors
    /// When the program is missing or does not start.
    pub fn start() -> Result<Self> {
        let mut server = Self {
            process: None,
            directory: tempfile::tempdir()?,
            port: free_port()?,
        };
        server.restart()?;
        Ok(server)
    }

    /// Starts it again, empty.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        let mut command = Command::new(tools::installed("moto_server")?);
        command.args(["-H", "127.0.0.1", "-p", &self.port.to_string()]);
        let log = self.directory.path().join("s3.log");
        self.process = Some(Process::start(
            "moto_server",
            &mut command,
            self.port,
            &log,
        )?);
        Ok(())
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Makes it hang until [`Self::resume`].
    pub fn pause(&self) {
        self.process.as_ref().inspect(|process| process.pause());
    }

    pub fn resume(&self) {
        self.process.as_ref().inspect(|process| process.resume());
    }

    /// `http://127.0.0.1:…`
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
