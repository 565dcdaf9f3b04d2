//! The capacity for requests, bounded by count and bytes. A request holds a permit until it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much may wait, and how much does.
pub(super) struct Capacity {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    requests_max: usize,
    bytes_max: usize,
}

/// The share of one request, released when this is dropped.
pub(super) struct Permit {
    capacity: Arc<Capacity>,
    bytes: usize,
}

impl Capacity {
    pub(super) fn new(requests_max: usize, bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            requests: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            requests_max,
            bytes_max,
        })
    }

    /// A permit for a request, or `None` when too much waits. A request that is larger than the
    /// whole capacity is admitted when nothing else waits.
    pub(super) fn try_acquire(self: &Arc<Self>, bytes: usize) -> Option<Permit> {
        let requests_before = self.requests.fetch_add(1, Ordering::Relaxed);
        let bytes_before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // From here on dropping it takes back what was added.
        let permit = Permit {
            capacity: Arc::clone(self),
            bytes,
        };
        let fits = requests_before < self.requests_max
            && (bytes_before == 0 || bytes_before.saturating_add(bytes) <= self.bytes_max);
        fits.then_some(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.capacity.requests.fetch_sub(1, Ordering::Relaxed);
        self.capacity.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capacity_is_bounded_and_comes_back() {
        let capacity = Capacity::new(2, 10);
        let large = capacity.try_acquire(50).unwrap();
        assert!(capacity.try_acquire(1).is_none());
        drop(large);
        let (first, second) = (
            capacity.try_acquire(5).unwrap(),
            capacity.try_acquire(5).unwrap(),
        );
        assert!(capacity.try_acquire(0).is_none());
        drop(first);
        assert!(capacity.try_acquire(6).is_none());
        drop((capacity.try_acquire(5).unwrap(), second));
        assert!(capacity.try_acquire(10).is_some());
    }
}
