//! The checker itself is checked: a record of every kind of damage, and it notices each.

use std::time::Duration;

use super::*;

fn append(number: usize, events: &[i64], acknowledged: &[u64]) -> Append {
    Append {
        log: "log".to_owned(),
        key: Some(format!("key-{number}")),
        events: events.iter().map(|it| event(*it)).collect(),
        is_batch: events.len() > 1,
        acknowledged: acknowledged.to_vec(),
        at: Duration::ZERO,
        wait: Duration::ZERO,
        attempts: 1,
    }
}

fn event(amount: i64) -> String {
    format!(r#"{{"inc":{amount}}}"#)
}

fn answer(after: u64, sequence: u64, value: i64) -> Answer {
    Answer {
        log: "log".to_owned(),
        after,
        sequence,
        value,
        at: Duration::ZERO,
        wait: Duration::ZERO,
        attempts: 1,
    }
}

fn read(from: u64, through: u64, events: &[i64]) -> Read {
    let events = events.iter().map(|it| event(*it));
    Read {
        log: "log".to_owned(),
        from,
        through,
        events: (from..).zip(events).collect(),
    }
}

fn stored(events: &[i64]) -> StoredLog {
    StoredLog {
        name: "log".to_owned(),
        events: (1..).zip(events.iter().map(|it| event(*it))).collect(),
        head: events.len() as u64,
        chain_holds: true,
    }
}

/// Event 1, a batch of 2, 3 and 4, event 5, and a batch of which nobody was told.
fn history() -> History {
    History {
        appends: vec![
            append(1, &[100], &[1]),
            append(2, &[20, 30, 40], &[2, 2]),
            append(3, &[5], &[5]),
            append(4, &[6, 7], &[]),
        ],
        answers: vec![answer(0, 0, 0), answer(4, 4, 190), answer(1, 5, 195)],
        reads: vec![read(2, 5, &[20, 30, 40, 5]), read(1, 0, &[])],
        ..History::default()
    }
}

const WHOLE: &[i64] = &[100, 20, 30, 40, 5];

fn damages(history: &History, log: &StoredLog) -> Vec<Damage> {
    let violations = check(history, std::slice::from_ref(log));
    let mut found: Vec<_> = violations.into_iter().map(|it| it.damage).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What is found in a history that has been tampered with.
fn after(tamper: impl FnOnce(&mut History)) -> Vec<Damage> {
    let mut history = history();
    tamper(&mut history);
    damages(&history, &stored(WHOLE))
}

/// What is found in a log without any queries and reads, which would find more of it.
fn in_log(log: &StoredLog) -> Vec<Damage> {
    let mut history = history();
    history.answers.clear();
    history.reads.clear();
    damages(&history, log)
}

#[test]
fn a_run_without_damage_passes() {
    assert_eq!(damages(&history(), &stored(WHOLE)), []);
    let with_batch = [WHOLE, &[6, 7]].concat();
    assert_eq!(damages(&history(), &stored(&with_batch)), []);
}

#[test]
fn damage_to_events_is_noticed() {
    for (events, expected) in [
        (&[100, 20, 30, 40][..], &[Damage::Lost][..]),
        (&[20, 30, 40, 5], &[Damage::Lost, Damage::Moved]),
        (&[20, 30, 40, 100, 5], &[Damage::Moved]),
        (&[100, 20, 40, 30, 5], &[Damage::Moved]),
        (&[100, 20, 30, 40, 5, 5], &[Damage::Twice]),
        (&[100, 20, 30, 40, 5, 6], &[Damage::Torn]),
        (&[100, 20, 30, 40, 5, 7, 6], &[Damage::Torn]),
        (&[100, 20, 30, 40, 5, 8], &[Damage::Foreign]),
    ] {
        assert_eq!(in_log(&stored(events)), expected, "{events:?}");
    }
    let torn = in_log(&stored(&[100, 20, 30, 5]));
    assert_eq!(torn, [Damage::Moved, Damage::Torn]);
}

#[test]
fn damage_to_sequences_is_noticed() {
    let mut gap = stored(&[100, 20, 30, 40, 5, 6, 7]);
    gap.events[5].0 = 7;
    gap.events[6].0 = 8;
    gap.head = 8;
    assert_eq!(in_log(&gap), [Damage::NotDense]);
    let mut twice = stored(&[100, 20, 30, 40, 5, 6, 7]);
    twice.events[6].0 = 6;
    twice.head = 6;
    assert_eq!(in_log(&twice), [Damage::NotDense, Damage::Torn]);
    let mut head = stored(WHOLE);
    head.head = 6;
    assert_eq!(in_log(&head), [Damage::NotDense]);
    let mut chain = stored(WHOLE);
    chain.chain_holds = false;
    assert_eq!(in_log(&chain), [Damage::NotDense]);
}

#[test]
fn a_key_with_two_answers_is_noticed() {
    let twice = after(|history| history.appends[1].acknowledged.push(3));
    assert_eq!(twice, [Damage::Twice]);
}

#[test]
fn wrong_answers_are_noticed() {
    let asked = |answer: Answer| after(|history| history.answers.push(answer));
    assert_eq!(asked(answer(5, 4, 190)), [Damage::Stale]);
    assert_eq!(asked(answer(4, 5, 190)), [Damage::WrongAnswer]);
    assert_eq!(asked(answer(4, 6, 195)), [Damage::WrongAnswer]);
}

#[test]
fn wrong_reads_are_noticed() {
    let noted = |read: Read| after(|history| history.reads.push(read));
    assert_eq!(noted(read(2, 0, &[20, 31])), [Damage::Unreadable]);
    assert_eq!(noted(read(2, 4, &[20, 30])), [Damage::Unreadable]);
    assert_eq!(noted(read(5, 5, &[5, 6])), [Damage::Unreadable]);
    let mut gap = read(2, 0, &[20, 40]);
    gap.events[1].0 = 4;
    assert_eq!(noted(gap), [Damage::Unreadable]);
}

#[test]
fn surprises_are_noticed() {
    let surprised = after(|history| history.surprises.push("500".to_owned()));
    assert_eq!(surprised, [Damage::Surprise]);
}
