//! One server process: started, waited for, killed by its id.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to answer; generous, because tests share the machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server may take to end when it was asked to.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// A port that nothing listens on right now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}

/// The process of a server, while it runs.
#[derive(Default)]
pub(crate) struct Process(Option<Child>);

impl Process {
    /// Starts a server that does not run, and waits until it accepts connections. What it prints goes
    /// to `log`.
    pub(crate) fn start(
        &mut self,
        name: &str,
        command: &mut Command,
        port: u16,
        log: &Path,
    ) -> Result<()> {
        let output = File::options().create(true).append(true).open(log)?;
        let child = command
            // A Ctrl-C in the terminal is for whoever started it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("can't start {name}"))?;
        let child = self.0.insert(child);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let start = Instant::now();
        while TcpStream::connect_timeout(&address, POLL).is_err() {
            let ended = child.try_wait()?;
            if ended.is_some() || start.elapsed() > START_TIMEOUT {
                let printed = std::fs::read_to_string(log).unwrap_or_default();
                bail!("{name} did not start ({ended:?}):\n{printed}");
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Kills it at once, as a crash would; whether it was there.
    pub(crate) fn kill(&mut self) -> bool {
        let Some(mut child) = self.0.take() else {
            return false;
        };
        signal(&child, Signal::KILL);
        let _ = child.wait();
        true
    }

    /// Stops it where it is, without ending it: to everybody else it hangs.
    pub(crate) fn pause(&self) {
        self.0.iter().for_each(|child| signal(child, Signal::STOP));
    }

    /// Asks it to end as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.0.iter().for_each(|child| signal(child, Signal::INT));
    }

    pub(crate) fn resume(&self) {
        self.0.iter().for_each(|child| signal(child, Signal::CONT));
    }
}

fn signal(child: &Child, signal: Signal) {
    // It may be gone already.
    let _ = kill_process(Pid::from_child(child), signal);
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(child) = &mut self.0 else { return };
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        signal(child, Signal::CONT);
        signal(child, Signal::TERM);
        let start = Instant::now();
        while start.elapsed() < STOP_TIMEOUT {
            if matches!(child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(POLL);
        }
        self.kill();
    }
}
