//! Positions of events in a log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The position of an event in its log: 1, 2, 3, … without a gap. 0 stands for "before the first
/// event", so an empty log has its head at 0. At most 2^53−1, so that JSON numbers stay exact in
/// every client.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Sequence(u64);

/// The number is above 2^53−1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sequence is at most {}", Sequence::MAX)]
pub struct SequenceOverflow;

impl Sequence {
    /// Before the first event: the head of an empty log.
    pub const ZERO: Self = Self(0);
    /// The sequence of a log's first event.
    pub const FIRST: Self = Self(1);
    /// The largest sequence, 2^53−1.
    pub const MAX: Self = Self((1 << 53) - 1);

    pub const fn new(number: u64) -> Result<Self, SequenceOverflow> {
        if number > Self::MAX.0 {
            Err(SequenceOverflow)
        } else {
            Ok(Self(number))
        }
    }

    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sequence `count` further on.
    pub const fn advance(self, count: u64) -> Result<Self, SequenceOverflow> {
        match self.0.checked_add(count) {
            Some(number) => Self::new(number),
            None => Err(SequenceOverflow),
        }
    }

    /// The sequence `count` further on, or else [`Sequence::MAX`].
    #[must_use]
    pub const fn saturating_add(self, count: u64) -> Self {
        let sum = self.0.saturating_add(count);
        if sum > Self::MAX.0 {
            Self::MAX
        } else {
            Self(sum)
        }
    }

    /// The sequence `count` before, or else 0.
    #[must_use]
    pub const fn saturating_sub(self, count: u64) -> Self {
        Self(self.0.saturating_sub(count))
    }

    /// The next sequence; stays at [`Sequence::MAX`] there.
    #[must_use]
    pub const fn next(self) -> Self {
        self.saturating_add(1)
    }

    /// The sequence before; stays at 0 there.
    #[must_use]
    pub const fn previous(self) -> Self {
        self.saturating_sub(1)
    }

    /// The sequence half-way to a later one, and before it.
    #[must_use]
    pub const fn middle(self, later: Self) -> Self {
        self.saturating_add(later.since(self) / 2)
    }

    /// How many sequences lie after `earlier` up to and including this one; 0 when none do.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl TryFrom<u64> for Sequence {
    type Error = SequenceOverflow;

    fn try_from(number: u64) -> Result<Self, SequenceOverflow> {
        Self::new(number)
    }
}

impl From<Sequence> for u64 {
    fn from(sequence: Sequence) -> Self {
        sequence.0
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_sequence_is_exact_in_a_json_number() {
        assert_eq!(Sequence::MAX.get(), 9_007_199_254_740_991);
        assert_eq!(Sequence::new(1 << 53), Err(SequenceOverflow));
        assert_eq!(Sequence::MAX.advance(1), Err(SequenceOverflow));
        assert_eq!(Sequence::FIRST.advance(u64::MAX), Err(SequenceOverflow));
        assert_eq!(Sequence::FIRST.saturating_add(u64::MAX), Sequence::MAX);
        assert_eq!(Sequence::MAX.next(), Sequence::MAX);
        assert_eq!(Sequence::FIRST.saturating_sub(2), Sequence::ZERO);
    }

    #[test]
    fn json_refuses_what_is_not_a_sequence() {
        assert!(serde_json::from_str::<Sequence>("9007199254740992").is_err());
        assert_eq!(serde_json::from_str::<Sequence>("42").unwrap().get(), 42);
    }
}
