//! Single appends to one log.

use std::time::Duration;

use anyhow::Result;

use super::Scenario;
use super::events::call;
use super::measure::{Expectation, throughput};
use crate::context::{Context, log_name};
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "append",
    summary: "Single appends to one log",
    about: "\
256 clients append single events of 200 bytes to one log; each append is one request, answered once \
the event is durable. First a closed loop (each client sends its next event as soon as the last one \
is durable), then an open loop: events are due at a fixed rate, and latency counts from when an \
event was due. The rate is the highest at which at least 98 % of what is due is answered without a \
failure and with a p99 of at most 50 ms, found by trials and confirmed by a full run.",
    run: |context, section| Box::pin(run(context, section)),
};

/// Different events, so that nothing gains from repetition.
const EVENTS: u64 = 512;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.target()?;
    let endpoint = &target.endpoint;
    let log = log_name("append");
    endpoint.connect().await?.create_log(&log).await?;
    let request = |number| endpoint.append(&log, &call(number));
    let expectation = Expectation {
        requests: (0..EVENTS).map(request).collect(),
        clients: context.clients(256),
        counted: "events",
        per_request: 1,
        per_second: 20_000.0,
        p99: Some(Duration::from_millis(50)),
    };
    throughput(context, target, expectation, section).await
}
