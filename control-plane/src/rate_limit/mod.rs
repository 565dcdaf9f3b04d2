//! Token buckets: one per tenant, one per address for the public operations.
//!
//! The published rates are exact on one node: a full bucket lets exactly its capacity through, and
//! then one request for every token that flows in. A tenant may have a rate of its own. On several
//! nodes a bucket is one for all of them, as far as they have heard of each other ([`bucket`]); a node
//! that hears of nobody limits by itself.

mod bucket;
#[cfg(test)]
mod simulation;

use std::hash::Hash;
use std::net::IpAddr;
use std::time::Instant;

use dashmap::DashMap;
use parking_lot::Mutex;
use protocol::{Rate, TenantId};
use storage::bus::Spent;
use uuid::Uuid;

use bucket::Bucket;
pub(crate) use bucket::PERIOD;

/// Buckets of a kind that are reported at a time; the others are the next time.
const REPORTED_MAX: usize = 10_000;

/// What the answer's `RateLimit-*` headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimitStatus {
    /// The capacity of the bucket.
    pub limit: u32,
    /// Tokens that are left in it.
    pub remaining: u32,
    /// Seconds until it is full again.
    pub reset: u32,
}

impl RateLimitStatus {
    fn new(rate: Rate, remaining: u32) -> Self {
        let missing = rate.burst.saturating_sub(remaining);
        Self {
            limit: rate.burst,
            remaining,
            reset: missing.div_ceil(rate.per_second.max(1)),
        }
    }
}

/// The outcome of taking one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The rate is lifted.
    Unlimited,
    Admitted(RateLimitStatus),
    Refused(RateLimitStatus),
}

impl Verdict {
    pub(crate) fn status(self) -> Option<RateLimitStatus> {
        match self {
            Self::Unlimited => None,
            Self::Admitted(status) | Self::Refused(status) => Some(status),
        }
    }
}

/// Buckets of a kind.
struct Buckets<K: Hash + Eq> {
    all: DashMap<K, Bucket>,
    /// Those that others have not heard of yet.
    unreported: Mutex<Vec<K>>,
    /// Whether there are others.
    shared: bool,
}

impl<K: Hash + Eq + Copy> Buckets<K> {
    fn new(shared: bool) -> Self {
        Self {
            all: DashMap::new(),
            unreported: Mutex::default(),
            shared,
        }
    }

    fn take(&self, key: K, rate: Rate, now: Instant) -> Verdict {
        if rate.is_unlimited() {
            return Verdict::Unlimited;
        }
        let rate = Rate {
            burst: rate.burst.max(1),
            ..rate
        };
        let mut bucket = self
            .all
            .entry(key)
            .or_insert_with(|| Bucket::new(rate, now));
        bucket.set_rate(rate, now);
        let was_reported = bucket.is_reported();
        let Some(remaining) = bucket.take(now) else {
            return Verdict::Refused(RateLimitStatus::new(rate, 0));
        };
        if self.shared && was_reported {
            self.unreported.lock().push(key);
        }
        Verdict::Admitted(RateLimitStatus::new(rate, remaining))
    }

    /// What was admitted since the last time.
    fn report(&self, now: Instant) -> Vec<(K, Rate, u32)> {
        let keys: Vec<K> = {
            let mut unreported = self.unreported.lock();
            let kept = unreported.len().saturating_sub(REPORTED_MAX);
            unreported.drain(kept..).collect()
        };
        let report = |key| {
            let mut bucket = self.all.get_mut(&key)?;
            let spent = bucket.report(now);
            Some((key, bucket.rate, spent))
        };
        keys.into_iter().filter_map(report).collect()
    }

    fn charge(&self, node: Uuid, spent: &[(K, Rate, u32)], now: Instant) {
        for (key, rate, count) in spent {
            let bucket = self.all.entry(*key);
            let mut bucket = bucket.or_insert_with(|| Bucket::new(*rate, now));
            bucket.charge(node, *count, now);
        }
    }

    fn evict_full(&self, now: Instant) {
        let is_published = |bucket: &Bucket| !self.shared || bucket.is_reported();
        self.all
            .retain(|_, bucket| !(is_published(bucket) && bucket.is_evictable(now)));
        self.all.shrink_to_fit();
    }
}

/// What counts as one address: a host with IPv6 has all addresses of its /64 to choose from.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
        address => address,
    }
}

/// All buckets of a node.
pub(crate) struct RateLimits {
    tenant_rate: Rate,
    address_rate: Rate,
    tenants: Buckets<TenantId>,
    addresses: Buckets<IpAddr>,
}

