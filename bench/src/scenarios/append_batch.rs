//! Batches of events to one log.

use anyhow::Result;

use super::Scenario;
use super::events::{call, lines};
use super::measure::{Expectation, throughput};
use crate::context::{Context, log_name};
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "append-batch",
    summary: "Batches of events to one log",
    about: "\
16 clients append batches of 1,000 events of 200 bytes to one log, as NDJSON; a batch is one \
request, and answered once it is durable as a whole. Closed loop, then the highest rate that an \
open loop sustains, as in `append`, with a p99 of at most 1 s.",
    run: |context, section| Box::pin(run(context, section)),
};

/// Events of one batch.
const BATCH_EVENTS: u32 = 1_000;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.target()?;
    let endpoint = &target.endpoint;
    let log = log_name("batch");
    endpoint.connect().await?.create_log(&log).await?;
    let batch = lines(u64::from(BATCH_EVENTS), call);
    let expectation = Expectation {
        requests: vec![endpoint.append_batch(&log, &batch)],
        clients: context.clients(16),
        counted: "events",
        per_request: BATCH_EVENTS,
        per_second: 250_000.0,
        p99: None,
    };
    throughput(context, target, expectation, section).await
}
