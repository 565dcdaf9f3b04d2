//! What folding an event costs, in process.

mod batch;
mod native;
mod subject;

use anyhow::Result;
use counter::Counter;
use usage_metering::UsageMetering;

use self::batch::Batch;
use self::native::Native;
use self::subject::Subject;
use super::Scenario;
use super::events;
use crate::guests;
use crate::progress;
use crate::report::Section;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "fold",
    summary: "What folding an event costs, in process",
    about: "\
In process, without HTTP or a log: the worker's engine folds 200,000 events of 200 bytes, in calls \
of 10 frames of 1,000 events, which is what a cold load does; the figure is the median of 15 rounds, \
per event. The host cost is that of a component that ignores its events: nothing but the passing of \
events is left. `packed` is world 1.0.0, one call for each batch; `driver` is world 0.0.1, called for \
each event by the in-wasm driver; `single` is world 1.0.0 with an import of the clock, which gets \
each event in a batch of its own, so that it sees the right time; the in-wasm driver makes them. The example views are folded by the engine and natively, from the same \
source and in alternating rounds; events of the counter are `{\"inc\":1}`.",
    run: |_, section| Box::pin(run(section)),
};

/// Rounds of every subject; odd, so that there is one in the middle.
const ROUNDS: usize = 15;

async fn run(section: &mut Section) -> Result<()> {
    host_cost(section).await?;
    example_views(section).await
}

async fn host_cost(section: &mut Section) -> Result<()> {
    let frames = Batch::of(events::call, 1_000)?;
    let single_events = Batch::of(events::call, 1)?;

    let mut packed = Subject::compile(guests::ignores_batches()?).await?;
    let cost = median(|| packed.fold(&frames))?;
    say("packed", cost);
    section.at_most("host cost per event, packed", cost, 15.0, "ns");
    let cost = median(|| packed.fold(&single_events))?;
    section.figure("packed, frames of one event", cost, "ns/event");

    let mut driver = Subject::compile(guests::ignores_events()?).await?;
    let cost = median(|| driver.fold(&frames))?;
    say("driver", cost);
    section.at_most("host cost per event, driver", cost, 40.0, "ns");

    let cost = median(|| driver.fold_in_calls(&single_events, 1))?;
    let what = "driver, one call of the engine for each event";
    section.figure(what, cost, "ns/event");

    let mut single = Subject::compile(guests::batches_with_clock()?).await?;
    let cost = median(|| single.fold(&frames))?;
    say("single", cost);
    section.at_most("host cost per event, single", cost, 150.0, "ns");

    let mut clock = Subject::compile(guests::events_with_clock()?).await?;
    let cost = median(|| clock.fold(&frames))?;
    section.figure("driver, with an import of the clock", cost, "ns/event");
    Ok(())
}

async fn example_views(section: &mut Section) -> Result<()> {
    let increments = Batch::of(|_| events::INCREMENT.to_vec(), 1_000)?;
    let mut engine = Subject::compile(example_views::counter().to_vec()).await?;
    let mut native = Native::<Counter>::default();
    let (mut in_engine, mut natively) = (|| engine.fold(&increments), || native.fold(&increments));
    let [wasm, plain] = medians([&mut in_engine, &mut natively])?;
    say("counter", wasm);
    section.figure("counter (world 0.0.1), engine", wasm, "ns/event");
    section.figure("counter, native", plain, "ns/event");

    let usage = Batch::of(events::usage, 1_000)?;
    let mut engine = Subject::compile(example_views::usage_metering().to_vec()).await?;
    let mut native = Native::<UsageMetering>::default();
    let (mut in_engine, mut natively) = (|| engine.fold(&usage), || native.fold(&usage));
    let [wasm, plain] = medians([&mut in_engine, &mut natively])?;
    say("usage-metering", wasm);
    section.figure("usage-metering (world 1.0.0), engine", wasm, "ns/event");
    section.figure("usage-metering, native", plain, "ns/event");
    let ratio = wasm / plain.max(f64::EPSILON);
    section.at_most("serde_json view against native", ratio, 1.7, "×");
    Ok(())
}

fn say(what: &str, nanoseconds: f64) {
    progress::say(&format!("  {what}: {nanoseconds:.1} ns/event"));
}

/// The median of what `round` measures, after one round that does not count.
fn median(mut round: impl FnMut() -> Result<f64>) -> Result<f64> {
    let [median] = medians([&mut round])?;
    Ok(median)
}

/// The same of several kinds of rounds that alternate, so that all see the same machine.
fn medians<const N: usize>(mut kinds: [&mut dyn FnMut() -> Result<f64>; N]) -> Result<[f64; N]> {
    let mut figures = [[0.0; ROUNDS]; N];
    for kind in &mut kinds {
        kind()?;
    }
    for round in 0..ROUNDS {
        for (kind, figures) in kinds.iter_mut().zip(&mut figures) {
            figures[round] = kind()?;
        }
    }
    Ok(figures.map(|mut figures| {
        figures.sort_by(f64::total_cmp);
        figures[ROUNDS / 2]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_ignores_outliers() {
        let mut figures = [500.0, 500.0, 3.0, 1.0].into_iter().chain([2.0; ROUNDS]);
        let found = median(|| Ok(figures.next().unwrap())).unwrap();
        assert!((found - 2.0).abs() < f64::EPSILON);
    }
}
