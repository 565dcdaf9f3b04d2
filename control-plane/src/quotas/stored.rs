//! How many bytes of events tenants have stored, as far as this node knows.
//!
//! Appends are counted in memory and added to the catalog every [`PERIOD`], which is also when this
//! node hears what others have added. So a tenant may store as much above its quota as it appends in
//! that time, through all nodes, and in the time that it takes to count the logs of one that was
//! never counted. Nothing here waits for the catalog: while it is away, what is known stays.

use std::time::{Duration, Instant};

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use protocol::TenantId;

/// How often what was appended is added up.
pub(crate) const PERIOD: Duration = Duration::from_secs(5);

/// A tenant that appended nothing for this long is evicted.
const IDLE: Duration = Duration::from_secs(600);

struct Stored {
    /// What the catalog said, with what was added to it since.
    known: Option<u64>,
    /// Counted here since then and not added to the catalog yet.
    more: i64,
    used: Instant,
}

#[derive(Default)]
pub(crate) struct StoredBytes(DashMap<TenantId, Stored>);

impl StoredBytes {
    fn of(&self, tenant: TenantId) -> RefMut<'_, TenantId, Stored> {
        self.0.entry(tenant).or_insert_with(|| Stored {
            known: None,
            more: 0,
            used: Instant::now(),
        })
    }

    /// The bytes of a tenant; `None` when they are not known yet, and will be in a moment.
    pub(crate) fn known(&self, tenant: TenantId) -> Option<u64> {
        let mut stored = self.of(tenant);
        stored.used = Instant::now();
        let known = stored.known?;
        Some(known.saturating_add_signed(stored.more))
    }

    /// Counts what was stored, or with a negative number what was deleted.
    pub(crate) fn add(&self, tenant: TenantId, bytes: i64) {
        let mut stored = self.of(tenant);
        stored.more = stored.more.saturating_add(bytes);
    }

    /// What was counted since the last time, of tenants that are known.
    pub(crate) fn take(&self) -> Vec<(TenantId, i64)> {
        let taken = self.0.iter_mut().filter_map(|mut entry| {
            let known = entry.known?;
            let more = std::mem::take(&mut entry.more);
            entry.known = Some(known.saturating_add_signed(more));
            (more != 0).then_some((*entry.key(), more))
        });
        taken.collect()
    }

    pub(crate) fn give_back(&self, taken: &[(TenantId, i64)]) {
        for (tenant, more) in taken {
            let mut stored = self.of(*tenant);
            stored.known = stored.known.map(|known| known.saturating_add_signed(-more));
            stored.more = stored.more.saturating_add(*more);
        }
    }

    /// What was appended before is about to be counted from the logs themselves.
    pub(crate) fn begin(&self, tenant: TenantId) {
        if let Some(mut stored) = self.0.get_mut(&tenant) {
            stored.more = 0;
        }
    }

    pub(crate) fn learn(&self, tenant: TenantId, bytes: u64) {
        if let Some(mut stored) = self.0.get_mut(&tenant) {
            stored.known = Some(bytes);
        }
    }

    pub(crate) fn evict_idle(&self) {
        self.0
            .retain(|_, stored| stored.more != 0 || stored.used.elapsed() < IDLE);
        self.0.shrink_to_fit();
    }

    pub(crate) fn tenants(&self) -> Vec<TenantId> {
        self.0.iter().map(|entry| *entry.key()).collect()
    }

    pub(crate) fn unknown(&self) -> Vec<TenantId> {
        let unknown = self.0.iter().filter(|entry| entry.known.is_none());
        unknown.map(|entry| *entry.key()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_known_at_once_and_taken_once() {
        let (stored, tenant) = (StoredBytes::default(), TenantId::generate());
        assert_eq!(stored.known(tenant), None);
        stored.add(tenant, 10);
        assert_eq!(stored.known(tenant), None);
        stored.learn(tenant, 100);
        assert_eq!(stored.known(tenant), Some(110));
        let taken = stored.take();
        assert_eq!(taken, [(tenant, 10)]);
        assert_eq!(stored.known(tenant), Some(110));
        assert!(stored.take().is_empty());
        stored.give_back(&taken);
        assert_eq!(stored.known(tenant), Some(110));
        stored.add(tenant, -200);
        assert_eq!(stored.known(tenant), Some(0));
        assert_eq!(stored.take(), [(tenant, -190)]);
    }

    #[test]
    fn a_tenant_is_evicted_when_nothing_of_it_is_left_to_add() {
        let (stored, tenant) = (StoredBytes::default(), TenantId::generate());
        stored.add(tenant, 1);
        let long_ago = Instant::now().checked_sub(IDLE).unwrap();
        stored.0.get_mut(&tenant).unwrap().used = long_ago;
        stored.evict_idle();
        assert_eq!(stored.tenants(), [tenant]);
        // Nothing is taken of a tenant whose row may not be there.
        assert!(stored.take().is_empty());
        stored.learn(tenant, 0);
        assert_eq!(stored.take(), [(tenant, 1)]);
        stored.evict_idle();
        assert!(stored.tenants().is_empty());
    }
}
