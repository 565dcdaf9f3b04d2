//! Times of events.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z. Within a log, timestamps never go backwards.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time that lies `by` later; saturates.
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(whole_micros(by)))
    }

    /// The time that lies `by` earlier; saturates at the epoch.
    #[must_use]
    pub fn saturating_sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(whole_micros(by)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub const fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// Nanoseconds since the epoch; saturates in the year 2554.
    pub const fn as_nanos(self) -> u64 {
        self.0.saturating_mul(1_000)
    }
}

fn whole_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// RFC 3339 in UTC with six digits of fraction, such as `2026-11-22T09:30:00.000000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = i64::try_from(self.0).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{time:.6}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_in_utc_with_microseconds() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            Timestamp(1_700_000_000_123_456).to_string(),
            "2023-11-14T22:13:20.123456Z"
        );
        assert!(Timestamp(u64::MAX).to_string().starts_with("9999-"));
    }

    #[test]
    fn arithmetic_saturates() {
        let (time, second) = (Timestamp(5_000_000), Duration::from_secs(1));
        assert_eq!(time.saturating_add(second), Timestamp(6_000_000));
        assert_eq!(time.saturating_sub(second), Timestamp(4_000_000));
        assert_eq!(time.saturating_sub(Duration::MAX), Timestamp(0));
        assert_eq!(time.saturating_add(Duration::MAX), Timestamp(u64::MAX));
        assert_eq!(Timestamp(6_000_000).duration_since(time), second);
        assert_eq!(time.duration_since(Timestamp(6_000_000)), Duration::ZERO);
    }
}
