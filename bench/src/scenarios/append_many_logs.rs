//! Single appends to many logs.

use anyhow::Result;

use super::Scenario;
use super::events::call;
use super::measure::{Expectation, throughput};
use crate::context::{Context, log_names};
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "append-many-logs",
    summary: "Single appends to many logs",
    about: "\
256 clients append single events of 200 bytes to 1,000 logs in turn, so that hardly two events in \
flight are of one log and nothing can be gained by putting a log's events together. Closed loop, \
then the highest rate that an open loop sustains, as in `append`, with a p99 of at most 1 s.",
    run: |context, section| Box::pin(run(context, section)),
};

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.target()?;
    let endpoint = &target.endpoint;
    let mut api = endpoint.connect().await?;
    let mut requests = Vec::new();
    for (log, number) in log_names("many", context.logs(1_000)).iter().zip(0..) {
        api.create_log(log).await?;
        requests.push(endpoint.append(log, &call(number)));
    }
    let expectation = Expectation {
        requests,
        clients: context.clients(256),
        counted: "events",
        per_request: 1,
        per_second: 12_000.0,
        p99: None,
    };
    throughput(context, target, expectation, section).await
}
