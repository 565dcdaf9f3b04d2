//! The machine and the state of the code that figures belong to.

use std::fmt::Write;
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

    pub(crate) fn markdown(&self, out: &mut String) {
        let cores = self.cores.to_string();
        let rows = [
            ("CPU", self.cpu.as_str()),
            ("cores", cores.as_str()),
            ("memory", self.memory.as_str()),
            ("kernel", self.kernel.as_str()),
            ("disk", self.disk.as_str()),
            ("commit", self.commit.as_str()),
            ("build", self.build),
            ("command", self.command.as_str()),
            ("started", self.started.as_str()),
        ];
        out.push_str("| environment | |\n|---|---|\n");
        for (name, value) in rows {
            // Writing to a string can't fail.
            let _ = writeln!(out, "| {name} | {value} |");
        }
        out.push_str(
            "\nServer and generator share the machine; both CPU times are per request.\n\n",
        );
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