impl RateLimits {
    /// `shared` says whether there are other nodes to publish to.
    pub(crate) fn new(tenant_rate: Rate, address_rate: Rate, shared: bool) -> Self {
        Self {
            tenant_rate,
            address_rate,
            tenants: Buckets::new(shared),
            addresses: Buckets::new(shared),
        }
    }

    /// Takes one token of a tenant, at its own rate if it has one.
    pub(crate) fn take_for_tenant(
        &self,
        tenant: TenantId,
        own: Option<Rate>,
        now: Instant,
    ) -> Verdict {
        let rate = own.unwrap_or(self.tenant_rate);
        self.tenants.take(tenant, rate, now)
    }

    /// Takes one token of an address.
    pub(crate) fn take_for_address(&self, address: IpAddr, now: Instant) -> Verdict {
        self.addresses.take(address, self.address_rate, now)
    }

    /// What was admitted since the last time, for the other nodes; `None` when nothing was.
    pub(crate) fn report(&self, now: Instant) -> Option<Spent> {
        let spent = Spent {
            node: Uuid::nil(),
            tenants: self.tenants.report(now),
            addresses: self.addresses.report(now),
        };
        (spent != Spent::default()).then_some(spent)
    }

    /// Takes in what another node has admitted.
    pub(crate) fn charge(&self, spent: &Spent, now: Instant) {
        self.tenants.charge(spent.node, &spent.tenants, now);
        self.addresses.charge(spent.node, &spent.addresses, now);
    }

    /// Drops the buckets that are full: they say nothing. Call it now and then.
    pub(crate) fn evict_full(&self, now: Instant) {
        self.tenants.evict_full(now);
        self.addresses.evict_full(now);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

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
        let mut now = Instant::now();
        let limits = RateLimits::new(PUBLISHED, AUTH, false);
        let tenant = TenantId::generate();
        let take = |now| limits.take_for_tenant(tenant, None, now);
        assert_eq!(admitted(|| take(now), 1_000), 150);
        now += Duration::from_secs(1);
        assert_eq!(admitted(|| take(now), 1_000), 100);
        now += Duration::from_secs(60);
        assert_eq!(admitted(|| take(now), 1_000), 150);
        let other = TenantId::generate();
        let take = || limits.take_for_tenant(other, None, now);
        assert_eq!(admitted(take, 1_000), 150);
    }

    #[test]
    fn an_address_gets_ten_a_second() {
        let mut now = Instant::now();
        let limits = RateLimits::new(PUBLISHED, AUTH, false);
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(admitted(|| limits.take_for_address(address, now), 100), 10);
        now += Duration::from_millis(500);
        assert_eq!(admitted(|| limits.take_for_address(address, now), 100), 5);
    }

    #[test]
    fn a_host_with_ipv6_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }

    #[test]
    fn a_tenant_may_have_a_rate_of_its_own_or_none() {
        let now = Instant::now();
        let limits = RateLimits::new(PUBLISHED, AUTH, false);
        let tenant = TenantId::generate();
        let own = Rate {
            per_second: 1_000,
            burst: 2_000,
        };
        let take = |rate| admitted(|| limits.take_for_tenant(tenant, Some(rate), now), 5_000);
        assert_eq!(take(own), 2_000);
        assert_eq!(take(Rate::UNLIMITED), 5_000);
        // Another rate is no way to a full bucket.
        assert_eq!(take(PUBLISHED), 0);
        assert_eq!(take(own), 0);
    }

    #[test]
    fn the_status_says_what_is_left_and_when_the_bucket_is_full() {
        let (limits, now) = (RateLimits::new(PUBLISHED, AUTH, false), Instant::now());
        let tenant = TenantId::generate();
        let first = limits.take_for_tenant(tenant, None, now).status().unwrap();
        assert_eq!((first.limit, first.remaining, first.reset), (150, 149, 1));
        admitted(|| limits.take_for_tenant(tenant, None, now), 200);
        let last = limits.take_for_tenant(tenant, None, now);
        let empty = RateLimitStatus {
            limit: 150,
            remaining: 0,
            reset: 2,
        };
        assert_eq!(last, Verdict::Refused(empty));
    }

    #[test]
    fn full_buckets_are_evicted() {
        let mut now = Instant::now();
        let limits = RateLimits::new(PUBLISHED, AUTH, false);
        for _ in 0..100 {
            limits.take_for_tenant(TenantId::generate(), None, now);
        }
        now += Duration::from_secs(5);
        limits.evict_full(now);
        assert!(limits.tenants.all.is_empty());
    }
}
