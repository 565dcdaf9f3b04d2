//! One client that appends one event after the other.

use std::time::Instant;

use anyhow::Result;

use super::Scenario;
use super::events::call;
use super::measure::Meter;
use crate::baseline::fdatasync::Fdatasync;
use crate::context::{Context, log_name};
use crate::load::Plan;
use crate::progress;
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "append-sequential",
    summary: "One client that appends one event after the other",
    about: "\
One client appends events of 200 bytes to one log, each once the last one is durable. It is compared \
with the raw cost of durability on the same filesystem, measured just before and just after: a \
write of 4 KiB and an fdatasync, into a file that was written before (the baseline, the cheapest \
durable write there is) and, for information, at the end of a file that grows.",
    run: |context, section| Box::pin(run(context, section)),
};

/// Raw writes of each kind before, and again after.
const RAW_WRITES: u64 = 1_000;
const EVENTS: u64 = 512;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.target()?;
    let endpoint = &target.endpoint;
    let log = log_name("sequential");
    let mut api = endpoint.connect().await?;
    api.create_log(&log).await?;
    let warm_up = Instant::now();
    while warm_up.elapsed().as_secs() < 1 {
        api.append(&log, &call(0)).await?;
    }

    let mut raw = Fdatasync::new()?;
    raw.sample(&context.results, RAW_WRITES)?;
    let requests = (0..EVENTS)
        .map(|number| endpoint.append(&log, &call(number)))
        .collect();
    let plan = Plan::closed([endpoint.address], requests, 1, context.duration())?;
    let meter = Meter::new(target.pid(), 1);
    let result = meter.run("closed loop", &plan, section).await?;
    raw.sample(&context.results, RAW_WRITES)?;

    let (overwrite, extend) = (raw.overwrite.summary(), raw.extend.summary());
    section.latency("raw write of 4 KiB in place and fdatasync", &overwrite);
    section.latency("raw write of 4 KiB at the end and fdatasync", &extend);
    progress::say(&format!(
        "  raw fdatasync p50: {:.3} ms in place, {:.3} ms at the end",
        overwrite.p50_ms, extend.p50_ms
    ));
    section.at_most(
        "sequential durable append, p50, against 1.3 × raw fdatasync p50 + 0.5 ms",
        result.latency.p50_ms,
        1.3 * overwrite.p50_ms + 0.5,
        "ms",
    );
    target.finish()
}
