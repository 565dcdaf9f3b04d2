//! How much of what it may use each tenant has used, as far as this node knows.
//!
//! A request that costs something asks here, and waits for nothing. What the ledger says is looked up in
//! the background: often for a tenant that comes near its end, seldom for others, never for idle ones.
//! So what a tenant uses in between is used beyond the end, and is not billed.

use std::time::{Duration, Instant};

use catalog::{BillingAccount, Standing};
use dashmap::DashMap;
use protocol::meter::Month;
use protocol::{TenantId, Timestamp};

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

/// What stops a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Limit {
    /// What is free, as long as nobody pays for more.
    #[default]
    FreeTier,
    /// What is free, since nobody pays at the moment.
    Unpaid(Standing),
    /// What a month may cost.
    Cap { cents: u64, currency: String },
    /// Nothing does.
    None,
}

/// How long use goes on as before after a payment failed.
pub(crate) const PAST_DUE_GRACE: Duration = Duration::from_secs(14 * 86_400);

impl Limit {
    /// What stops the tenant that has an account.
    pub(crate) fn of(account: &BillingAccount, currency: &str, now: Timestamp) -> Self {
        let subscription = account.subscription.as_ref();
        let is_late = || {
            let since = subscription.map_or(now, |it| it.since);
            since.saturating_add(PAST_DUE_GRACE) <= now
        };
        match account.standing() {
            Standing::Free => Self::FreeTier,
            Standing::PastDue if is_late() => Self::Unpaid(Standing::PastDue),
            standing @ (Standing::Unpaid | Standing::Cancelled | Standing::Disputed) => {
                Self::Unpaid(standing)
            }
            Standing::Active | Standing::Ending | Standing::PastDue => match account.cap_cents {
                None => Self::None,
                Some(cents) => Self::Cap {
                    cents,
                    currency: account.currency.as_deref().unwrap_or(currency).to_owned(),
                },
            },
        }
    }
}

struct Known {
    /// Of this month.
    month: Month,
    share: Share,
    limit: Limit,
    /// When the ledger was asked; never so far, where it is `None`.
    asked: Option<Instant>,
    used: Instant,
    /// The highest percentages that people were told of: of the free tier, and of the cap.
    told: [u8; 2],
}

impl Known {
    fn new(month: Month, now: Instant) -> Self {
        Self {
            month,
            share: Share::default(),
            limit: Limit::default(),
            asked: None,
            used: now,
            told: [0; 2],
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
    /// The share of its limit that a tenant has used; 0 until the ledger was asked about the month.
    pub(crate) fn share(&self, tenant: TenantId, month: Month, now: Instant) -> Share {
        let known = self.0.entry(tenant);
        let mut known = known.or_insert_with(|| Known::new(month, now));
        if known.month != month {
            *known = Known::new(month, now);
        }
        known.used = now;
        known.share
    }

    /// What stops a tenant, as far as it is known.
    pub(crate) fn limit(&self, tenant: TenantId) -> Limit {
        let known = self.0.get(&tenant);
        known.map(|it| it.limit.clone()).unwrap_or_default()
    }

    /// The tenants of which too little is known. Idle ones are evicted.
    pub(crate) fn due(&self, now: Instant) -> Vec<TenantId> {
        self.0
            .retain(|_, known| now.saturating_duration_since(known.used) < IDLE);
        let due = self.0.iter().filter(|entry| entry.is_due(now));
        due.map(|entry| *entry.key()).collect()
    }

    /// Takes in what the ledger says.
    pub(crate) fn learn(
        &self,
        tenant: TenantId,
        month: Month,
        (share, limit): (Share, Limit),
        now: Instant,
    ) {
        let Some(mut known) = self.0.get_mut(&tenant).filter(|it| it.month == month) else {
            return;
        };
        // What is written off comes off the share; appends that stopped stay stopped all the same.
        let stays = known.share >= APPENDS_STOP && share >= QUERIES_STOP && known.limit == limit;
        known.share = if stays {
            share.max(APPENDS_STOP)
        } else {
            share
        };
        known.limit = limit;
        known.asked = Some(now);
    }

    /// The highest percentage that people were told of.
    pub(crate) fn told(&self, tenant: TenantId, month: Month, what: Notice) -> u8 {
        let known = self.0.get(&tenant).filter(|it| it.month == month);
        known.map_or(100, |it| it.told[what as usize])
    }

    pub(crate) fn note_told(&self, tenant: TenantId, what: Notice, percent: u8) {
        if let Some(mut known) = self.0.get_mut(&tenant) {
            known.told[what as usize] = percent;
        }
    }

    /// Asks anew soon: the limit of a tenant may be another one. Until then it is the old one.
    pub(crate) fn ask_again(&self, tenant: TenantId) {
        if let Some(mut known) = self.0.get_mut(&tenant) {
            known.asked = None;
        }
    }
}

/// What people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    FreeTier,
    Cap,
}

#[cfg(test)]
mod tests {
    use catalog::SubscriptionStatus;

