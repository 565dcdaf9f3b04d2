//! Queries of a hot view.

use std::time::Duration;

use anyhow::Result;

use super::Scenario;
use super::filling::{COUNTER, deploy_counter};
use super::measure::{Expectation, throughput};
use crate::context::{Context, log_name};
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "query",
    summary: "Queries of a hot view",
    about: "\
64 clients query the example view `counter`, whose instance is in memory and whose log has 1,000 \
events; the answer is checked once before. Closed loop, then the highest rate that an open loop \
sustains, as in `append`, with a p99 of at most 10 ms.",
    run: |context, section| Box::pin(run(context, section)),
};

const EVENTS: u64 = 1_000;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.target()?;
    let endpoint = &target.endpoint;
    let log = log_name("query");
    deploy_counter(&mut endpoint.connect().await?, &log, EVENTS).await?;
    let expectation = Expectation {
        requests: vec![endpoint.query(&log, COUNTER, None)],
        clients: context.clients(64),
        counted: "queries",
        per_request: 1,
        per_second: 25_000.0,
        p99: Some(Duration::from_millis(10)),
    };
    throughput(context, target, expectation, section).await
}
