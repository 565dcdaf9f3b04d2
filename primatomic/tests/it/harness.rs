//! Starts servers and runs commands in directories of their own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long a server may take to start or to stop; debug builds on busy machines are slow.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The program under test, without anything that the machine's user configured.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_primatomic"));
    for (name, _) in std::env::vars() {
        if name.starts_with("PRIMATOMIC_") {
            command.env_remove(name);
        }
    }
    command.env("PRIMATOMIC_CONFIG", "/nonexistent/config.toml");
    command
}

/// A running `primatomic dev`. It is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
    /// Where it was started; its data is in `data` below.
    pub(crate) directory: PathBuf,
}

impl Server {
    /// Starts a server and waits until it serves.
    pub(crate) fn start(directory: &Path) -> Self {
        Self::start_with(directory, &[])
    }

    pub(crate) fn start_with(directory: &Path, flags: &[&str]) -> Self {
        Self::run_role(directory, &["dev"], flags)
    }

    /// Starts `primatomic` with a role of the server.
    pub(crate) fn run_role(directory: &Path, role: &[&str], flags: &[&str]) -> Self {
        let mut child = spawn(directory, role, flags);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some((_, url)) = line.trim_end().split_once(" listening on ") else {
            let status = child.wait().unwrap();
            panic!(
                "the server did not start ({status}): {line}{}",
                log(directory)
            );
        };
        Self {
            url: url.to_owned(),
            child,
            stdout,
            directory: directory.to_owned(),
        }
    }

    /// The next lines that the server prints, up to one that contains `last`.
    pub(crate) fn read_until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "{lines:?}");
            let line = line.trim_end().to_owned();
            let is_last = line.contains(last);
            lines.push(line);
            if is_last {
                return lines;
            }
        }
    }

    pub(crate) fn key(&self) -> String {
        std::fs::read_to_string(self.directory.join("data/dev-key"))
            .unwrap()
            .trim()
            .to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    /// Stops in good order.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.wait();
        assert!(status.success(), "{status}: {}", log(&self.directory));
    }

    /// Ends the process as a power cut would, but for what the kernel still writes.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::KILL);
        self.wait();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + TIMEOUT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not end: {}", log(&self.directory));
    }

    /// A client command against this server.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env("PRIMATOMIC_URL", &self.url)
            .env("PRIMATOMIC_API_KEY", self.key());
        command
    }

    /// Runs a client command that must succeed, and returns what it prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        self.run_with_input(arguments, b"")
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> String {
        let output = finish(self.command(arguments), input);
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{}",
            text(&output.stderr),
            log(&self.directory)
        );
        text(&output.stdout)
    }

    /// Runs a client command with `--json` and reads what it prints.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.run(&arguments)).unwrap()
    }

    /// Writes a file beside the data.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.directory.join(name), bytes).unwrap();
    }

    /// Deploys an example component.
    pub(crate) fn deploy(&self, log: &str, view: &str, example: &str) {
        let file = format!("{example}.wasm");
        self.run(&["view", "example", example, "-o", &file]);
        self.run(&["view", "deploy", log, view, &file]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server and does not wait for anything.
pub(crate) fn spawn(directory: &Path, role: &[&str], flags: &[&str]) -> Child {
    spawn_with(directory, role, flags, &[])
}

/// The address that a server which was just spawned says it serves.
pub(crate) fn url_of(child: &mut Child) -> String {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let (_, url) = line.trim_end().split_once(" listening on ").unwrap();
    url.to_owned()
}

/// Like [`spawn`], with variables in its environment.
pub(crate) fn spawn_with(
    directory: &Path,
    role: &[&str],
    flags: &[&str],
    variables: &[(&str, &str)],
) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(directory.join("server.log"))
        .unwrap();
    program()
        .args(role)
        .env("PRIMATOMIC_LISTEN", "127.0.0.1:0")
        .env("PRIMATOMIC_RATE_LIMIT", "0")
        .envs(variables.iter().copied())
        .args(flags)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// What a server logged, for messages of failed tests.
pub(crate) fn log(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("server.log")).unwrap_or_default()
}

/// Runs a command to its end.
pub(crate) fn finish(mut command: Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}
