//! CPU time and memory of processes, from `/proc`.

use std::time::Duration;

use anyhow::{Context, Result};

/// `USER_HZ`: the unit of CPU times in `/proc`, the same on every Linux platform in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// The CPU time that a process has used so far, of all its threads, in steps of 10 ms.
///
/// # Errors
/// When there is no such process.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
    // The name of the program stands in parentheses and may itself hold spaces.
    let (_, fields) = stat.rsplit_once(')').context("unknown format of stat")?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<f64>().ok();
    let (user, system) = ticks().zip(ticks()).context("unknown format of stat")?;
    Ok(Duration::from_secs_f64((user + system) / TICKS_PER_SECOND))
}

/// The resident memory of a process in MB (1,000,000 bytes).
///
/// # Errors
/// When there is no such process.
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
}
