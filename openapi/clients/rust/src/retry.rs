//! When a call is sent again, and after how long.

use std::time::Duration;

use rand::RngExt as _;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::error::Error;

/// How often one call is sent again.
const RETRIES_MAX: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A call that did not succeed.
pub(crate) struct Failed {
    /// What the server asked for.
    pub retry_after: Option<Duration>,
    /// The request was certainly not carried out.
    pub harmless: bool,
    /// The same request may succeed later.
    pub transient: bool,
    pub error: Error,
}

/// Pauses that double and are spread by chance, so that clients that failed together do not come
/// back together. What the server asks for is where they go on from.
#[derive(Debug)]
pub(crate) struct Backoff {
    retries: u32,
    pause: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self {
            retries: 0,
            pause: FIRST_PAUSE,
        }
    }

    /// How long to wait before the next attempt; `None` once there were enough. Never less than
    /// the server asked for.
    pub(crate) fn next(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        if self.retries >= RETRIES_MAX {
            return None;
        }
        self.retries += 1;
        let pause = self.pause.max(retry_after.unwrap_or_default());
        self.pause = (pause * 2).min(PAUSE_MAX);
        Some(pause.mul_f64(rand::rng().random_range(1.0..1.5)))
    }
}

/// The pause that an answer asks for; a minute at most, whatever it says.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds.min(60)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn pauses_grow_obey_the_server_and_end() {
        let mut backoff = Backoff::new();
        let first = backoff.next(None).unwrap();
        assert!(first >= FIRST_PAUSE && first < FIRST_PAUSE * 2);
        assert!(backoff.next(None).unwrap() >= FIRST_PAUSE * 2);
        let asked = Duration::from_secs(1);
        for doubled in [1, 2, 4] {
            assert!(backoff.next(Some(asked)).unwrap() >= asked * doubled);
        }
        let mut last = Duration::ZERO;
        for _ in 5..RETRIES_MAX {
            last = backoff.next(None).unwrap();
        }
        assert!(last >= PAUSE_MAX && last < PAUSE_MAX * 2, "{last:?}");
        assert!(backoff.next(None).is_none());
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_bounded() {
        let with = |value| HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
        assert_eq!(retry_after(&with("2")), Some(Duration::from_secs(2)));
        assert_eq!(retry_after(&with("9999")), Some(Duration::from_secs(60)));
        assert_eq!(retry_after(&with("tomorrow")), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
