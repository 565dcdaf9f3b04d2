//! A process with a role.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a process may take to do something; debug builds on busy machines are slow.
const TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// A process of a cluster, with a directory of its own. It is killed when this is dropped.
pub struct Node {
    child: Child,
    /// Where its HTTP API is; empty for a worker.
    pub url: String,
    /// Its data directory, unless it was told another one.
    pub data: PathBuf,
    directory: TempDir,
}

impl Node {
    /// A server with every role, on embedded stores.
    pub fn dev(program: &str) -> Result<Self> {
        let mut command = Command::new(program);
        remove_settings(&mut command);
        command
            .args(["dev", "--listen", "127.0.0.1:0"])
            .env("PRIMATOMIC_RATE_LIMIT", "0")
            .env("PRIMATOMIC_AUTH_RATE_LIMIT", "0");
        Self::start(&mut command, "dev server")
    }

    /// Starts a process in a directory of its own, and waits for its first line.
    ///
    /// # Errors
    /// When it does not start; the text ends with what it logged.
    pub fn start(command: &mut Command, role: &str) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let log = File::create(directory.path().join("server.log"))?;
        let mut child = command
            .current_dir(directory.path())
            // A Ctrl-C in the terminal is for whoever runs the cluster, and stops it in order.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = child.stdout.take().context("it has no output")?;
        let (send, receive) = mpsc::channel();
        // It ends with the first line, or with the process.
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = send.send(line);
        });
        let line = receive.recv_timeout(TIMEOUT).unwrap_or_default();
        let mut node = Self {
            child,
            url: String::new(),
            data: directory.path().join("data"),
            directory,
        };
        ensure!(!line.is_empty(), "{role}: {}", node.log());
        if let Some((_, url)) = line.trim_end().split_once(" listening on ") {
            url.clone_into(&mut node.url);
        }
        Ok(node)
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("server.log")).unwrap_or_default()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it ended without being asked to.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it as a crash would.
    pub fn kill(self) {}

    /// Makes it hang until [`Self::resume`].
    pub fn pause(&self) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::STOP)?)
    }

    pub fn resume(&self) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::CONT)?)
    }

    /// Stops it in good order.
    pub fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "it ended with {status}: {}", self.log());
                return Ok(());
            }
            ensure!(start.elapsed() < TIMEOUT, "it does not end: {}", self.log());
            thread::sleep(POLL);
        }
    }

    /// The token in the only link to a page that it mailed, which is written in the background.
    ///
    /// # Errors
    /// When no such mail comes.
    pub fn mailed_token(&self, page: &str) -> Result<String> {
        let mails = self.data.join("mail");
        let link = format!("{page}?token=");
        let start = Instant::now();
        while start.elapsed() < TIMEOUT {
            for mail in fs::read_dir(&mails)? {
                // Long lines are folded in quoted-printable mail, and '=' is written as =3D.
                let text = fs::read_to_string(mail?.path())?;
                let text = text.replace("=\r\n", "").replace("=3D", "=");
                if let Some((_, token)) = text.split_once(&link)
                    && let Some(token) = token.split_whitespace().next()
                {
                    return Ok(token.to_owned());
                }
            }
            thread::sleep(POLL);
        }
        bail!("no mail came: {}", self.log())
    }
}

/// Settings of whoever runs the tests are no settings of the tests.
pub(super) fn remove_settings(command: &mut Command) {
    for (name, _) in std::env::vars() {
        if name.starts_with("PRIMATOMIC_") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
