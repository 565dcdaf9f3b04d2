//! What the clients noted: everything that they sent, and what became of it.

use std::fmt;

/// One request to append.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) log: String,
    pub(crate) key: Option<String>,
    /// The events, each unlike any other that was ever sent.
    pub(crate) events: Vec<String>,
    pub(crate) batch: bool,
    /// The sequence of the first event, once it is acknowledged.
    pub(crate) first: Option<u64>,
}

/// Everything that was sent in a generation.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) sent: Vec<Sent>,
}

impl Ledger {
    pub(crate) fn add(&mut self, sent: Vec<Sent>) {
        self.sent.extend(sent);
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for sent in &self.sent {
            let events = sent.events.len() as u64;
            match sent.first {
                Some(_) => counts.acknowledged += events,
                None => counts.uncertain += events,
            }
        }
        counts
    }
}

/// How many events became what.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) acknowledged: u64,
    /// Never answered, and without a key, so never repeated.
    pub(crate) uncertain: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.uncertain += other.uncertain;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events acknowledged, {} never answered",
            self.acknowledged, self.uncertain
        )
    }
}
