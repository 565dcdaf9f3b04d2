//! A clock for development, which can be moved forward: so a month is over in seconds.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use catalog::clock::{Clock, SystemClock};
use protocol::Timestamp;

/// How often the file is read, in milliseconds.
const PERIOD: u64 = 100;

/// The machine's clock, and the seconds that stand in a file. It never goes back.
pub(super) struct DevClock {
    file: PathBuf,
    started: Instant,
    /// When the file was read, in milliseconds since the start.
    read_at: AtomicU64,
    /// Seconds.
    ahead: AtomicU64,
}

impl DevClock {
    pub(super) fn new(file: PathBuf) -> Self {
        let clock = Self {
            file,
            started: Instant::now(),
            read_at: AtomicU64::new(0),
            ahead: AtomicU64::new(0),
        };
        clock.read();
        clock
    }

    fn read(&self) {
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let ahead = text.trim().parse().unwrap_or(0);
        self.ahead.fetch_max(ahead, Ordering::Relaxed);
    }
}

impl Clock for DevClock {
    fn now(&self) -> Timestamp {
        let passed = self.started.elapsed().as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        if passed >= self.read_at.load(Ordering::Relaxed) + PERIOD {
            self.read_at.store(passed, Ordering::Relaxed);
            self.read();
        }
        let ahead = Duration::from_secs(self.ahead.load(Ordering::Relaxed));
        SystemClock.now().saturating_add(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_ahead_as_the_file_says_and_never_back() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("clock");
        let clock = DevClock::new(file.clone());
        let ahead = || clock.now().duration_since(SystemClock.now()).as_secs();
        assert_eq!(ahead(), 0);
        std::fs::write(&file, "86400\n").unwrap();
        std::thread::sleep(Duration::from_millis(2 * PERIOD));
        assert!((86_399..=86_400).contains(&ahead()), "{}", ahead());
        std::fs::write(&file, "5").unwrap();
        std::thread::sleep(Duration::from_millis(2 * PERIOD));
        assert!(ahead() >= 86_399);
    }
}
