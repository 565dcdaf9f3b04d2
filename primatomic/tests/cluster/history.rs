//! What the clients of a run noted: everything that they sent, and everything that they were told.

use std::time::Duration;

/// A request to append.
#[derive(Clone, Debug)]
pub(crate) struct Append {
    pub(crate) log: String,
    pub(crate) key: Option<String>,
    /// The events, each unlike any other that was ever sent.
    pub(crate) events: Vec<String>,
    pub(crate) is_batch: bool,
    /// The sequence of the first event, as often as it was acknowledged: more than once only when
    /// the request was repeated with its key. Never, when nobody answered.
    pub(crate) acknowledged: Vec<u64>,
    /// When the first acknowledgement came, since the begin of the run, and how long that took with
    /// all repetitions.
    pub(crate) at: Duration,
    pub(crate) wait: Duration,
    /// How often it was sent until then.
    pub(crate) attempts: u32,
}

/// A query that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) log: String,
    pub(crate) after: u64,
    /// The sequence that the answer says it reflects.
    pub(crate) sequence: u64,
    pub(crate) value: i64,
    pub(crate) at: Duration,
    pub(crate) wait: Duration,
    pub(crate) attempts: u32,
}

/// Events that were read while others were appended.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) log: String,
    pub(crate) from: u64,
    /// The highest sequence that was known to be acknowledged before, as far as the page reaches.
    pub(crate) through: u64,
    pub(crate) events: Vec<(u64, String)>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) appends: Vec<Append>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) reads: Vec<Read>,
    /// How many requests were given up, because nothing came for so long.
    pub(crate) timeouts: usize,
    /// Answers that nobody must get, whatever fails.
    pub(crate) surprises: Vec<String>,
}

impl History {
    pub(crate) fn add(&mut self, other: Self) {
        self.appends.extend(other.appends);
        self.answers.extend(other.answers);
        self.reads.extend(other.reads);
        self.timeouts += other.timeouts;
        self.surprises.extend(other.surprises);
    }

    /// How many events were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        let told = self.appends.iter().filter(|it| !it.acknowledged.is_empty());
        told.map(|append| append.events.len()).sum()
    }

    /// How many events were sent once, and never answered.
    pub(crate) fn uncertain(&self) -> usize {
        let untold = self.appends.iter().filter(|it| it.acknowledged.is_empty());
        untold.map(|append| append.events.len()).sum()
    }
}
