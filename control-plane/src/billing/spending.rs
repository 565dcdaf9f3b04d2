//! How much of what it may use each tenant has used, as far as this node knows.
//!
//! A request that costs something asks here, and waits for nothing. What the ledger says is looked up in
//! the background: often for a tenant that comes near its end, seldom for others, never for idle ones.
//! So what a tenant uses in between is used beyond the end, and is not billed.

use std::time::{Duration, Instant};

use dashmap::DashMap;
use protocol::TenantId;
use protocol::meter::Month;

/// The share at which queries and new views stop.
pub(crate) const QUERIES_STOP: Share = Share(1_000);

/// The share at which appends stop, too: what is lost stays lost, so they go on a little longer.
pub(crate) const APPENDS_STOP: Share = Share(1_100);

/// A tenant that asked for nothing for this long is evicted.
const IDLE: Duration = Duration::from_secs(600);

/// A part of what may be used, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Share(pub u32);

impl Share {
    /// What `used` is of `allowed`.
    pub(crate) fn of(used: u128, allowed: u128) -> Self {
        let thousandths = used.saturating_mul(1_000) / allowed.max(1);
        Self(u32::try_from(thousandths).unwrap_or(u32::MAX))
    }

    /// How long it is good enough to know it.
    const fn ttl(self) -> Duration {
        match self.0 {
            0..500 => Duration::from_secs(60),
            500..900 => Duration::from_secs(15),
            // The end of the month is noticed as soon as the end of the free tier.
            _ => Duration::from_secs(3),
        }
    }
}

struct Known {
    /// Of this month.
    month: Month,
    share: Share,
    /// When the ledger was asked; never so far, where it is `None`.
    asked: Option<Instant>,
    used: Instant,
    /// The highest percentage that people were told of.
    told: u8,
}

impl Known {
    fn new(month: Month, now: Instant) -> Self {
        Self {
            month,
            share: Share::default(),
            asked: None,
            used: now,
            told: 0,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let due = |asked| self.used > asked && now >= asked + self.share.ttl();
        self.asked.is_none_or(due)
    }
}

#[derive(Default)]
pub(crate) struct Spending(DashMap<TenantId, Known>);

impl Spending {
    /// The share of a tenant that asks for something; 0 until the ledger was asked about the month.
    pub(crate) fn share(&self, tenant: TenantId, month: Month, now: Instant) -> Share {
        let known = self.0.entry(tenant);
        let mut known = known.or_insert_with(|| Known::new(month, now));
        if known.month != month {
            *known = Known::new(month, now);
        }
        known.used = now;
        known.share
    }

    /// The tenants of which too little is known. Idle ones are evicted.
    pub(crate) fn due(&self, now: Instant) -> Vec<TenantId> {
        self.0
            .retain(|_, known| now.saturating_duration_since(known.used) < IDLE);
        let due = self.0.iter().filter(|entry| entry.is_due(now));
        due.map(|entry| *entry.key()).collect()
    }

    /// Takes in what the ledger says; the highest percentage that people were told of.
    pub(crate) fn learn(&self, tenant: TenantId, month: Month, share: Share, now: Instant) -> u8 {
        let Some(mut known) = self.0.get_mut(&tenant).filter(|it| it.month == month) else {
            return 0;
        };
        known.share = share;
        known.asked = Some(now);
        known.told
    }

    pub(crate) fn told(&self, tenant: TenantId, percent: u8) {
        if let Some(mut known) = self.0.get_mut(&tenant) {
            known.told = percent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_the_end_the_more_often_the_ledger_is_asked() {
        let (spending, tenant) = (Spending::default(), TenantId::generate());
        let month: Month = "2026-11".parse().unwrap();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(spending.share(tenant, month, start), Share(0));
        assert_eq!(spending.due(start), [tenant]);
        spending.learn(tenant, month, Share(100), start);
        // Nobody asks for a tenant that does nothing.
        assert!(spending.due(after(100)).is_empty());
        assert_eq!(spending.share(tenant, month, after(59)), Share(100));
        assert!(spending.due(after(59)).is_empty());
        assert_eq!(spending.due(after(60)), [tenant]);
        spending.learn(tenant, month, Share(950), after(60));
        spending.share(tenant, month, after(61));
        assert_eq!(spending.due(after(63)), [tenant]);
        assert!(spending.due(after(61 + 600)).is_empty());
        assert_eq!(spending.share(tenant, month, after(700)), Share(0));
        // Another month begins with nothing.
        spending.learn(tenant, month, Share(1_000), after(700));
        spending.told(tenant, 100);
        assert_eq!(spending.share(tenant, month.next(), after(701)), Share(0));
        assert_eq!(spending.due(after(701)), [tenant]);
        assert_eq!(
            spending.learn(tenant, month.next(), Share(1), after(701)),
            0
        );
    }

    #[test]
    fn a_share_is_in_thousandths() {
        assert_eq!(Share::of(0, 7), Share(0));
        assert_eq!(Share::of(999, 1_000), Share(999));
        assert_eq!(Share::of(1, 0), Share(1_000));
        assert_eq!(Share::of(u128::MAX, 1), Share(u32::MAX));
    }
}
