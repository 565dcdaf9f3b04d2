//! What a run shows, for people.

use std::collections::BTreeMap;
use std::time::Duration;

use super::plan::Kind;
use crate::checker::Violation;
use crate::client::TIMEOUT;
use crate::history::History;

/// How many violations are printed.
const PRINTED_MAX: usize = 20;

/// A pause that comes without any fault: what begins that much before one is still its own.
const USUAL_PAUSE: Duration = Duration::from_millis(300);

/// A fault that was carried out.
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) begin: Duration,
}

/// A time in which nobody got an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pause {
    begin: Duration,
    end: Duration,
}

impl Pause {
    fn length(self) -> Duration {
        self.end - self.begin
    }
}

pub(super) struct Summary<'a> {
    faults: &'a [Fault],
    history: &'a History,
    violations: &'a [Violation],
    /// By log: one that stands still is not excused by the others.
    append_pauses: Vec<Pause>,
    query_pauses: Vec<Pause>,
}

impl<'a> Summary<'a> {
    pub(super) fn new(
        faults: &'a [Fault],
        history: &'a History,
        violations: &'a [Violation],
    ) -> Self {
        let told = history
            .appends
            .iter()
            .filter(|it| !it.acknowledged.is_empty());
        Self {
            faults,
            history,
            violations,
            append_pauses: pauses(told.map(|append| (append.log.as_str(), append.at))),
            query_pauses: pauses(history.answers.iter().map(|it| (it.log.as_str(), it.at))),
        }
    }

    pub(super) fn print(&self) {
        println!(
            "\n{:<28}{:>7}{:>16}{:>16}",
            "", "", "longest pause", "longest pause"
        );
        println!(
            "{:<28}{:>7}{:>16}{:>16}",
            "fault", "times", "of appends", "of queries"
        );
        for (kind, times, appends, queries) in self.kinds() {
            println!(
                "{kind:<28}{times:>7}{:>16}{:>16}",
                seconds(appends),
                seconds(queries)
            );
        }
        let (appends, queries) = (longest(&self.append_pauses), longest(&self.query_pauses));
        let faults = self.faults.len();
        println!(
            "{:<28}{faults:>7}{:>16}{:>16}",
            "all",
            seconds(appends),
            seconds(queries)
        );
        let history = self.history;
        let appends = history.appends.iter();
        let appends = appends.map(|it| (it.wait, it.at, it.attempts));
        let answers = history.answers.iter();
        let answers = answers.map(|it| (it.wait, it.at, it.attempts));
        println!();
        for (what, longest) in [("an append", appends.max()), ("a query", answers.max())] {
            let (wait, at, attempts) = longest.unwrap_or_default();
            println!(
                "longest wait of one client for {what}: {}, until {}, {attempts} attempts",
                seconds(wait),
                seconds(at)
            );
        }
        println!(
            "{} requests given up, because nothing came within {TIMEOUT:?}",
            history.timeouts
        );
        println!(
            "{} events acknowledged, {} never answered, {} queries, {} reads, {} violations",
            history.acknowledged(),
            history.uncertain(),
            history.answers.len(),
            history.reads.len(),
            self.violations.len()
        );
        for violation in self.violations.iter().take(PRINTED_MAX) {
            println!("{:?}: {}", violation.damage, violation.text);
        }
    }

    /// Every kind with how often it was carried out, and the longest pauses that it brought.
    fn kinds(&self) -> Vec<(Kind, usize, Duration, Duration)> {
        let mut kinds: BTreeMap<Kind, (usize, Duration, Duration)> = BTreeMap::new();
        for (index, fault) in self.faults.iter().enumerate() {
            let brought = |pauses: &[Pause]| {
                let own = pauses.iter().filter(|it| self.brought_by(**it) == index);
                longest(&own.copied().collect::<Vec<_>>())
            };
            let kind = kinds.entry(fault.kind).or_default();
            kind.0 += 1;
            kind.1 = kind.1.max(brought(&self.append_pauses));
            kind.2 = kind.2.max(brought(&self.query_pauses));
        }
        let kinds = kinds.into_iter();
        kinds
            .map(|(kind, (times, appends, queries))| (kind, times, appends, queries))
            .collect()
    }

    /// The fault that was the last when a pause began.
    fn brought_by(&self, pause: Pause) -> usize {
        let begin = pause.begin + USUAL_PAUSE;
        let last = self.faults.iter().rposition(|fault| fault.begin <= begin);
        last.unwrap_or_default()
    }
}

/// The times between two answers about the same log.
fn pauses<'a>(answers: impl Iterator<Item = (&'a str, Duration)>) -> Vec<Pause> {
    let mut logs: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for (log, at) in answers {
        logs.entry(log).or_default().push(at);
    }
    let mut pauses = Vec::new();
    for times in logs.values_mut() {
        times.sort_unstable();
        let pairs = times.windows(2);
        pauses.extend(pairs.map(|pair| Pause {
            begin: pair[0],
            end: pair[1],
        }));
    }
    pauses
}

fn longest(pauses: &[Pause]) -> Duration {
    let lengths = pauses.iter().map(|pause| pause.length());
    lengths.max().unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[test]
fn a_log_that_stands_still_shows_while_others_go_on() {
    let at = Duration::from_secs;
    let answers = [
        ("a", at(1)),
        ("b", at(1)),
        ("a", at(9)),
        ("b", at(2)),
        ("b", at(3)),
    ];
    assert_eq!(longest(&pauses(answers.into_iter())), at(8));
}
