//! The fault suite: a whole cluster under load, whose processes are killed, stopped and paused and
//! whose network is cut, in random order; and a checker that compares what the clients noted with
//! what is there in the end. It holds invariants 1 to 6 and 8 of `docs/invariants.md`: number 8 in
//! that events of archived logs, which are trimmed, stay readable whatever failed in between.
//!
//! `PRIMATOMIC_FAULTS` sets the number of faults, and `PRIMATOMIC_FAULT_SEED` repeats the faults of
//! a run that printed it. What clients send and when something ends is not repeated.

mod fleet;
mod inject;
mod plan;
mod summary;

use std::thread;
use std::time::{Duration, Instant};

use crate::checker::{Damage, Violation, check};
use crate::client::Client;
use crate::cores;
use crate::history::History;
use crate::load::{self, Crew, Load, Progress};
use fleet::Fleet;
use plan::Plan;
use summary::{Fault, Summary};

/// Twice as many as there are kinds, so that each comes twice.
const FAULTS: usize = 18;
/// Half of them are archived.
const LOGS: usize = 6;
const CREW: Crew = Crew {
    appenders: 8,
    queriers: 4,
    readers: 2,
    rest: Duration::from_millis(60),
    is_faithful: false,
};
/// How long anything may take to go on after a fault.
const RECOVERY_MAX: Duration = Duration::from_secs(60);
/// How long after the run some of it may take to be trimmed; keys are remembered for 40 s.
const TRIM_MAX: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(20);

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

#[test]
fn invariants_1_to_6_and_8_hold_whatever_fails() {
    let faults = number("PRIMATOMIC_FAULTS").map_or(FAULTS, |it| usize::try_from(it).unwrap());
    let seed = number("PRIMATOMIC_FAULT_SEED").unwrap_or_else(rand::random);
    println!("PRIMATOMIC_FAULT_SEED={seed}");
    let _turn = cores::wait();
    let mut fleet = Fleet::start().unwrap();
    let (client, logs) = fleet.prepare(LOGS).unwrap();
    let load = Load::start(&client, &logs, CREW);
    let mut troubles = Vec::new();
    let plan = Plan::new(seed, fleet.has_archivers());
    let record = let_fail(&mut fleet, &load, plan, faults, &mut troubles);
    let mut history = History::default();
    for noted in load.finish() {
        history.add(noted);
    }
    if fleet.has_archivers() {
        wait_until_trimmed(&client, &logs, &mut troubles);
    }
    // No view is in memory any more: what is folded now comes from snapshots, archive and hot log.
    fleet.replace_workers().unwrap();
    let asked = logs
        .iter()
        .map(|log| load::ask_at_last(&client, log, &history));
    let asked: Vec<_> = asked.collect();
    history.answers.extend(asked);
    let mut violations = read_and_check(&client, &logs, &history);
    violations.extend(troubles.into_iter().map(|text| Violation {
        damage: Damage::Surprise,
        text,
    }));
    Summary::new(&record, &history, &violations).print();
    if !violations.is_empty() {
        let journal = fleet.save_journal();
        panic!("{} violations; the logs are in {journal}", violations.len());
    }
    fleet.stop().unwrap();
    assert!(history.acknowledged() > faults * 50, "that was no load");
    assert!(history.answers.len() > faults * 5, "that were no queries");
}

/// Carries out one fault after the other. What does not recover is a trouble.
fn let_fail(
    fleet: &mut Fleet,
    load: &Load,
    mut plan: Plan,
    faults: usize,
    troubles: &mut Vec<String>,
) -> Vec<Fault> {
    wait_until_all_goes_on(load, &load.progress(), "the begin", troubles);
    let mut record = Vec::new();
    for number in 1..=faults {
        troubles.extend(fleet.check_alive());
        let begin = load.elapsed();
        let kind = plan.next();
        let text = inject::inject(fleet, kind, plan.rng()).unwrap_or_else(|error| {
            let text = format!("{kind}: {error:#}");
            troubles.push(text.clone());
            text
        });
        println!("{number:>3}. at {:>6.1} s: {text}", begin.as_secs_f64());
        // Some faults meet what is left of the one before.
        if number == faults || !plan.hurries() {
            wait_until_all_goes_on(load, &load.progress(), &text, troubles);
        }
        record.push(Fault { kind, begin });
    }
    record
}

/// Waits until every log is appended to and every view answers.
fn wait_until_all_goes_on(load: &Load, since: &Progress, after: &str, troubles: &mut Vec<String>) {
    let start = Instant::now();
    while !load.went_on(since) {
        if start.elapsed() > RECOVERY_MAX {
            troubles.push(format!("no recovery within {RECOVERY_MAX:?} after {after}"));
            return;
        }
        thread::sleep(POLL);
    }
}

/// Some events of every archived log are in the archive alone, or else the run says nothing about
/// them.
fn wait_until_trimmed(client: &Client, logs: &[String], troubles: &mut Vec<String>) {
    let start = Instant::now();
    for log in logs.iter().filter(|log| log.starts_with("archived")) {
        while client.archived(0, log).unwrap_or_default() == 0 {
            if start.elapsed() > TRIM_MAX {
                troubles.push(format!("nothing of {log} was trimmed within {TRIM_MAX:?}"));
                break;
            }
            thread::sleep(POLL);
        }
    }
}

/// Every control plane must show the same logs.
fn read_and_check(client: &Client, logs: &[String], history: &History) -> Vec<Violation> {
    let mut violations = Vec::new();
    for plane in 0..client.planes() {
        let read = |log: &String| client.read_log(plane, log).unwrap();
        let stored: Vec<_> = logs.iter().map(read).collect();
        violations.extend(check(history, &stored));
    }
    violations
}
