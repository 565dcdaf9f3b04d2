//! Folded events, each counted once for a version.

use protocol::Sequence;

use super::UsageKey;

/// Consecutive events that a version folded. Only those count that no batch counted before: folding
/// again after an eviction, a crash or a hand-over costs the tenant nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    pub key: UsageKey,
    pub first: Sequence,
    pub last: Sequence,
    /// CPU time of all of them.
    pub nanos: u64,
}

impl Fold {
    /// The CPU time of the events behind `through`: of those that were not counted yet, as if each had
    /// taken the same.
    pub(super) fn nanos_behind(&self, through: u64) -> u64 {
        let (first, last) = (self.first.get(), self.last.get());
        let events = (last + 1).saturating_sub(first);
        let new = (last + 1).saturating_sub(first.max(through + 1));
        let nanos = u128::from(self.nanos) * u128::from(new) / u128::from(events.max(1));
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    /// The newest event that is counted, after this and what was counted through `before`.
    pub(super) fn through(&self, before: u64) -> u64 {
        before.max(self.last.get())
    }
}

#[cfg(test)]
mod tests {
    use protocol::TenantId;
    use protocol::meter::{Hour, Meter};

    use super::*;

    #[test]
    fn only_events_that_were_not_counted_cost() {
        let sequence = |number| Sequence::new(number).unwrap();
        let fold = Fold {
            key: UsageKey {
                tenant: TenantId::generate(),
                hour: Hour(0),
                meter: Meter::Compute,
                log: None,
                view: None,
            },
            first: sequence(11),
            last: sequence(20),
            nanos: 1_000,
        };
        assert_eq!(fold.nanos_behind(0), 1_000);
        assert_eq!(fold.nanos_behind(10), 1_000);
        assert_eq!(fold.nanos_behind(13), 700);
        assert_eq!(fold.nanos_behind(19), 100);
        assert_eq!(fold.nanos_behind(20), 0);
        assert_eq!(fold.nanos_behind(500), 0);
        assert_eq!(
            (fold.through(3), fold.through(20), fold.through(21)),
            (20, 20, 21)
        );
    }
}
