//! Single appends to one log of a cluster.

use anyhow::{Context as _, Result};

use super::round::{ROUNDS, Round};
use super::start;
use crate::api::Endpoint;
use crate::baseline::publish::{frame, one_by_one};
use crate::context::{Context, log_name};
use crate::load::Plan;
use crate::report::Section;
use crate::scenarios::Scenario;
use crate::scenarios::events::realistic;
use crate::scenarios::measure::WARM_UP;

pub(in crate::scenarios) const SCENARIO: Scenario = Scenario {
    name: "cluster-append",
    summary: "Single appends to one log of a cluster",
    about: "\
256 clients append single events of about 200 bytes to one log in a closed loop, all through one \
control plane: in each round first through one of the two and then through the other. Every node \
sends the appends of a log to the node that the log prefers, so one of the two passes every event on. \
Then a bare publisher publishes frames that hold as many events as those of the faster of the two did \
on average, straight to a stream of the same configuration, one in flight, with the same expectation. \
All of the cluster runs meanwhile, and the archivers archive. Frames are counted by the streams. The \
targets compare the best of three rounds with the publisher of the same round; its `answered/s` are \
frames.",
    run: |context, section| Box::pin(run(context, section)),
};

/// Different events, so that nothing gains from repetition.
const EVENTS: u64 = 4_096;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let cluster = start(context, &[])?;
    let streams = cluster.streams().await?;
    let log = log_name("append");
    let mut api = cluster.endpoint()?.connect().await?;
    api.create_log(&log).await?;
    let mut best: Option<Round> = None;
    for number in 1..=ROUNDS {
        let mut faster: Option<Round> = None;
        for (index, endpoint) in cluster.endpoints().enumerate() {
            let what = format!("round {number}, control plane {}", index + 1);
            let plan = plan(context, endpoint, &log)?;
            plan.warm_up(WARM_UP).await?;
            let round = Round::measure(&what, &streams, &plan, section).await?;
            faster = Some(round.best(faster));
        }
        let mut round = faster.context("there is no control plane")?;
        let events_per_frame = round.events_per_frame();
        let events: Vec<_> = (0..).take(whole(events_per_frame)).map(realistic).collect();
        let bare = one_by_one(&streams, &frame(&events)?, context.duration()).await?;
        let what = format!("round {number}, bare publisher");
        round.add_bare(&what, 1, &bare, events_per_frame, section);
        best = Some(round.best(best));
    }
    report(&best.context("there was no round")?, section);
    Ok(())
}

fn plan(context: &Context, endpoint: &Endpoint, log: &str) -> Result<Plan> {
    let requests = (0..EVENTS)
        .map(|number| endpoint.append(log, &realistic(number)))
        .collect();
    let clients = context.clients(256);
    Plan::closed([endpoint.address], requests, clients, context.duration())
}

fn report(best: &Round, section: &mut Section) {
    section.figure("events in a frame", best.events_per_frame(), "");
    section.figure("frames per second", best.frames_per_second, "frames/s");
    best.report("publisher", section);
    section.at_least(
        "events per second, 256 clients, one log",
        best.events_per_second,
        15_000.0,
        "events/s",
    );
    best.check_frame_rate("publisher", section);
}

/// A frame holds one event at least.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of a few events up to a few thousand"
)]
fn whole(number: f64) -> usize {
    number.round().max(1.0) as usize
}
