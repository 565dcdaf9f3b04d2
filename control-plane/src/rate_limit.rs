//! Token buckets: one per tenant, one per address for the public operations.
//!
//! The published rates are exact: a full bucket lets exactly its capacity through, and then one
//! request for every token that flows in. A tenant may have a rate of its own.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock, DefaultClock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use parking_lot::RwLock;
use protocol::TenantId;

use crate::options::Rate;

/// Rates of their own that are remembered; tenants with a rate beyond these share the default one.
const OWN_RATES_MAX: usize = 1_000;

/// What the answer's `RateLimit-*` headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The capacity of the bucket.
    pub limit: u32,
    /// Tokens that are left in it.
    pub remaining: u32,
    /// Seconds until it is full again.
    pub reset: u32,
}

/// The outcome of taking one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The rate is lifted.
    Unlimited,
    Admitted(Standing),
    Refused(Standing),
}

impl Verdict {
    #[must_use]
    pub(crate) fn standing(self) -> Option<Standing> {
        match self {
            Self::Unlimited => None,
            Self::Admitted(standing) | Self::Refused(standing) => Some(standing),
        }
    }
}

type Limiter<K, C> = RateLimiter<K, DashMapStateStore<K>, C, StateInformationMiddleware>;

/// Buckets of one rate, by key.
struct Buckets<K: std::hash::Hash + Eq + Clone, C: Clock> {
    rate: Rate,
    limiter: Option<Limiter<K, C>>,
}

impl<K: std::hash::Hash + Eq + Clone, C: Clock + Clone> Buckets<K, C> {
    fn new(rate: Rate, clock: C) -> Self {
        let limiter = NonZeroU32::new(rate.per_second).map(|per_second| {
            let burst = NonZeroU32::new(rate.burst.max(1)).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::per_second(per_second).allow_burst(burst);
            Limiter::new(quota, DashMapStateStore::default(), clock)
        });
        Self { rate, limiter }
    }

    fn take(&self, key: &K) -> Verdict {
        let Some(limiter) = &self.limiter else {
            return Verdict::Unlimited;
        };
        match limiter.check_key(key) {
            Ok(state) => Verdict::Admitted(self.standing(state.remaining_burst_capacity())),
            Err(_) => Verdict::Refused(self.standing(0)),
        }
    }

    fn standing(&self, remaining: u32) -> Standing {
        let missing = self.rate.burst.saturating_sub(remaining);
        Standing {
            limit: self.rate.burst,
            remaining,
            reset: missing.div_ceil(self.rate.per_second.max(1)),
        }
    }

