//! One token bucket, of which every node of a cluster has a copy.
//!
//! Each copy fills at the full rate. What a node admits leaves its own copy at once, and those of the
//! other nodes when they hear of it, a few times in a second; so a level may fall below zero, and what
//! was admitted too much is paid back before anything else is admitted. Until a node hears, it
//! assumes that the others go on as in their last period. And while others are at work on the same
//! bucket, it admits between two reports no more than its share of what lies in it, so that the nodes
//! don't all spend the same tokens.

use std::time::{Duration, Instant};

use uuid::Uuid;

use protocol::Rate;

/// How often nodes publish what they admitted.
pub(crate) const PERIOD: Duration = Duration::from_millis(100);

/// A node that has not reported for this long has admitted nothing since.
const REPORT_LATE: Duration = Duration::from_millis(150);

/// How long a node counts as one that works on the same bucket.
const ACTIVE: Duration = Duration::from_secs(1);

/// Seconds of the rate that are paid back at most.
const DEBT_SECS_MAX: i64 = 10;

/// The unit of levels: a billionth of a token, so that a rate per second is one per nanosecond.
const TOKEN: i64 = 1_000_000_000;

/// What another node said last.
struct Other {
    node: Uuid,
    at: Instant,
    spent: u32,
}

impl Other {
    fn silent(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.at)
    }

    /// What it has probably admitted since it last said so.
    fn unsaid(&self, now: Instant) -> i64 {
        let silent = self.silent(now);
        if silent >= REPORT_LATE {
            return 0;
        }
        let share = silent.min(PERIOD).as_secs_f64() / PERIOD.as_secs_f64();
        tokens(self.spent).saturating_mul(nanos_of(share)) / TOKEN
    }
}

pub(super) struct Bucket {
    pub(super) rate: Rate,
    /// What lay in it at `at`.
    level: i64,
    at: Instant,
    /// Admitted since it was last reported.
    unreported: u32,
    /// What lay in it when it was last reported, and when that was.
    reported: (i64, Instant),
    others: Vec<Other>,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        let level = tokens(rate.burst);
        Self {
            rate,
            level,
            at: now,
            unreported: 0,
            reported: (level, now),
            others: Vec::new(),
        }
    }

    /// Takes one token; what is left, or `None` when there is none.
    pub(super) fn take(&mut self, now: Instant) -> Option<u32> {
        self.fill(now);
        let left = self.available(now) - TOKEN;
        if left < 0 || !self.is_within_share(now) {
            return None;
        }
        self.level -= TOKEN;
        self.unreported = self.unreported.saturating_add(1);
        u32::try_from(left / TOKEN).ok()
    }

    /// Whether nothing was admitted since the last report.
    pub(super) fn is_reported(&self) -> bool {
        self.unreported == 0
    }

    /// What was admitted since the last time, which is published now.
    pub(super) fn report(&mut self, now: Instant) -> u32 {
        self.fill(now);
        self.reported = (self.level, now);
        std::mem::take(&mut self.unreported)
    }

    /// Takes out what another node has admitted.
    pub(super) fn charge(&mut self, node: Uuid, spent: u32, now: Instant) {
        self.fill(now);
        let debt_max = tokens(self.rate.per_second).saturating_mul(DEBT_SECS_MAX);
        self.level = self.level.saturating_sub(tokens(spent)).max(-debt_max);
        self.others
            .retain(|it| it.node != node && it.silent(now) < ACTIVE);
        self.others.push(Other {
            node,
            at: now,
            spent,
        });
    }

    /// Gives it another rate; what was spent stays spent.
    pub(super) fn set_rate(&mut self, rate: Rate, now: Instant) {
        if self.rate == rate {
            return;
        }
        self.fill(now);
        let grown = tokens(rate.burst) - tokens(self.rate.burst);
        self.level = self.level.saturating_add(grown);
        self.reported.0 = self.reported.0.saturating_add(grown);
        self.rate = rate;
    }

    /// Whether it says nothing that a new one would not.
    pub(super) fn is_evictable(&mut self, now: Instant) -> bool {
        self.fill(now);
        let is_alone = self.others.iter().all(|it| it.silent(now) >= ACTIVE);
        self.level == tokens(self.rate.burst) && is_alone
    }

    fn fill(&mut self, now: Instant) {
        let flowed = self.flowed(self.at, now);
        self.level = self
            .level
            .saturating_add(flowed)
            .min(tokens(self.rate.burst));
        self.at = self.at.max(now);
    }

    fn flowed(&self, from: Instant, to: Instant) -> i64 {
        let nanos = to.saturating_duration_since(from).as_nanos();
        let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
        i64::from(self.rate.per_second).saturating_mul(nanos)
    }

    fn available(&self, now: Instant) -> i64 {
        let unsaid = self.others.iter().map(|it| it.unsaid(now));
        self.level
            .saturating_sub(unsaid.fold(0, i64::saturating_add))
    }

    /// While others work on the bucket, a period's admissions are a share of what lay in it when it
    /// began, and what flows in. One is always allowed, or the last tokens would be nobody's.
    fn is_within_share(&self, now: Instant) -> bool {
        let active = self.others.iter().filter(|it| it.silent(now) < ACTIVE);
        let nodes = i64::try_from(active.count()).unwrap_or(i64::MAX - 1) + 1;
        if nodes == 1 {
            return true;
        }
        let (level, since) = self.reported;
        let share = (level.max(0) / nodes).saturating_add(self.flowed(since, now));
        tokens(self.unreported).saturating_add(TOKEN) <= share.max(TOKEN)
    }
}

fn tokens(count: u32) -> i64 {
    i64::from(count) * TOKEN
}

/// A share from 0 to 1, in billionths.
fn nanos_of(share: f64) -> i64 {
    let nanos = Duration::from_secs_f64(share.clamp(0.0, 1.0)).as_nanos();
    i64::try_from(nanos).unwrap_or(TOKEN)
}
