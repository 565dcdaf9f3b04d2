//! A cold worker folds a long history from the object store.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::start;
use crate::api::ensure_answer;
use crate::cluster::{Cluster, Settings};
use crate::context::{Context, log_name};
use crate::load::Recorder;
use crate::progress;
use crate::report::{Section, real};
use crate::scenarios::Scenario;
use crate::scenarios::filling::fill;

pub(in crate::scenarios) const SCENARIO: Scenario = Scenario {
    name: "cluster-replay",
    summary: "A cold worker that folds archived events",
    about: "\
The example view `counter` over a log of 1,000,000 events such as `{\"inc\":12345}`, appended in frames of \
1,000 to a log with the retention `archive`, and archived meanwhile. The archivers trim at once, and NATS holds nothing but the newest frame of each log before anything is measured, \
which is checked; the rest is in segments on the S3 server. Views were deployed while the log was \
empty, and their worker was killed before the first event, so none has a snapshot. In each round a worker is started, answers the query of a \
view of another log, and is asked for a view that it never loaded, with `after` at the head: the time \
of that answer. Then it is killed. The median of 5 rounds counts.",
    run: |context, section| Box::pin(run(context, section)),
};

const ROUNDS: usize = 5;
const EVENTS: u64 = 1_000_000;
const ARCHIVE_TIMEOUT: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(250);
const SETTINGS: Settings = &[
    ("PRIMATOMIC_ARCHIVE_HOT_SECS", "0"),
    ("PRIMATOMIC_IDEMPOTENCY_WINDOW_SECS", "0"),
    ("PRIMATOMIC_ARCHIVE_SEGMENT_SECS", "5"),
];
/// The view by which a new worker is noticed.
const OTHER: &str = "other";

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let mut cluster = start(context, SETTINGS)?;
    let mut api = cluster.endpoint()?.connect().await?;
    let (log, other) = (log_name("replay"), log_name("other"));
    for name in [&log, &other] {
        // Its events leave the hot log once they are archived.
        let log = json!({ "name": name, "retention": "archive" });
        api.create_log_as(&log).await?;
    }
    api.append(&other, &increment(1)).await?;
    api.deploy(&other, OTHER, example_views::counter()).await?;
    for round in 0..ROUNDS {
        api.deploy(&log, &view(round), example_views::counter())
            .await?;
    }
    cluster.kill_workers();
    let start = Instant::now();
    let (head, _) = fill(&mut api, &log, EVENTS, |number| increment(amount(number))).await?;
    let seconds = start.elapsed().as_secs_f64();
    progress::say(&format!("  {head} events appended in {seconds:.1} s"));
    let archived = cluster.wait_until_archived(ARCHIVE_TIMEOUT).await?;
    let held = wait_until_trimmed(&cluster, 2).await?;
    progress::say(&format!("  archived after {:.1} s", archived.as_secs_f64()));

    let sum: u64 = (0..EVENTS).map(amount).sum();
    let expected = format!(r#"{{"value":{sum}}}"#);
    let mut times = Recorder::new()?;
    for round in 0..ROUNDS {
        cluster.add_worker()?;
        api.wait_for_view(&other, OTHER, None).await?;
        let start = Instant::now();
        let answer = api.query(&log, &view(round), Some(head)).await?;
        let time = start.elapsed();
        ensure_answer(&answer, expected.as_bytes())?;
        progress::say(&format!("  replay: {:.3} s", time.as_secs_f64()));
        times.record(time);
        cluster.kill_workers();
    }
    report(&cluster, &times, held, section).await
}

/// What an event adds: different amounts, so that blocks are not all the same.
fn amount(number: u64) -> u64 {
    number * number % 99_991
}

fn increment(amount: u64) -> Vec<u8> {
    format!(r#"{{"inc":{amount}}}"#).into_bytes()
}

fn view(round: usize) -> String {
    format!("counter-{round}")
}

/// Waits until NATS holds nothing but one frame for each of so many logs, and returns how many
/// there are.
async fn wait_until_trimmed(cluster: &Cluster, logs: u64) -> Result<u64> {
    let streams = cluster.streams().await?;
    let start = Instant::now();
    loop {
        let messages = streams.messages().await?;
        if messages <= logs {
            return Ok(messages);
        }
        ensure!(
            start.elapsed() < ARCHIVE_TIMEOUT,
            "NATS still holds {messages} frames of {logs} logs"
        );
        sleep(POLL).await;
    }
}

async fn report(
    cluster: &Cluster,
    times: &Recorder,
    held: u64,
    section: &mut Section,
) -> Result<()> {
    let status = cluster.archive_status().await?;
    let times = times.summary();
    section.figures([
        ("segments", real(status.segments), ""),
        ("frames that NATS holds", real(held), ""),
        ("first answer, median", times.p50_ms, "ms"),
        ("first answer, slowest round", times.max_ms, "ms"),
    ]);
    section.at_least(
        "replay of 1M archived events into the counter",
        real(EVENTS) / (times.p50_ms / 1e3),
        1e6,
        "events/s",
    );
    Ok(())
}
