//! The order in which waiting work runs: round-robin between tenants, each with a bounded queue.

use std::collections::{HashMap, VecDeque};

use protocol::TenantId;

/// Items of many tenants. [`FairQueue::pop`] serves the tenants round-robin, whatever the number
/// of items that each of them has waiting.
#[derive(Debug)]
pub(super) struct FairQueue<T> {
    /// Never holds an empty queue.
    waiting: HashMap<TenantId, VecDeque<T>>,
    /// Every tenant of `waiting` once; the front one is served next.
    order: VecDeque<TenantId>,
    total: usize,
    per_tenant_max: usize,
    total_max: usize,
}

impl<T> FairQueue<T> {
    pub(super) fn new(per_tenant_max: usize, total_max: usize) -> Self {
        Self {
            waiting: HashMap::new(),
            order: VecDeque::new(),
            total: 0,
            per_tenant_max,
            total_max,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// A full queue gives the item back.
    pub(super) fn push(&mut self, tenant: TenantId, item: T) -> Result<(), T> {
        if self.total >= self.total_max {
            return Err(item);
        }
        if let Some(items) = self.waiting.get_mut(&tenant) {
            if items.len() >= self.per_tenant_max {
                return Err(item);
            }
            items.push_back(item);
        } else {
            self.waiting.insert(tenant, VecDeque::from([item]));
            self.order.push_back(tenant);
        }
        self.total += 1;
        Ok(())
    }

    /// The next item of the first tenant in the order that `may_run`.
    pub(super) fn pop(&mut self, may_run: impl Fn(TenantId) -> bool) -> Option<(TenantId, T)> {
        let position = self.order.iter().position(|tenant| may_run(*tenant))?;
        let tenant = self.order.remove(position)?;
        let items = self.waiting.get_mut(&tenant)?;
        let item = items.pop_front()?;
        if items.is_empty() {
            self.waiting.remove(&tenant);
        } else {
            self.order.push_back(tenant);
        }
        self.total -= 1;
        Some((tenant, item))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn tenant(number: u8) -> TenantId {
        TenantId(Uuid::from_u128(u128::from(number)))
    }

    #[test]
    fn a_tenant_with_one_item_waits_for_one_item_of_a_tenant_with_many() {
        let mut queue = FairQueue::new(100, 1_000);
        for item in 0..50 {
            queue.push(tenant(1), item).unwrap();
        }
        queue.push(tenant(2), 1_000).unwrap();
        let order: Vec<i32> = std::iter::from_fn(|| queue.pop(|_| true).map(|it| it.1)).collect();
        assert_eq!(order[1], 1_000);
        assert_eq!(order.len(), 51);
    }

    #[test]
    fn a_full_queue_of_one_tenant_leaves_capacity_for_another() {
        let mut queue = FairQueue::new(2, 3);
        queue.push(tenant(1), 1).unwrap();
        queue.push(tenant(1), 2).unwrap();
        assert_eq!(queue.push(tenant(1), 3).unwrap_err(), 3);
        queue.push(tenant(2), 4).unwrap();
        assert_eq!(queue.push(tenant(3), 5).unwrap_err(), 5);
    }

    #[test]
    fn a_tenant_that_may_not_run_is_passed_over_and_keeps_its_position() {
        let mut queue = FairQueue::new(9, 9);
        queue.push(tenant(1), 1).unwrap();
        queue.push(tenant(2), 2).unwrap();
        assert_eq!(queue.pop(|it| it != tenant(1)).unwrap().1, 2);
        assert!(queue.pop(|it| it != tenant(1)).is_none());
        assert_eq!(queue.pop(|_| true).unwrap().1, 1);
        assert!(queue.is_empty());
    }

    proptest! {
        /// Between two items of a waiting tenant, every other tenant is served at most once.
        #[test]
        fn tenants_are_served_round_robin(pushes in prop::collection::vec(0u8..5, 0..100)) {
            let mut queue = FairQueue::new(1_000, 1_000);
            for (item, number) in pushes.iter().enumerate() {
                queue.push(tenant(*number), item).unwrap();
            }
            let served: Vec<_> = std::iter::from_fn(|| queue.pop(|_| true)).collect();
            prop_assert_eq!(served.len(), pushes.len());
            for number in 0u8..5 {
                let own: Vec<_> = served
                    .iter()
                    .filter(|(who, _)| *who == tenant(number))
                    .map(|(_, item)| *item)
                    .collect();
                prop_assert!(own.is_sorted());
                for window in served.split(|(who, _)| *who == tenant(number)).take(own.len()) {
                    let mut others: Vec<_> = window.iter().map(|(who, _)| *who).collect();
                    others.sort();
                    let count = others.len();
                    others.dedup();
                    prop_assert_eq!(others.len(), count);
                }
            }
        }
    }
}
