//! Which tenants have a lower priority: those whose views used much CPU time lately, while others
//! have work, too.
//!
//! What a tenant may do is limited by its quotas, and a tenant alone may have the whole machine. But
//! the operating system gives every thread that is awake an equal share, in slices of milliseconds.
//! So work of a tenant that used little CPU time goes to threads that come first there, and work of
//! one that used much to threads that take what is left, with a small share of their own.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use protocol::TenantId;

/// Which threads a job runs on. What there is one of for each class is indexed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Of tenants that used little CPU time lately, or are alone.
    Light,
    /// Of tenants that used much, while there are others.
    Heavy,
}

/// What was used longer ago than this counts for less than the half.
const WINDOW: Duration = Duration::from_secs(1);

/// CPU time within the window from which on a tenant is a heavy one: a twentieth of a core.
const HEAVY_FROM: Duration = Duration::from_millis(50);

/// Tenants that had no work for this long are not there, when they are not heavy.
const AWAY_AFTER: Duration = Duration::from_secs(1);

/// How often those that are away are looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
struct Recent {
    /// CPU seconds, of which those at `at` count whole.
    used: f64,
    at: Instant,
}

impl Recent {
    fn used(&self, now: Instant) -> f64 {
        let age = now.saturating_duration_since(self.at);
        self.used * (-age.as_secs_f64() / WINDOW.as_secs_f64()).exp()
    }

    fn is_heavy(&self, now: Instant) -> bool {
        self.used(now) >= HEAVY_FROM.as_secs_f64()
    }
}

/// The CPU time that each tenant used lately.
#[derive(Debug)]
pub(super) struct RecentWork {
    by_tenant: HashMap<TenantId, Recent>,
    looked_at: Instant,
}

impl RecentWork {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            by_tenant: HashMap::new(),
            looked_at: now,
        }
    }

    /// Adds CPU time that a tenant's job has used; zero when one begins.
    pub(super) fn add(&mut self, tenant: TenantId, cpu: Duration, now: Instant) {
        let recent = self.by_tenant.entry(tenant);
        let recent = recent.or_insert(Recent { used: 0.0, at: now });
        *recent = Recent {
            used: recent.used(now) + cpu.as_secs_f64(),
            at: now,
        };
    }

    pub(super) fn class(&self, tenant: TenantId, now: Instant) -> Class {
        let is_alone = self.by_tenant.len() <= usize::from(self.by_tenant.contains_key(&tenant));
        match self.by_tenant.get(&tenant) {
            Some(recent) if !is_alone && recent.is_heavy(now) => Class::Heavy,
            _ => Class::Light,
        }
    }

    /// Drops those who are away. Call it often; it looks now and then.
    pub(super) fn sweep(&mut self, now: Instant) {
        if now.saturating_duration_since(self.looked_at) < LOOK_INTERVAL {
            return;
        }
        self.looked_at = now;
        self.by_tenant.retain(|_, recent| {
            let age = now.saturating_duration_since(recent.at);
            age < AWAY_AFTER || recent.is_heavy(now)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_tenant_that_uses_much_is_heavy_while_others_are_there() {
        let mut now = Instant::now();
        let mut work = RecentWork::new(now);
        let (busy, guest) = (TenantId::generate(), TenantId::generate());
        for _ in 0..10 {
            work.add(busy, 40 * MS, now);
            now += 50 * MS;
        }
        assert_eq!(work.class(busy, now), Class::Light);
        work.add(guest, Duration::ZERO, now);
        assert_eq!(work.class(busy, now), Class::Heavy);
        assert_eq!(work.class(guest, now), Class::Light);
        // A while without work makes up for it.
        now += 5 * WINDOW;
        assert_eq!(work.class(busy, now), Class::Light);
        work.sweep(now);
        assert!(work.by_tenant.is_empty());
    }

    #[test]
    fn many_short_jobs_of_one_tenant_don_t_make_it_a_heavy_one() {
        let mut now = Instant::now();
        let mut work = RecentWork::new(now);
        let (busy, guest) = (TenantId::generate(), TenantId::generate());
        work.add(guest, Duration::ZERO, now);
        // A thousand a second, of 30 µs each.
        for _ in 0..10_000 {
            work.add(busy, Duration::from_micros(30), now);
            now += MS;
        }
        assert_eq!(work.class(busy, now), Class::Light);
    }
}
