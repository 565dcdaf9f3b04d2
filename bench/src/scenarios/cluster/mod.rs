//! Scenarios on a whole cluster: every store, every role, all on this machine.

pub(crate) mod append;
pub(crate) mod append_many_logs;
pub(crate) mod archive;
pub(crate) mod replay;
pub(crate) mod take_over;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::baseline::publish::Published;
use crate::cluster::Cluster;
use crate::context::Context;
use crate::process::cpu_times;
use crate::progress;
use crate::report::{Load, Section};

/// Rounds of a comparison. The machine is shared, so the best one is what counts.
const ROUNDS: usize = 3;

async fn start(context: &Context, settings: &[(&'static str, &str)]) -> Result<Cluster> {
    context.needs_own_server()?;
    Cluster::start(context.program()?, settings).await
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

/// Adds what a publisher without Primatomic reached to the loads, in events.
fn report_published(
    what: &str,
    clients: usize,
    published: &Published,
    events_per_frame: f64,
    section: &mut Section,
) {
    let frames = published.frames_per_second;
    progress::say(&format!(
        "  {what}: {frames:.0} frames/s, p50 {:.2} ms",
        published.latency.p50_ms
    ));
    section.loads.push(Load {
        what: what.to_owned(),
        clients,
        offered_per_second: None,
        requests_per_second: frames,
        per_second: frames * events_per_frame,
        latency: published.latency,
        failed: 0,
        unsent: 0,
        first_failure: None,
        server_cpu_us: None,
        generator_cpu_us: 0.0,
    });
}
