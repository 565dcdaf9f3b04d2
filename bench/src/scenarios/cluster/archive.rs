//! What archiving costs, and what comes out of it.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};

use super::{CpuWatch, report_cores, start};
use crate::cluster::{Cluster, behind, totals};
use crate::context::{Context, log_names};
use crate::load::{self, Plan};
use crate::progress;
use crate::report::{Section, real};
use crate::scenarios::Scenario;
use crate::scenarios::events::{lines, realistic};
use crate::scenarios::filling::append_to_each;
use crate::scenarios::measure::Meter;

pub(in crate::scenarios) const SCENARIO: Scenario = Scenario {
    name: "cluster-archive",
    summary: "The cost of archiving, and the size of segments",
    about: "\
16 clients append 20,000 events a second in an open loop for 20 s or more, in batches of 100, to 20 \
logs; 5 s of the same load come before. No event is sent twice: each is JSON of about 200 bytes with a \
random id, a time and a few fields, like those of docs/scale.md. Meanwhile what is not archived is looked at every \
half second: the frames between the end of each stream and the position in the catalog. A segment is \
cut at 10,000 events of its shard or after 30 s, as by default, so up to 40,000 events wait by design. \
The CPU time is that of both archivers while the load lasts, and the events are those that they \
archived in that time. Afterwards everything is archived, and the bytes of all segments, with their \
indexes, are compared with those of all events.",
    run: |context, section| Box::pin(run(context, section)),
};

const EVENTS_PER_SECOND: f64 = 20_000.0;
const BATCH_EVENTS: u64 = 100;
const LOGS: u32 = 20;
const CLIENTS: usize = 16;
const WARM_UP: Duration = Duration::from_secs(5);
const LOAD_MIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(500);
/// Behind the last event its segment waits for 30 s.
const ARCHIVE_TIMEOUT: Duration = Duration::from_secs(120);
/// Events of each shard at which a segment is cut.
const SEGMENT_EVENTS: f64 = 10_000.0;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let cluster = start(context, &[])?;
    let logs = log_names("archive", LOGS);
    append_to_each(cluster.endpoints(), &logs, &realistic(u64::MAX), true).await?;
    let duration = context.duration().max(LOAD_MIN);
    let per_second = context.rate.unwrap_or(EVENTS_PER_SECOND);
    let (warm_up, next) = plan(&cluster, &logs, 0, per_second, WARM_UP)?;
    let (plan, _) = plan(&cluster, &logs, next, per_second, duration)?;
    load::run(&warm_up).await?;

    let streams = cluster.streams().await?;
    let frames_before = streams.frames().await?;
    let archived = ["archive_events", "archive_segments"];
    let archived = || totals(&cluster.archivers, archived);
    let (cpu, before) = (CpuWatch::start()?, archived().await?);
    let meter = Meter::new(None, 100);
    let mut lag = Vec::new();
    let result = tokio::select! {
        result = meter.run("open loop", &plan, section) => result?,
        failed = look(&cluster, &mut lag) => return failed,
    };
    let (cores, after) = (cpu.cores()?, archived().await?);
    let frames = streams.frames().await? - frames_before;
    ensure!(result.failed == 0, "some batches were refused");
    let seconds = cpu.start.elapsed().as_secs_f64();
    let archivers = cores.iter().find(|(name, _)| name == "archiver");
    let busy = archivers.map_or(0.0, |(_, cores)| cores * seconds);

    let appended = result.per_second() * result.elapsed.as_secs_f64() * 100.0;
    let events_per_frame = appended / real(frames).max(1.0);
    let waited = cluster.wait_until_archived(ARCHIVE_TIMEOUT).await?;
    let [of_load, segments] = [0, 1].map(|it| after[it] - before[it]);
    section.figures([
        ("events appended per second", appended / seconds, "events/s"),
        ("events archived per second", of_load / seconds, "events/s"),
        ("segments per second", segments / seconds, ""),
        ("events in a frame", events_per_frame, ""),
        ("everything archived after", waited.as_secs_f64(), "s"),
    ]);
    report_cores(&cores, "under load", section);
    report_lag(&lag, events_per_frame, streams.shards(), section);
    section.at_most(
        "archivers' CPU time per 10,000 events, of one core for a second",
        100.0 * busy / (of_load / 10_000.0).max(f64::EPSILON),
        15.0,
        "%",
    );
    report_size(&cluster, section).await
}

/// A plan of batches of events from `first` on, and the number after its last event.
fn plan(
    cluster: &Cluster,
    logs: &[String],
    first: u64,
    events_per_second: f64,
    duration: Duration,
) -> Result<(Plan, u64)> {
    let per_second = events_per_second / 100.0;
    let endpoint = cluster.endpoint()?;
    let (mut requests, mut next) = (Vec::new(), first);
    for log in logs.iter().cycle() {
        if real(requests.len() as u64) > duration.as_secs_f64() * per_second + 1.0 {
            break;
        }
        let batch = lines(BATCH_EVENTS, |number| realistic(next + number));
        requests.push(endpoint.append_batch(log, &batch));
        next += BATCH_EVENTS;
    }
    let mut plan = Plan::closed(cluster.addresses(), requests, CLIENTS, duration)?;
    plan.rate = Some(per_second);
    Ok((plan, next))
}

/// Writes down how many frames are not archived, until it is dropped or fails.
async fn look(cluster: &Cluster, lag: &mut Vec<u64>) -> Result<()> {
    let (streams, catalog) = (cluster.streams().await?, cluster.catalog().await?);
    let mut next = Instant::now();
    loop {
        lag.push(behind(&streams, &catalog).await?);
        next += LOOK;
        sleep(next.saturating_duration_since(Instant::now())).await;
    }
}

fn report_lag(lag: &[u64], events_per_frame: f64, shards: usize, section: &mut Section) {
    let (early, late) = lag.split_at(lag.len() / 2);
    let events = |lag: &[u64]| {
        let frames = lag.iter().copied().max().unwrap_or_default();
        real(frames) * events_per_frame
    };
    let (early, late) = (events(early), events(late));
    progress::say(&format!(
        "  not archived: at most {early:.0}, then {late:.0} events"
    ));
    section.figure("events not archived, at most, first half", early, "events");
    // As many as make segments, and as many again while those are on their way.
    let by_design = SEGMENT_EVENTS * real(shards as u64);
    section.at_most(
        "events not archived, at most, second half",
        late,
        2.0 * by_design,
        "events",
    );
}

async fn report_size(cluster: &Cluster, section: &mut Section) -> Result<()> {
    let status = cluster.archive_status().await?;
    let metrics = ["archive_raw_bytes", "archive_events"];
    let [in_blocks, events] = totals(&cluster.archivers, metrics).await?;
    // In a block, the length of an event takes 4 bytes.
    let (raw, bytes) = (in_blocks - 4.0 * events, real(status.bytes));
    let events = events.max(1.0);
    section.figures([
        ("segments", real(status.segments), ""),
        ("bytes of an event", raw / events, "bytes"),
        ("bytes of an event in its segment", bytes / events, "bytes"),
    ]);
    section.at_most(
        "bytes of segments against those of their events",
        100.0 * bytes / raw.max(1.0),
        25.0,
        "%",
    );
    Ok(())
}
