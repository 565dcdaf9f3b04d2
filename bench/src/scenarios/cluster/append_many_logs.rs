//! Single appends to many logs of a cluster.

use anyhow::{Context as _, Result};

use super::{CpuWatch, ROUNDS, report_cores, report_published, start};
use crate::baseline::publish::{frame, in_batches};
use crate::cluster::Cluster;
use crate::context::{Context, log_name};
use crate::load::{self, Latency, Pace, Plan, Traffic};
use crate::progress;
use crate::report::Section;
use crate::scenarios::events::realistic;
use crate::scenarios::measure::{Meter, WARM_UP};

pub(crate) const ABOUT: &str = "\
1,000 clients append single events of about 200 bytes to 10,000 logs in turn, in a closed loop; half of \
the clients are connected to each of two control planes, so about half of the events are passed on to \
the node that their log prefers. Then a bare committer publishes atomic batches of frames of one event, \
each with the expectation of its log, straight to streams of the same number and configuration, one \
batch of each stream in flight: once with as many frames in flight as there are clients, and once with \
batches of 1,000. The targets compare the best of three rounds with the faster committer of the same \
round; a committer's latency is that of a batch.";

const LOGS: u32 = 10_000;
const BATCH_MAX: usize = 1_000;

struct Round {
    events_per_second: f64,
    frames_per_second: f64,
    latency: Latency,
    bare_frames_per_second: f64,
    cores: Vec<(String, f64)>,
}

pub(in crate::scenarios) async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let cluster = start(context, &[]).await?;
    let streams = cluster.streams().await?;
    let logs = context.logs(LOGS);
    let plan = plan(context, &cluster, logs).await?;
    let payload = frame(&[realistic(0)])?;
    let shards = streams.shards();
    let subjects = usize::try_from(logs)?.div_ceil(shards);
    let mut best: Option<Round> = None;
    load::run(&Plan {
        duration: WARM_UP,
        ..plan.clone()
    })
    .await?;
    for number in 1..=ROUNDS {
        let meter = Meter {
            server: None,
            per_request: 1.0,
        };
        let (cpu, before) = (CpuWatch::start()?, streams.ends().await?);
        let what = format!("round {number}");
        let outcome = meter.run(&what, &plan, section).await?;
        let (cores, after) = (cpu.cores()?, streams.ends().await?);
        let frames = after.iter().sum::<u64>() - before.iter().sum::<u64>();
        let frames = f64::from(u32::try_from(frames)?);
        let mut round = Round {
            events_per_second: outcome.per_second(),
            frames_per_second: frames / outcome.elapsed.as_secs_f64(),
            latency: outcome.latency,
            bare_frames_per_second: 0.0,
            cores,
        };
        for batch in [plan.clients / shards, BATCH_MAX] {
            let batch = batch.clamp(1, BATCH_MAX).min(subjects);
            let bare = in_batches(&streams, &payload, subjects, batch, plan.duration).await?;
            let what = format!("round {number}, bare committer, batches of {batch}");
            report_published(&what, batch * shards, &bare, 1.0, section);
            round.bare_frames_per_second = round.bare_frames_per_second.max(bare.frames_per_second);
        }
        if best
            .as_ref()
            .is_none_or(|best| best.events_per_second < round.events_per_second)
        {
            best = Some(round);
        }
    }
    report(&best.context("there was no round")?, section);
    Ok(())
}

async fn plan(context: &Context, cluster: &Cluster, logs: u32) -> Result<Plan> {
    let prefix = log_name("many");
    let names: Vec<_> = (0..logs).map(|log| format!("{prefix}-{log}")).collect();
    progress::say(&format!("  making {logs} logs"));
    cluster.prepare_logs(&names, &realistic(0)).await?;
    let endpoint = cluster.endpoint()?;
    let requests = names
        .iter()
        .zip(0..)
        .map(|(log, number)| endpoint.append(log, &realistic(number)))
        .collect();
    Ok(Plan {
        traffic: Traffic::over(cluster.addresses(), requests)?,
        clients: context.clients(1_000),
        pace: Pace::Closed,
        duration: context.duration(),
    })
}

fn report(best: &Round, section: &mut Section) {
    let events_per_frame = best.events_per_second / best.frames_per_second.max(1.0);
    section.figure("events in a frame", events_per_frame, "");
    section.figure(
        "frames per second of the bare committer",
        best.bare_frames_per_second,
        "frames/s",
    );
    section.latency("append", &best.latency);
    report_cores(&best.cores, "under load", section);
    section.figure(
        "events per second, 1,000 clients, 10,000 logs",
        best.events_per_second,
        "events/s",
    );
    section.at_least(
        "frame rate against the bare committer's",
        100.0 * best.frames_per_second / best.bare_frames_per_second.max(1.0),
        60.0,
        "%",
    );
}
