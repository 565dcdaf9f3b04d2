//! An append and then a query that must reflect it.

use std::time::Instant;

use anyhow::Result;

use super::Scenario;
use super::events::INCREMENT;
use super::filling::COUNTER;
use crate::api::ensure_answer;
use crate::context::{Context, log_name};
use crate::load::Recorder;
use crate::progress;
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "append-then-query",
    summary: "An append and then a query that must reflect it",
    about: "\
One client appends an event, and then queries the view `counter` with `after` set to the event's \
sequence: the time until one's own write can be read. Every answer is checked to reflect the event. \
The pair is compared with the appends alone, both those of the pairs and those of a run without \
queries before it.",
    run: |context, section| Box::pin(run(context, section)),
};

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let target = context.target()?;
    let mut api = target.endpoint.connect().await?;
    let log = log_name("read-your-write");
    api.create_log(&log).await?;
    api.append(&log, INCREMENT).await?;
    api.deploy(&log, COUNTER, example_views::counter()).await?;

    let mut plain = Recorder::new()?;
    let phase = Instant::now();
    while phase.elapsed() < context.duration() / 2 {
        let start = Instant::now();
        let sequence = api.append(&log, INCREMENT).await?;
        plain.record(start.elapsed());
        // The view stays in memory and near the head, as it is while pairs are measured.
        if sequence % 100 == 0 {
            api.query(&log, COUNTER, Some(sequence)).await?;
        }
    }

    let (mut append, mut query, mut pair) = (Recorder::new()?, Recorder::new()?, Recorder::new()?);
    let phase = Instant::now();
    while phase.elapsed() < context.duration() {
        let start = Instant::now();
        let sequence = api.append(&log, INCREMENT).await?;
        let durable = Instant::now();
        let answer = api.query(&log, COUNTER, Some(sequence)).await?;
        let read = Instant::now();
        append.record(durable - start);
        query.record(read - durable);
        pair.record(read - start);
        ensure_answer(&answer, format!(r#"{{"value":{sequence}}}"#).as_bytes())?;
    }

    let (plain, append) = (plain.summary(), append.summary());
    let (query, pair) = (query.summary(), pair.summary());
    section.latency("append without queries", &plain);
    section.latency("append of a pair", &append);
    section.latency("query of a pair", &query);
    section.latency("pair", &pair);
    progress::say(&format!(
        "  p50: append {:.3} ms, query {:.3} ms, pair {:.3} ms",
        append.p50_ms, query.p50_ms, pair.p50_ms
    ));
    section.at_most(
        "append, then query after it, p50, against append p50 + 1 ms",
        pair.p50_ms,
        append.p50_ms.min(plain.p50_ms) + 1.0,
        "ms",
    );
    target.finish()
}
