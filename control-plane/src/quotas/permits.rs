//! Things that a tenant has a number of at a time.

use std::sync::Arc;

use dashmap::DashMap;
use protocol::TenantId;

/// How many are taken, by tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permits(Arc<DashMap<TenantId, u64>>);

/// One of them; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    permits: Permits,
    tenant: TenantId,
}

impl Permits {
    /// Takes one; how many are taken when that is as many as there may be.
    pub(crate) fn take(&self, tenant: TenantId, limit: u64) -> Result<Permit, u64> {
        let mut used = self.0.entry(tenant).or_default();
        if *used >= limit {
            let used = *used;
            return Err(used);
        }
        *used += 1;
        drop(used);
        Ok(Permit {
            permits: self.clone(),
            tenant,
        })
    }

    pub(crate) fn used(&self, tenant: TenantId) -> u64 {
        self.0.get(&tenant).map_or(0, |used| *used)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let taken = &self.permits.0;
        if let Some(mut used) = taken.get_mut(&self.tenant) {
            *used = used.saturating_sub(1);
        }
        taken.remove_if(&self.tenant, |_, used| *used == 0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_permit_is_free_again_when_it_is_given_back() {
        let permits = Permits::default();
        let [one, other] = [(); 2].map(|()| TenantId::generate());
        let first = permits.take(one, 2).unwrap();
        let second = permits.take(one, 2).unwrap();
        assert_eq!(permits.take(one, 2).unwrap_err(), 2);
        let third = permits.take(other, 1).unwrap();
        drop(first);
        let fourth = permits.take(one, 2).unwrap();
        // A lower limit takes no permit away.
        assert_eq!(permits.take(one, 1).unwrap_err(), 2);
        drop((second, third, fourth));
        assert_eq!((permits.used(one), permits.used(other)), (0, 0));
        assert!(permits.0.is_empty());
        assert_eq!(permits.take(one, 0).unwrap_err(), 0);
    }

    #[test]
    fn there_are_never_more_than_the_limit() {
        let (permits, tenant) = (Permits::default(), TenantId::generate());
        let (running, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let Ok(permit) = permits.take(tenant, 3) else {
                            continue;
                        };
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        running.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));
        assert_eq!(permits.used(tenant), 0);
    }
}