    fn forget_full(&self) {
        if let Some(limiter) = &self.limiter {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

/// All buckets of a node.
pub(crate) struct RateLimits<C: Clock = DefaultClock> {
    tenants: Buckets<TenantId, C>,
    own: RwLock<Vec<Arc<Buckets<TenantId, C>>>>,
    addresses: Buckets<IpAddr, C>,
    clock: C,
}

impl RateLimits {
    #[must_use]
    pub(crate) fn new(tenants: Rate, addresses: Rate) -> Self {
        Self::with_clock(tenants, addresses, DefaultClock::default())
    }
}

impl<C> RateLimits<C>
where
    C: Clock + Clone,
    C::Instant: Reference,
{
    fn with_clock(tenants: Rate, addresses: Rate, clock: C) -> Self {
        Self {
            tenants: Buckets::new(tenants, clock.clone()),
            own: RwLock::default(),
            addresses: Buckets::new(addresses, clock.clone()),
            clock,
        }
    }

    /// Takes one token of a tenant, from the bucket of its own rate if it has one.
    pub(crate) fn take_for_tenant(&self, tenant: TenantId, own: Option<Rate>) -> Verdict {
        match own {
            None => self.tenants.take(&tenant),
            Some(rate) if rate == self.tenants.rate => self.tenants.take(&tenant),
            Some(rate) if rate.is_unlimited() => Verdict::Unlimited,
            Some(rate) => match self.buckets_of(rate) {
                Some(buckets) => buckets.take(&tenant),
                None => self.tenants.take(&tenant),
            },
        }
    }

    /// Takes one token of an address.
    pub(crate) fn take_for_address(&self, address: IpAddr) -> Verdict {
        self.addresses.take(&address)
    }

    /// Drops the buckets that are full: they say nothing. Call it now and then.
    pub(crate) fn forget_full(&self) {
        self.tenants.forget_full();
        self.addresses.forget_full();
        for buckets in self.own.read().iter() {
            buckets.forget_full();
        }
    }

    fn buckets_of(&self, rate: Rate) -> Option<Arc<Buckets<TenantId, C>>> {
        let find = |all: &[Arc<Buckets<TenantId, C>>]| {
            all.iter().find(|buckets| buckets.rate == rate).cloned()
        };
        if let Some(found) = find(&self.own.read()) {
            return Some(found);
        }
        let mut own = self.own.write();
        if let Some(found) = find(&own) {
            return Some(found);
        }
        if own.len() >= OWN_RATES_MAX {
            return None;
        }
        let buckets = Arc::new(Buckets::new(rate, self.clock.clone()));
        own.push(Arc::clone(&buckets));
        Some(buckets)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    const PUBLISHED: Rate = Rate {
        per_second: 100,
        burst: 150,
    };
    const AUTH: Rate = Rate {
        per_second: 10,
        burst: 10,
    };

    fn admitted(take: impl Fn() -> Verdict, tries: u32) -> u32 {
        (0..tries)
            .map(|_| u32::from(!matches!(take(), Verdict::Refused(_))))
            .sum()
    }

    #[test]
    fn a_full_bucket_admits_its_capacity_and_then_what_flows_in() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits::with_clock(PUBLISHED, AUTH, clock.clone());
        let tenant = TenantId::generate();
        let take = || limits.take_for_tenant(tenant, None);
        assert_eq!(admitted(take, 1_000), 150);
        clock.advance(Duration::from_secs(1));
        assert_eq!(admitted(take, 1_000), 100);
        clock.advance(Duration::from_secs(60));
        assert_eq!(admitted(take, 1_000), 150);
        let other = TenantId::generate();
        assert_eq!(admitted(|| limits.take_for_tenant(other, None), 1_000), 150);
    }

    #[test]
    fn an_address_gets_ten_a_second() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits::with_clock(PUBLISHED, AUTH, clock.clone());
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(admitted(|| limits.take_for_address(address), 100), 10);
        clock.advance(Duration::from_millis(500));
        assert_eq!(admitted(|| limits.take_for_address(address), 100), 5);
    }

    #[test]
    fn a_tenant_may_have_a_rate_of_its_own_or_none() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits::with_clock(PUBLISHED, AUTH, clock);
        let tenant = TenantId::generate();
        let own = Rate {
            per_second: 1_000,
            burst: 2_000,
        };
        assert_eq!(
            admitted(|| limits.take_for_tenant(tenant, Some(own)), 5_000),
            2_000
        );
        let lifted = || limits.take_for_tenant(tenant, Some(Rate::UNLIMITED));
        assert_eq!(admitted(lifted, 5_000), 5_000);
    }

    #[test]
    fn the_standing_says_what_is_left_and_when_the_bucket_is_full() {
        let limits = RateLimits::with_clock(PUBLISHED, AUTH, FakeRelativeClock::default());
        let tenant = TenantId::generate();
        let first = limits.take_for_tenant(tenant, None).standing().unwrap();
        assert_eq!((first.limit, first.remaining, first.reset), (150, 149, 1));
        admitted(|| limits.take_for_tenant(tenant, None), 200);
        let last = limits.take_for_tenant(tenant, None);
        let empty = Standing {
            limit: 150,
            remaining: 0,
            reset: 2,
        };
        assert_eq!(last, Verdict::Refused(empty));
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let clock = FakeRelativeClock::default();
        let limits = RateLimits::with_clock(PUBLISHED, AUTH, clock.clone());
        for _ in 0..100 {
            limits.take_for_tenant(TenantId::generate(), None);
        }
        clock.advance(Duration::from_secs(5));
        limits.forget_full();
        assert_eq!(limits.tenants.limiter.as_ref().map(|it| it.len()), Some(0));
    }
}
