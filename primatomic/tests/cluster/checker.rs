//! Compares what is in the logs in the end with what the clients noted on the way, by the numbers
//! of `docs/invariants.md`.

use std::collections::HashMap;

use serde::Deserialize;

use crate::history::{Answer, Append, History, Read};

/// A log as it can be read in the end.
#[derive(Clone, Debug)]
pub(crate) struct StoredLog {
    pub(crate) name: String,
    /// The events with their sequences, in the order in which they are read.
    pub(crate) events: Vec<(u64, String)>,
    /// What the log says about itself.
    pub(crate) head: u64,
    pub(crate) chain_holds: bool,
}

/// The kinds of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Damage {
    /// Invariant 1: an acknowledged event is not there.
    Lost,
    /// Invariant 1: it is at another sequence than the acknowledged one.
    Moved,
    /// Invariant 1: what was read once, or had to be readable, is not what is there.
    Unreadable,
    /// Invariant 2: sequences are not 1, 2, 3, …, or the head or the hash chain says otherwise.
    NotDense,
    /// Invariant 2: an event that nobody sent.
    Foreign,
    /// Invariant 3: a part of a batch, or a batch in another order.
    Torn,
    /// Invariant 4: an event is there more than once, or a key got two answers.
    Twice,
    /// Invariant 5: an answer from before the asked sequence.
    Stale,
    /// Invariant 6: another answer than the fold at its sequence gives.
    WrongAnswer,
    /// Invariant 11: an answer that nobody must get.
    Surprise,
}

#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) damage: Damage,
    pub(crate) text: String,
}

impl Violation {
    fn new(damage: Damage, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { damage, text }
    }
}

/// Everything that is wrong.
pub(crate) fn check(history: &History, logs: &[StoredLog]) -> Vec<Violation> {
    let mut found = Vec::new();
    for text in &history.surprises {
        found.push(Violation::new(Damage::Surprise, text));
    }
    for log in logs {
        check_log(log, history, &mut found);
    }
    found
}

fn check_log(log: &StoredLog, history: &History, found: &mut Vec<Violation>) {
    check_sequences(log, found);
    let mut places: HashMap<&str, Vec<u64>> = HashMap::new();
    for (sequence, event) in &log.events {
        places.entry(event).or_default().push(*sequence);
    }
    for (event, at) in places.iter().filter(|(_, at)| at.len() > 1) {
        let text = format!("{}: {event} is there at {at:?}", log.name);
        found.push(Violation::new(Damage::Twice, text));
    }
    let mut known = 0;
    for append in history.appends.iter().filter(|it| it.log == log.name) {
        let there: Vec<_> = append
            .events
            .iter()
            .map(|event| places.get(event.as_str()).map(|at| at[0]))
            .collect();
        known += there.iter().flatten().count();
        check_append(append, &there, found);
    }
    if known < places.len() {
        let text = format!("{}: {} events of nobody", log.name, places.len() - known);
        found.push(Violation::new(Damage::Foreign, text));
    }
    let events: HashMap<u64, &str> = log
        .events
        .iter()
        .map(|(at, event)| (*at, event.as_str()))
        .collect();
    for read in history.reads.iter().filter(|it| it.log == log.name) {
        check_read(read, &events, found);
    }
    let folds = folds(log);
    for answer in history.answers.iter().filter(|it| it.log == log.name) {
        check_answer(answer, &folds, found);
    }
}

fn check_sequences(log: &StoredLog, found: &mut Vec<Violation>) {
    let mut damaged = |text: String| {
        let text = format!("{}: {text}", log.name);
        found.push(Violation::new(Damage::NotDense, text));
    };
    for (expected, (sequence, _)) in (1..).zip(&log.events) {
        if *sequence != expected {
            damaged(format!("sequence {sequence} stands in place of {expected}"));
            break;
        }
    }
    let last = log.events.last().map_or(0, |(sequence, _)| *sequence);
    if log.head != last {
        damaged(format!("the head is {}, the last event {last}", log.head));
    }
    if !log.chain_holds {
        damaged("the hash chain breaks".to_owned());
    }
}

/// `there`: where the events of the append are, as far as they are.
fn check_append(append: &Append, there: &[Option<u64>], found: &mut Vec<Violation>) {
    let mut damaged = |damage, text: &str| {
        found.push(Violation::new(damage, format!("{text}: {append:?}")));
    };
    if append
        .acknowledged
        .windows(2)
        .any(|pair| pair[0] != pair[1])
    {
        damaged(Damage::Twice, "one key got two answers");
    }
    let Some(first) = append.acknowledged.first().copied() else {
        // Nobody was told, so it may be there or not; but whole.
        let first = there[0];
        let is_whole = (0..)
            .zip(there)
            .all(|(index, at)| *at == first.map(|it| it + index));
        if !is_whole {
            damaged(Damage::Torn, &format!("there at {there:?}"));
        }
        return;
    };
    let present = there.iter().flatten().count();
    if present == 0 {
        damaged(Damage::Lost, "an acknowledged append is gone");
    } else if present < there.len() {
        damaged(Damage::Torn, &format!("there at {there:?}"));
    } else if !(first..).zip(there).all(|(wanted, at)| *at == Some(wanted)) {
        damaged(Damage::Moved, &format!("there at {there:?}"));
    }
}

fn check_read(read: &Read, events: &HashMap<u64, &str>, found: &mut Vec<Violation>) {
    let mut damaged = |text: String| {
        let text = format!("{} from {}: {text}", read.log, read.from);
        found.push(Violation::new(Damage::Unreadable, text));
    };
    for (expected, (sequence, event)) in (read.from..).zip(&read.events) {
        if *sequence != expected || events.get(sequence) != Some(&event.as_str()) {
            let now = events.get(sequence);
            damaged(format!("{event} was read at {sequence}, {now:?} is there"));
            return;
        }
    }
    let reached = read.from + read.events.len() as u64;
    if reached <= read.through {
        damaged(format!("{} was acknowledged and not read", read.through));
    }
}

fn check_answer(answer: &Answer, folds: &[i64], found: &mut Vec<Violation>) {
    if answer.sequence < answer.after {
        let text = format!("an answer from before what was asked for: {answer:?}");
        found.push(Violation::new(Damage::Stale, text));
    }
    let at = usize::try_from(answer.sequence).unwrap();
    let expected = folds.get(at).copied();
    if expected != Some(answer.value) {
        let text = format!("the fold gives {expected:?}: {answer:?}");
        found.push(Violation::new(Damage::WrongAnswer, text));
    }
}

/// The model of the view: what it holds after each number of events.
fn folds(log: &StoredLog) -> Vec<i64> {
    #[derive(Deserialize)]
    struct Change {
        inc: i64,
    }
    let mut value = 0;
    let mut folds = vec![value];
    for (_, event) in &log.events {
        let change = serde_json::from_str::<Change>(event);
        value += change.map_or(0, |change| change.inc);
        folds.push(value);
    }
    folds
}

#[cfg(test)]
mod tests;
