//! Queries of a hot view.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::events::{increment, lines};
use super::measure::{Expectation, throughput};
use crate::context::{Context, Target, log_name};
use crate::load::Traffic;
use crate::report::Section;

pub(crate) const ABOUT: &str = "\
64 clients query the example view `counter`, whose instance is in memory and whose log has 1,000 \
events; the answer is checked once before. Closed loop, then the highest rate that an open loop \
sustains, as in `append`, with a p99 of at most 10 ms.";

const EVENTS: u64 = 1_000;
const VIEW: &str = "counter";

pub(super) async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.target()?;
    let expectation = Expectation {
        traffic: traffic(&target).await?,
        clients: context.clients(64),
        counted: "queries",
        per_request: 1,
        per_second: 25_000.0,
        p99: Some(Duration::from_millis(10)),
    };
    throughput(context, &target, &expectation, section).await?;
    target.finish()
}

async fn traffic(target: &Target) -> Result<Traffic> {
    let endpoint = &target.endpoint;
    let mut api = endpoint.connect().await?;
    let log = log_name("query");
    api.create_log(&log).await?;
    let head = api
        .append_batch(&log, &lines(EVENTS, |_| increment()))
        .await?;
    api.deploy(&log, VIEW, example_views::counter()).await?;
    let answer = api.wait_for_view(&log, VIEW, Some(head)).await?;
    let expected = format!(r#"{{"value":{EVENTS}}}"#);
    ensure!(
        answer == expected.as_bytes(),
        "the view answered {} and not {expected}",
        String::from_utf8_lossy(&answer)
    );
    Traffic::new(endpoint.address, vec![endpoint.query(&log, VIEW, None)])
}
