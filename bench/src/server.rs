//! The server under load: started as a child, or running already.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::api::Endpoint;

/// How long a server may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a server may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);
/// How many lines of its output are kept for an error message.
const LINES_KEPT: usize = 40;
/// What stands before the address in the server's output.
const ADDRESS_PREFIX: &str = "listening on http://";

/// A child process that serves a data directory. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    output: Output,
    pub endpoint: Endpoint,
}

impl Server {
    /// Starts `primatomic dev` on a data directory, without a rate limit and with these flags, and
    /// waits until it listens. An error ends with the server's last output.
    pub(crate) fn start(program: &Path, data: &Path, flags: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .arg("dev")
            .arg("--data")
            .arg(data)
            .args(["--listen", "127.0.0.1:0", "--rate-limit", "0"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| {
                format!(
                    "can't start {}; build it with `cargo build --release -p primatomic` or name \
                     it with --server",
                    program.display()
                )
            })?;
        let (sender, addresses) = mpsc::channel();
        let output = Output::default();
        if let Some(stdout) = child.stdout.take() {
            output.follow(stdout, sender.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            output.follow(stderr, sender);
        }
        let address = match addresses.recv_timeout(START_TIMEOUT) {
            Ok(address) => address,
            Err(error) => {
                // Whatever the process does, it is of no use any more.
                let _ = child.kill();
                let _ = child.wait();
                let what = match error {
                    RecvTimeoutError::Timeout => "did not listen in time",
                    RecvTimeoutError::Disconnected => "stopped at once",
                };
                bail!("the server {what}; its last output:\n{}", output.last());
            }
        };
        let key_path = data.join("dev-key");
        let key = std::fs::read_to_string(&key_path)
            .with_context(|| format!("can't read {}", key_path.display()))?;
        Ok(Self {
            child,
            output,
            endpoint: Endpoint::new(address, key.trim()),
        })
    }

    #[must_use]
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the server to stop and waits for it.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).context("can't signal the server")?;
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("the server ended with {status}:\n{}", self.output.last());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("the server did not stop:\n{}", self.output.last())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail when the process has ended, which is what they are for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines that the server wrote. Reading goes on for as long as it writes, so that it never
/// blocks on a full pipe.
#[derive(Clone, Debug, Default)]
struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    fn follow(&self, stream: impl Read + Send + 'static, addresses: Sender<SocketAddr>) {
        let lines = Arc::clone(&self.0);
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if let Some(address) = address_in(&line) {
                    // The receiver is gone once the first address was read.
                    let _ = addresses.send(address);
                }
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == LINES_KEPT {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        });
    }

    fn last(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

/// The address in a line such as `listening on http://127.0.0.1:8080`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once(ADDRESS_PREFIX)?;
    let end = rest
        .find(|c: char| !(c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '[' | ']')))
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The endpoint of a server that runs already.
pub(crate) fn endpoint_of(url: &str, key: &str) -> Result<Endpoint> {
    let authority = url
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .context("the URL must be http://HOST:PORT; the generator does not speak TLS")?;
    let address = authority
        .to_socket_addrs()
        .with_context(|| format!("can't resolve {authority}; the URL must be http://HOST:PORT"))?
        .next()
        .with_context(|| format!("{authority} has no address"))?;
    Ok(Endpoint::new(address, key))
}

/// The server's executable: named, or beside the one of this program.
pub(crate) fn program(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let own = std::env::current_exe().context("can't find the path of this program")?;
    Ok(own.with_file_name("primatomic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_a_line() {
        let address = "127.0.0.1:4567".parse().ok();
        assert_eq!(address_in("listening on http://127.0.0.1:4567"), address);
        assert_eq!(
            address_in("  INFO listening on http://127.0.0.1:4567/ data=…"),
            address
        );
        assert_eq!(
            address_in("listening on http://[::1]:80."),
            None,
            "a full stop is not part of an address"
        );
        assert_eq!(address_in("listening"), None);
    }

    #[test]
    fn a_url_is_plain_http_with_a_port() {
        assert!(endpoint_of("http://127.0.0.1:80/", "key").is_ok());
        assert!(endpoint_of("https://127.0.0.1:80", "key").is_err());
        assert!(endpoint_of("http://127.0.0.1", "key").is_err());
    }

    #[test]
    fn a_server_that_stops_at_once_shows_its_output() {
        let data = tempfile::tempdir().unwrap();
        let error = Server::start(Path::new("/bin/ls"), data.path(), &[]).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("stopped at once"), "{text}");
        assert!(text.contains("ls:"), "{text}");
    }
}
