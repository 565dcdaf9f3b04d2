//! Single appends to one log of a cluster.

use anyhow::{Context as _, Result};

use super::{CpuWatch, ROUNDS, report_cores, report_published, start};
use crate::api::Endpoint;
use crate::baseline::publish::{frame, one_by_one};
use crate::cluster::Streams;
use crate::context::{Context, log_name};
use crate::load::{self, Latency, Pace, Plan, Traffic};
use crate::report::Section;
use crate::scenarios::events::realistic;
use crate::scenarios::measure::{Meter, WARM_UP};

pub(crate) const ABOUT: &str = "\
256 clients append single events of about 200 bytes to one log in a closed loop, all through one \
control plane: in each round first through one of the two and then through the other. Every node \
sends the appends of a log to the node that the log prefers, so one of the two passes every event on. \
Then a bare publisher publishes frames that hold as many events as those of the faster of the two did \
on average, straight to a stream of the same configuration, one in flight, with the same expectation. \
All of the cluster runs meanwhile, and the archivers archive. Frames are counted by the streams. The \
targets compare the best of three rounds with the publisher of the same round; its `answered/s` are \
frames.";

/// Different events, so that nothing gains from repetition.
const EVENTS: u64 = 4_096;

/// One run through one control plane.
struct Round {
    events_per_second: f64,
    frames_per_second: f64,
    latency: Latency,
    bare_frames_per_second: f64,
    cores: Vec<(String, f64)>,
}

impl Round {
    fn events_per_frame(&self) -> f64 {
        self.events_per_second / self.frames_per_second.max(1.0)
    }
}

pub(in crate::scenarios) async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let cluster = start(context, &[]).await?;
    let streams = cluster.streams().await?;
    let log = log_name("append");
    cluster
        .endpoint()?
        .connect()
        .await?
        .create_log(&log)
        .await?;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for number in 1..=ROUNDS {
        let mut best: Option<Round> = None;
        for (index, endpoint) in cluster.endpoints().enumerate() {
            let what = format!("round {number}, control plane {}", index + 1);
            let plan = plan(context, endpoint, &log)?;
            let round = round(&what, &streams, plan, section).await?;
            if best
                .as_ref()
                .is_none_or(|best| best.events_per_second < round.events_per_second)
            {
                best = Some(round);
            }
        }
        let mut round = best.context("there is no control plane")?;
        let events: Vec<_> = (0..)
            .take(whole(round.events_per_frame()))
            .map(realistic)
            .collect();
        let payload = frame(&events)?;
        let bare = one_by_one(&streams, &payload, context.duration()).await?;
        let what = format!("round {number}, bare publisher");
        report_published(&what, 1, &bare, round.events_per_frame(), section);
        round.bare_frames_per_second = bare.frames_per_second;
        rounds.push(round);
    }
    rounds.sort_by(|left, right| left.events_per_second.total_cmp(&right.events_per_second));
    report(&rounds.pop().context("there was no round")?, section);
    Ok(())
}

fn plan(context: &Context, endpoint: &Endpoint, log: &str) -> Result<Plan> {
    let requests = (0..EVENTS)
        .map(|number| endpoint.append(log, &realistic(number)))
        .collect();
    Ok(Plan {
        traffic: Traffic::new(endpoint.address, requests)?,
        clients: context.clients(256),
        pace: Pace::Closed,
        duration: context.duration(),
    })
}

async fn round(what: &str, streams: &Streams, plan: Plan, section: &mut Section) -> Result<Round> {
    load::run(&Plan {
        duration: WARM_UP,
        ..plan.clone()
    })
    .await?;
    let meter = Meter {
        server: None,
        per_request: 1.0,
    };
    let (cpu, before) = (CpuWatch::start()?, streams.ends().await?);
    let outcome = meter.run(what, &plan, section).await?;
    let (cores, after) = (cpu.cores()?, streams.ends().await?);
    let frames = after.iter().sum::<u64>() - before.iter().sum::<u64>();
    let frames = f64::from(u32::try_from(frames)?);
    Ok(Round {
        events_per_second: outcome.per_second(),
        frames_per_second: frames / outcome.elapsed.as_secs_f64(),
        latency: outcome.latency,
        bare_frames_per_second: 0.0,
        cores,
    })
}

fn report(best: &Round, section: &mut Section) {
    section.figure("events in a frame", best.events_per_frame(), "");
    section.figure("frames per second", best.frames_per_second, "frames/s");
    section.figure(
        "frames per second of the bare publisher",
        best.bare_frames_per_second,
        "frames/s",
    );
    section.latency("append", &best.latency);
    report_cores(&best.cores, "under load", section);
    section.at_least(
        "events per second, 256 clients, one log",
        best.events_per_second,
        15_000.0,
        "events/s",
    );
    section.at_least(
        "frame rate against the bare publisher's",
        100.0 * best.frames_per_second / best.bare_frames_per_second.max(1.0),
        60.0,
        "%",
    );
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
