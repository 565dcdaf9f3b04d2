//! What use is counted in, and the hours and months that it is counted by. All of it is UTC.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Seconds of an hour.
pub const HOUR_SECONDS: u64 = 3_600;

const MICROS_OF_HOUR: u64 = HOUR_SECONDS * 1_000_000;

/// What is counted of a tenant's use.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Meter {
    /// Bytes of events, hot or archived, over time: byte-seconds.
    Storage,
    /// CPU time of components that the tenant pays for: nanoseconds.
    Compute,
    /// Bytes of answers to queries.
    DataOut,
    /// CPU time of compiling components: nanoseconds. Shown, never billed.
    Compile,
}

/// An hour in UTC: how many lie between it and 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hour(pub u64);

impl Hour {
    /// The hour that a time lies in.
    pub const fn of(time: Timestamp) -> Self {
        Self(time.as_micros() / MICROS_OF_HOUR)
    }

    /// Its first moment.
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(MICROS_OF_HOUR))
    }

    /// The first moment of the next hour.
    pub const fn end(self) -> Timestamp {
        self.next().start()
    }

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// RFC 3339, such as `2026-11-29T07:00:00Z`.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0.saturating_mul(HOUR_SECONDS)).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
        time.fmt(f)
    }
}

/// A calendar month in UTC: what is billed at a time. Written as `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// The month that a time lies in.
    pub fn of(time: Timestamp) -> Self {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::MAX);
        Self(time.to_zoned(TimeZone::UTC).date().first_of_month())
    }

    /// Its first hour.
    pub fn first(self) -> Hour {
        hour_of(self.0)
    }

    /// The first hour of the next month.
    pub fn end(self) -> Hour {
        hour_of(self.0.last_of_month().tomorrow().unwrap_or(Date::MAX))
    }

    /// How long it lasts.
    pub fn seconds(self) -> u64 {
        (self.end().0 - self.first().0) * HOUR_SECONDS
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self::of(self.end().start())
    }

    /// The month before it; itself at the epoch.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::of(Timestamp(
            self.first().start().as_micros().saturating_sub(1),
        ))
    }
}

/// The hour in which a day begins.
fn hour_of(day: Date) -> Hour {
    let midnight = day.to_zoned(TimeZone::UTC).map(|it| it.timestamp());
    let seconds = midnight.map_or(0, jiff::Timestamp::as_second);
    Hour(u64::try_from(seconds).unwrap_or(0) / HOUR_SECONDS)
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// A text that names no month since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a month is written as a year and a month, such as 2026-11")]
pub struct MonthError;

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (year, month) = text.split_once('-').ok_or(MonthError)?;
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(MonthError);
        }
        let year = year.parse().map_err(|_| MonthError)?;
        let month = month.parse().map_err(|_| MonthError)?;
        let first = Date::new(year, month, 1).map_err(|_| MonthError)?;
        if year < 1970 {
            return Err(MonthError);
        }
        Ok(Self(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-29T07:30:00Z.
    const TIME: Timestamp = Timestamp(1_795_937_400_000_000);

    #[test]
    fn a_time_lies_in_its_hour_and_month() {
        let hour = Hour::of(TIME);
        assert_eq!(hour.to_string(), "2026-11-29T07:00:00Z");
        assert!(hour.start() <= TIME && TIME < hour.end());
        assert_eq!(Hour::of(hour.end()), hour.next());
        let month = Month::of(TIME);
        assert_eq!(month.to_string(), "2026-11");
        assert_eq!(month.first().to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(month.end().to_string(), "2026-12-01T00:00:00Z");
        assert_eq!(month.next().to_string(), "2026-12");
        assert_eq!(month.next().next().to_string(), "2027-01");
        assert_eq!(month.previous().to_string(), "2026-10");
        assert_eq!(month.seconds(), 30 * 86_400);
    }

    #[test]
    fn months_are_as_long_as_the_calendar_says() {
        let days = |text: &str| text.parse::<Month>().map(|it| it.seconds() / 86_400);
        assert_eq!(days("2026-02"), Ok(28));
        assert_eq!(days("2028-02"), Ok(29));
        assert_eq!(days("1970-01"), Ok(31));
    }

    #[test]
    fn only_a_month_is_read_as_one() {
        for text in [
            "",
            "2026",
            "2026-1",
            "2026-13",
            "2026-00",
            "26-11",
            "2026-11-01",
            "+026-11",
            "1969-12",
        ] {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
        assert_eq!("2026-11".parse(), Ok(Month::of(TIME)));
    }
}