    use super::*;

    #[test]
    fn the_nearer_the_end_the_more_often_the_ledger_is_asked() {
        let (spending, tenant) = (Spending::default(), TenantId::generate());
        let month: Month = "2026-11".parse().unwrap();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let learn = |share, at| spending.learn(tenant, month, (share, Limit::FreeTier), at);
        assert_eq!(spending.share(tenant, month, start), Share(0));
        assert_eq!(spending.due(start), [tenant]);
        learn(Share(100), start);
        // Nobody asks for a tenant that does nothing.
        assert!(spending.due(after(100)).is_empty());
        assert_eq!(spending.share(tenant, month, after(59)), Share(100));
        assert!(spending.due(after(59)).is_empty());
        assert_eq!(spending.due(after(60)), [tenant]);
        learn(Share(950), after(60));
        spending.share(tenant, month, after(61));
        assert_eq!(spending.due(after(63)), [tenant]);
        assert!(spending.due(after(61 + 600)).is_empty());
        assert_eq!(spending.share(tenant, month, after(700)), Share(0));
        // Another month begins with nothing.
        learn(Share(1_000), after(700));
        spending.note_told(tenant, Notice::FreeTier, 100);
        assert_eq!(spending.told(tenant, month, Notice::FreeTier), 100);
        assert_eq!(spending.told(tenant, month, Notice::Cap), 0);
        assert_eq!(spending.share(tenant, month.next(), after(701)), Share(0));
        assert_eq!(spending.due(after(701)), [tenant]);
        assert_eq!(spending.told(tenant, month.next(), Notice::FreeTier), 0);
        // A limit that may be another one is asked for, and holds until then.
        learn(Share(1_000), after(0));
        spending.share(tenant, month, after(1));
        learn(Share(1_000), after(1));
        assert!(spending.due(after(2)).is_empty());
        spending.ask_again(tenant);
        assert_eq!(spending.due(after(2)), [tenant]);
        assert_eq!(spending.share(tenant, month, after(2)), Share(1_000));
    }

    #[test]
    fn a_share_is_in_thousandths() {
        assert_eq!(Share::of(0, 7), Share(0));
        assert_eq!(Share::of(999, 1_000), Share(999));
        assert_eq!(Share::of(1, 0), Share(1_000));
        assert_eq!(Share::of(u128::MAX, 1), Share(u32::MAX));
    }

    #[test]
    fn whoever_pays_has_the_limit_it_chose() {
        let now = Timestamp(1_795_937_400_000_000);
        let account = |status, since| BillingAccount {
            subscription: Some(catalog::Subscription {
                id: "sub_1".to_owned(),
                status,
                since,
                ends_at: None,
                began_at: None,
            }),
            cap_cents: Some(500),
            ..BillingAccount::default()
        };
        let limit = |account: &BillingAccount| Limit::of(account, "usd", now);
        let cap = Limit::Cap {
            cents: 500,
            currency: "usd".to_owned(),
        };
        assert_eq!(limit(&BillingAccount::default()), Limit::FreeTier);
        let active = account(SubscriptionStatus::Active, now);
        assert_eq!(limit(&active), cap);
        let uncapped = BillingAccount {
            cap_cents: None,
            ..active.clone()
        };
        assert_eq!(limit(&uncapped), Limit::None);
        let disputed = BillingAccount {
            dispute: Some("dp_1".to_owned()),
            ..active
        };
        assert_eq!(limit(&disputed), Limit::Unpaid(Standing::Disputed));
        // A payment that failed is tried again for two weeks.
        let day = Duration::from_secs(86_400);
        let late = account(SubscriptionStatus::PastDue, now.saturating_sub(13 * day));
        assert_eq!(limit(&late), cap);
        let too_late = account(SubscriptionStatus::PastDue, now.saturating_sub(14 * day));
        assert_eq!(limit(&too_late), Limit::Unpaid(Standing::PastDue));
        for (status, standing) in [
            (SubscriptionStatus::Unpaid, Standing::Unpaid),
            (SubscriptionStatus::Cancelled, Standing::Cancelled),
        ] {
            assert_eq!(limit(&account(status, now)), Limit::Unpaid(standing));
        }
    }
}
