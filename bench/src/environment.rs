//! The machine and the state of the code that figures belong to.

use std::fmt;
use std::path::Path;
use std::process::Command;

use catalog::clock::{Clock, SystemClock};
use serde::Serialize;

const UNKNOWN: &str = "unknown";

/// Where and when the figures were taken.
#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    pub started: String,
    pub command: String,
    pub commit: String,
    pub cpu: String,
    pub cores: usize,
    pub memory: String,
    pub kernel: String,
    /// Filesystem and device below the data directory.
    pub disk: String,
    pub build: &'static str,
}

impl Environment {
    /// Reads what the system tells; what it does not tell is "unknown".
    pub(crate) fn read(data_directory: &Path) -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        Self {
            started: SystemClock.now().to_string(),
            command: format!("cargo run --release -p bench -- {}", arguments.join(" ")),
            commit: commit(),
            cpu: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: field("/proc/meminfo", "MemTotal"),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| UNKNOWN.to_owned(), |text| text.trim().to_owned()),
            disk: disk(data_directory).unwrap_or_else(|| UNKNOWN.to_owned()),
            build: if cfg!(debug_assertions) {
                "debug (figures of a debug build mean nothing)"
            } else {
                "release"
            },
        }
    }
}

/// A table for people.
impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| environment | |\n|---|---|\n")?;
        writeln!(f, "| CPU | {} |", self.cpu)?;
        writeln!(f, "| cores | {} |", self.cores)?;
        writeln!(f, "| memory | {} |", self.memory)?;
        writeln!(f, "| kernel | {} |", self.kernel)?;
        writeln!(f, "| disk | {} |", self.disk)?;
        writeln!(f, "| commit | {} |", self.commit)?;
        writeln!(f, "| build | {} |", self.build)?;
        writeln!(f, "| command | {} |", self.command)?;
        writeln!(f, "| started | {} |", self.started)?;
        let note = "Server and generator share the machine; both CPU times are per request.";
        writeln!(f, "\n{note}\n")
    }
}

/// The value of the first line `name : value` of a file.
fn field(path: &str, name: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map_or_else(|| UNKNOWN.to_owned(), |(_, value)| value.trim().to_owned())
}

/// The commit of the working tree, and whether the tree differs from it.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return UNKNOWN.to_owned();
    };
    match git(&["status", "--porcelain"]) {
        Some(changes) if changes.is_empty() => commit,
        _ => format!("{commit} with changes"),
    }
}

/// Filesystem and device of the mount that holds a directory.
fn disk(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let mount = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            Some((words.next()?, words.next()?, words.next()?))
        })
        .filter(|(_, point, _)| directory.starts_with(point))
        .max_by_key(|(_, point, _)| point.len())?;
    let (device, _, filesystem) = mount;
    Some(format!("{filesystem} on {device}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described() {
        let environment = Environment::read(Path::new("."));
        assert!(environment.cores > 0);
        assert_ne!(environment.memory, UNKNOWN);
        assert_ne!(environment.kernel, UNKNOWN);
    }

    #[test]
    fn a_missing_file_is_unknown() {
        assert_eq!(field("/nonexistent", "model name"), UNKNOWN);
    }
}
