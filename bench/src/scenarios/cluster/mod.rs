//! Scenarios on a whole cluster: every store, every role, all on this machine.

pub(super) mod append;
pub(super) mod append_many_logs;
pub(super) mod archive;
pub(super) mod replay;
mod round;
pub(super) mod take_over;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cluster::{Cluster, Settings};
use crate::context::Context;
use crate::process::cpu_times;
use crate::report::Section;

fn start(context: &Context, settings: Settings) -> Result<Cluster> {
    Cluster::start(context.own_program()?, settings)
}

/// The CPU time of every process, from one moment on.
struct CpuWatch {
    start: Instant,
    before: BTreeMap<String, Duration>,
}

impl CpuWatch {
    fn start() -> Result<Self> {
        Ok(Self {
            before: cpu_times()?,
            start: Instant::now(),
        })
    }

    /// Cores that each kind of process has kept busy since then, the busiest first.
    fn cores(&self) -> Result<Vec<(String, f64)>> {
        let elapsed = self.start.elapsed().as_secs_f64();
        let mut cores: Vec<_> = cpu_times()?
            .into_iter()
            .map(|(name, time)| {
                let before = self.before.get(&name).copied().unwrap_or_default();
                let used = time.saturating_sub(before).as_secs_f64();
                (name, used / elapsed)
            })
            .collect();
        cores.sort_by(|left, right| right.1.total_cmp(&left.1));
        Ok(cores)
    }
}

/// Reports who kept the cores busy, and returns the sum.
fn report_cores(cores: &[(String, f64)], during: &str, section: &mut Section) {
    for (name, cores) in cores.iter().filter(|(_, cores)| *cores >= 0.005) {
        section.figure(format!("cores busy {during}: {name}"), *cores, "cores");
    }
    let all: f64 = cores.iter().map(|(_, cores)| cores).sum();
    section.figure(format!("cores busy {during}: all of these"), all, "cores");
}
