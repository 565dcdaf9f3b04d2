//! CPU time and memory of processes, from `/proc`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// `USER_HZ`: the unit of CPU times in `/proc`, the same on every Linux platform in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// The CPU time that a process has used so far, of all its threads, in steps of 10 ms.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    Ok(Stat::read(pid)?.cpu)
}

/// What `/proc/PID/stat` tells.
struct Stat {
    parent: u32,
    cpu: Duration,
}

impl Stat {
    fn read(pid: u32) -> Result<Self> {
        let path = format!("/proc/{pid}/stat");
        let stat = std::fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
        // The name of the program stands in parentheses and may itself hold spaces.
        let (_, fields) = stat.rsplit_once(')').context("unknown format of stat")?;
        let fields: Vec<_> = fields.split_ascii_whitespace().collect();
        let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
        let (user, system) = ticks(11).zip(ticks(12)).context("unknown format of stat")?;
        let parent = fields.get(1).and_then(|field| field.parse().ok());
        Ok(Self {
            parent: parent.context("unknown format of stat")?,
            cpu: Duration::from_secs_f64((user + system) / TICKS_PER_SECOND),
        })
    }
}

/// The CPU time that this process and all that it has started, and what they have started in turn,
/// have used so far. Each process that was started counts under its program's name, or its role.
pub(crate) fn cpu_times() -> Result<BTreeMap<String, Duration>> {
    let mut stats = BTreeMap::new();
    for entry in Path::new("/proc").read_dir().context("can't read /proc")? {
        let pid = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        // Processes end while they are looked at.
        if let Some((pid, stat)) = pid.and_then(|pid: u32| Some((pid, Stat::read(pid).ok()?))) {
            stats.insert(pid, stat);
        }
    }
    let own = std::process::id();
    let mut times = BTreeMap::new();
    for (pid, stat) in &stats {
        let mut ancestor = *pid;
        while let Some(parent) = stats.get(&ancestor).map(|stat| stat.parent)
            && ancestor != own
            && parent != own
        {
            ancestor = parent;
        }
        let name = match stats.get(&ancestor) {
            None => continue,
            Some(_) if ancestor == own => "generator".to_owned(),
            Some(_) => name(ancestor),
        };
        *times.entry(name).or_default() += stat.cpu;
    }
    Ok(times)
}

/// The role of one of our servers, or the name of another program.
fn name(pid: u32) -> String {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    let words: Vec<_> = line.split('\0').collect();
    match words.as_slice() {
        [_, "serve", role, ..] => (*role).to_owned(),
        // A process that has ended has no command line any more.
        [""] | [] => "ended".to_owned(),
        [program, ..] => program.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

/// The resident memory of a process in MB (1,000,000 bytes).
pub(crate) fn resident_mb(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
    let kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|value| value.trim().strip_suffix("kB")?.trim().parse().ok())
        .context("unknown format of status")?;
    Ok(kib * 1_024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_has_memory_and_time() {
        let own = std::process::id();
        assert!(resident_mb(own).unwrap() > 1.0);
        assert!(cpu_time(own).unwrap() < Duration::from_secs(3_600));
    }

    #[test]
    fn what_was_started_counts_under_its_name() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        // A process that has just been started has no command line for a moment.
        let begun = std::time::Instant::now();
        let times = loop {
            let times = cpu_times();
            let named = times.as_ref().is_ok_and(|it| it.contains_key("sleep"));
            if named || begun.elapsed() > Duration::from_secs(5) {
                break times;
            }
        };
        child.kill().unwrap();
        child.wait().unwrap();
        let times = times.unwrap();
        assert!(times.contains_key("sleep"), "{times:?}");
        assert!(times.contains_key("generator"), "{times:?}");
        assert!(!times.contains_key(""), "{times:?}");
    }
}
