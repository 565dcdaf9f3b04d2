//! Single appends to many logs of a cluster.

use anyhow::{Context as _, Result};

use super::round::{ROUNDS, Round};
use super::start;
use crate::baseline::publish::{frame, in_batches};
use crate::cluster::Cluster;
use crate::context::{Context, log_names};
use crate::load::Plan;
use crate::progress;
use crate::report::Section;
use crate::scenarios::Scenario;
use crate::scenarios::events::realistic;
use crate::scenarios::filling::append_to_each;
use crate::scenarios::measure::WARM_UP;

pub(in crate::scenarios) const SCENARIO: Scenario = Scenario {
    name: "cluster-append-many-logs",
    summary: "Single appends to many logs of a cluster",
    about: "\
1,000 clients append single events of about 200 bytes to 10,000 logs in turn, in a closed loop; half of \
the clients are connected to each of two control planes, so about half of the events are passed on to \
the node that their log prefers. Then a bare committer publishes atomic batches of frames of one event, \
each with the expectation of its log, straight to streams of the same number and configuration, one \
batch of each stream in flight: once with as many frames in flight as there are clients, and once with \
batches of 1,000. The targets compare the best of three rounds with the faster committer of the same \
round; a committer's latency is that of a batch.",
    run: |context, section| Box::pin(run(context, section)),
};

const LOGS: u32 = 10_000;
const BATCH_MAX: usize = 1_000;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let cluster = start(context, &[])?;
    let streams = cluster.streams().await?;
    let logs = context.logs(LOGS);
    let plan = plan(context, &cluster, logs).await?;
    let payload = frame(&[realistic(0)])?;
    let shards = streams.shards();
    let subjects = usize::try_from(logs)?.div_ceil(shards);
    let mut best: Option<Round> = None;
    plan.warm_up(WARM_UP).await?;
    for number in 1..=ROUNDS {
        let what = format!("round {number}");
        let mut round = Round::measure(&what, &streams, &plan, section).await?;
        for batch in [plan.clients / shards, BATCH_MAX] {
            let batch = batch.clamp(1, BATCH_MAX).min(subjects);
            let bare = in_batches(&streams, &payload, subjects, batch, plan.duration).await?;
            let what = format!("round {number}, bare committer, batches of {batch}");
            round.add_bare(&what, batch * shards, &bare, 1.0, section);
        }
        best = Some(round.best(best));
    }
    report(&best.context("there was no round")?, section);
    Ok(())
}

async fn plan(context: &Context, cluster: &Cluster, logs: u32) -> Result<Plan> {
    let names = log_names("many", logs);
    progress::say(&format!("  making {logs} logs"));
    append_to_each(cluster.endpoints(), &names, &realistic(0), true).await?;
    let endpoint = cluster.endpoint()?;
    let requests = names
        .iter()
        .zip(0..)
        .map(|(log, number)| endpoint.append(log, &realistic(number)))
        .collect();
    let clients = context.clients(1_000);
    Plan::closed(cluster.addresses(), requests, clients, context.duration())
}

fn report(best: &Round, section: &mut Section) {
    section.figure("events in a frame", best.events_per_frame(), "");
    best.report("committer", section);
    section.figure(
        "events per second, 1,000 clients, 10,000 logs",
        best.events_per_second,
        "events/s",
    );
    best.check_frame_rate("committer", section);
}
