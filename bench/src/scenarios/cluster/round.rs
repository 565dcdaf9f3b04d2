//! A round of a comparison: appends of a whole cluster, and then what NATS does by itself.

use anyhow::Result;

use super::{CpuWatch, report_cores};
use crate::baseline::publish::Published;
use crate::cluster::Streams;
use crate::load::{Latency, Plan};
use crate::progress;
use crate::report::{Load, Section, real};
use crate::scenarios::measure::Meter;

/// How many rounds there are. The machine is shared, so the best one is what counts.
pub(super) const ROUNDS: usize = 3;

pub(super) struct Round {
    pub events_per_second: f64,
    pub frames_per_second: f64,
    pub latency: Latency,
    /// What NATS took in by itself, the best of what was tried.
    pub bare_frames_per_second: f64,
    cores: Vec<(String, f64)>,
}

impl Round {
    /// Runs the appends of the plan, and counts frames by the streams.
    pub(super) async fn measure(
        what: &str,
        streams: &Streams,
        plan: &Plan,
        section: &mut Section,
    ) -> Result<Self> {
        let (cpu, before) = (CpuWatch::start()?, streams.frames().await?);
        let result = Meter::new(None, 1).run(what, plan, section).await?;
        let (cores, after) = (cpu.cores()?, streams.frames().await?);
        Ok(Self {
            events_per_second: result.per_second(),
            frames_per_second: real(after - before) / result.elapsed.as_secs_f64(),
            latency: result.latency,
            bare_frames_per_second: 0.0,
            cores,
        })
    }

    /// The faster one of two.
    pub(super) fn best(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.events_per_second >= self.events_per_second => other,
            _ => self,
        }
    }

    pub(super) fn events_per_frame(&self) -> f64 {
        self.events_per_second / self.frames_per_second.max(1.0)
    }

    /// Adds what NATS took in by itself, in events of so many a frame.
    pub(super) fn add_bare(
        &mut self,
        what: &str,
        clients: usize,
        published: &Published,
        events_per_frame: f64,
        section: &mut Section,
    ) {
        let frames = published.frames_per_second;
        self.bare_frames_per_second = self.bare_frames_per_second.max(frames);
        progress::say(&format!(
            "  {what}: {frames:.0} frames/s, p50 {:.2} ms",
            published.latency.p50_ms
        ));
        section.loads.push(Load {
            what: what.to_owned(),
            clients,
            requests_per_second: frames,
            per_second: frames * events_per_frame,
            latency: published.latency,
            ..Load::default()
        });
    }

    /// Reports what both scenarios compare. `bare` is who published without Primatomic.
    pub(super) fn report(&self, bare: &str, section: &mut Section) {
        section.figure(
            format!("frames per second of the bare {bare}"),
            self.bare_frames_per_second,
            "frames/s",
        );
        section.latency("append", &self.latency);
        report_cores(&self.cores, "under load", section);
    }

    pub(super) fn check_frame_rate(&self, bare: &str, section: &mut Section) {
        section.at_least(
            format!("frame rate against the bare {bare}'s"),
            100.0 * self.frames_per_second / self.bare_frames_per_second.max(1.0),
            60.0,
            "%",
        );
    }
}
