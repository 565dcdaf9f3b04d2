//! Room for requests, bounded by count and bytes; given back when a request is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much may wait, and how much does.
#[derive(Debug)]
pub(super) struct Room {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    requests_max: usize,
    bytes_max: usize,
}

/// The room of one request. Dropping it gives the room back.
#[derive(Debug)]
pub(super) struct Taken {
    room: Arc<Room>,
    bytes: usize,
}

impl Room {
    pub(super) fn new(requests_max: usize, bytes_max: usize) -> Self {
        Self {
            requests: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            requests_max,
            bytes_max,
        }
    }

    /// Room for a request, or `None` when too much waits. A request that is larger than all the
    /// room is let in when nothing else waits.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Option<Taken> {
        let requests_before = self.requests.fetch_add(1, Ordering::Relaxed);
        let bytes_before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        // From here on dropping it gives back what was added.
        let taken = Taken {
            room: Arc::clone(self),
            bytes,
        };
        let fits = requests_before < self.requests_max
            && (bytes_before == 0 || bytes_before.saturating_add(bytes) <= self.bytes_max);
        fits.then_some(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.room.requests.fetch_sub(1, Ordering::Relaxed);
        self.room.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let room = Arc::new(Room::new(2, 10));
        let large = room.take(50).unwrap();
        assert!(room.take(1).is_none());
        drop(large);
        let (first, second) = (room.take(5).unwrap(), room.take(5).unwrap());
        assert!(room.take(0).is_none());
        drop(first);
        assert!(room.take(6).is_none());
        drop((room.take(5).unwrap(), second));
        assert!(room.take(10).is_some());
    }
}
