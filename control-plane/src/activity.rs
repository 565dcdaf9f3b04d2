//! Counts what tenants do in each minute: appends, queries, and how long they take.
//!
//! Counting takes the lock of one part of a map for a moment, so tenants don't wait for each other, and
//! asks no database. Minutes that are over are written down about once a minute; until then they are
//! here, and answers about them have both.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use catalog::{ActiveMinute, Activity, Minute};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use protocol::{TenantId, Timestamp};
use uuid::Uuid;

/// How often minutes that are over are written down.
pub(crate) const PERIOD: Duration = Duration::from_secs(60);

/// Minutes of tenants that are held at a time, some 2 KB each. What comes beyond is not counted.
const MINUTES_MAX: usize = 20_000;

/// So long after its end nobody counts for a minute any more.
const GRACE: Duration = Duration::from_secs(5);

pub(crate) struct Activities {
    /// Of this start of the node.
    node: Uuid,
    minutes: DashMap<(TenantId, Minute), Box<Activity>>,
    held: AtomicUsize,
    minutes_max: usize,
}

impl Activities {
    pub(crate) fn new() -> Self {
        Self {
            node: Uuid::now_v7(),
            minutes: DashMap::new(),
            held: AtomicUsize::new(0),
            minutes_max: MINUTES_MAX,
        }
    }

    /// Counts an append that was acknowledged.
    pub(crate) fn add_append(&self, tenant: TenantId, now: Timestamp, events: u64, took: Duration) {
        self.count(tenant, now, |activity| {
            activity.events += events;
            activity.appends += 1;
            activity.append_latencies.add(took);
        });
    }

    /// Counts a query that a view answered, or failed to.
    pub(crate) fn add_query(&self, tenant: TenantId, now: Timestamp, failed: bool, took: Duration) {
        self.count(tenant, now, |activity| {
            activity.queries += 1;
            activity.failed_queries += u64::from(failed);
            activity.query_latencies.add(took);
        });
    }

    fn count(&self, tenant: TenantId, now: Timestamp, count: impl FnOnce(&mut Activity)) {
        match self.minutes.entry((tenant, Minute::of(now))) {
            Entry::Occupied(mut minute) => count(minute.get_mut()),
            Entry::Vacant(minute) => {
                if self.held.fetch_add(1, Ordering::Relaxed) >= self.minutes_max {
                    self.held.fetch_sub(1, Ordering::Relaxed);
                    metrics::counter!("activity_not_counted").increment(1);
                    return;
                }
                count(&mut minute.insert(Box::default()));
            }
        }
    }

    /// The minutes of a tenant that are held.
    pub(crate) fn of(&self, tenant: TenantId, since: Minute, until: Minute) -> Vec<ActiveMinute> {
        let keys = (since.0..until.0).map(|minute| (tenant, Minute(minute)));
        let held = keys.filter_map(|key| self.minutes.get(&key));
        held.map(|it| self.minute(it.key(), it.value())).collect()
    }

    /// The minutes that are over, or all of them when the node stops.
    pub(crate) fn over(&self, now: Option<Timestamp>) -> Vec<ActiveMinute> {
        let end = now.map(|now| Minute::of(now.saturating_sub(GRACE)));
        let is_over = |minute: Minute| end.is_none_or(|end| minute < end);
        let minutes = self.minutes.iter().filter(|it| is_over(it.key().1));
        minutes
            .map(|it| self.minute(it.key(), it.value()))
            .collect()
    }

    /// Forgets minutes that were written down.
    pub(crate) fn forget(&self, minutes: &[ActiveMinute]) {
        for minute in minutes {
            if self
                .minutes
                .remove(&(minute.tenant, minute.minute))
                .is_some()
            {
                self.held.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn minute(&self, (tenant, minute): &(TenantId, Minute), activity: &Activity) -> ActiveMinute {
        ActiveMinute {
            tenant: *tenant,
            minute: *minute,
            node: self.node,
            activity: activity.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_millis(3);

    fn at(seconds: u64) -> Timestamp {
        Timestamp(1_700_000_040_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn minutes_are_counted_written_down_and_forgotten() {
        let activities = Activities::new();
        let [one, other] = [(); 2].map(|()| TenantId::generate());
        activities.add_append(one, at(0), 10, TOOK);
        activities.add_append(one, at(59), 5, TOOK);
        activities.add_query(one, at(60), true, TOOK);
        activities.add_query(other, at(1), false, TOOK);
        let (first, end) = (Minute::of(at(0)), Minute::of(at(120)));
        assert_eq!(activities.of(one, first, end).len(), 2);
        assert_eq!(activities.of(one, Minute(first.0 + 1), end).len(), 1);
        assert_eq!(activities.over(Some(at(64))).len(), 0);
        let over = activities.over(Some(at(65)));
        assert_eq!(over.len(), 2);
        let mine = over.iter().find(|it| it.tenant == one).unwrap();
        let counted = (
            mine.activity.events,
            mine.activity.appends,
            mine.activity.queries,
        );
        assert_eq!(counted, (15, 2, 0));
        assert_eq!(mine.activity.append_latencies.count(), 2);
        activities.forget(&over);
        let left = activities.over(None);
        assert_eq!((left.len(), left[0].activity.failed_queries), (1, 1));
        assert_eq!(activities.held.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let activities = Activities {
            minutes_max: 3,
            ..Activities::new()
        };
        let first = TenantId::generate();
        activities.add_append(first, at(0), 1, TOOK);
        for _ in 0..9 {
            activities.add_append(TenantId::generate(), at(0), 1, TOOK);
        }
        activities.add_append(first, at(0), 1, TOOK);
        let held = activities.over(None);
        assert_eq!(held.len(), 3);
        activities.forget(&held);
        activities.add_append(TenantId::generate(), at(0), 1, TOOK);
        assert_eq!(activities.over(None).len(), 1);
    }
}
