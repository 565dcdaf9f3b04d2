//! Moments in time, without a dependency that would grow every view.
//!
//! The calendar arithmetic is `days_from_civil` and `civil_from_days` of Howard Hinnant's
//! "chrono-Compatible Low-Level Date Algorithms"
//! (<https://howardhinnant.github.io/date_algorithms.html>).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MICROS_PER_SECOND: u64 = 1_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
const MICROS_PER_DAY: u64 = SECONDS_PER_DAY * MICROS_PER_SECOND;

/// A moment: microseconds since 1970-01-01T00:00:00Z. There are none before.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(u64);

/// The text is not a time in the form of RFC 3339, or one before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTimestamp;

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a time is written as in RFC 3339, such as 2025-03-01T12:30:00Z, and not before 1970",
        )
    }
}

impl std::error::Error for InvalidTimestamp {}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The year and the month (1 to 12) in UTC.
    pub fn year_and_month(self) -> (i64, u8) {
        let (year, month, _) = self.date();
        (year, month)
    }

    fn date(self) -> (i64, u8, u8) {
        // 64 bits of microseconds are far fewer days than 63 bits can count.
        civil_from_days(i64::try_from(self.0 / MICROS_PER_DAY).unwrap_or_default())
    }
}

/// RFC 3339 in UTC, with the fraction of the second only where there is one.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let micros = self.0 % MICROS_PER_DAY;
        let (seconds, fraction) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if fraction != 0 {
            write!(f, ".{fraction:06}")?;
        }
        f.write_str("Z")
    }
}

/// Reads RFC 3339 with any offset. Digits below a microsecond are cut off, and a leap second counts
/// as the second before it.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        parse(text.as_bytes()).map(Self).ok_or(InvalidTimestamp)
    }
}

fn parse(text: &[u8]) -> Option<u64> {
    let (head, rest) = text.split_first_chunk::<19>()?;
    // Where each field lies, and what may stand behind it.
    let layout = [
        (0..4, b"-" as &[u8]),
        (5..7, b"-"),
        (8..10, b"Tt "),
        (11..13, b":"),
        (14..16, b":"),
        (17..19, b""),
    ];
    let mut fields = [0; 6];
    for (field, (place, separators)) in fields.iter_mut().zip(layout) {
        let separator = head.get(place.end);
        if separator.is_some_and(|byte| !separators.contains(byte)) {
            return None;
        }
        *field = number(&head[place])?;
    }
    let [year, month, day, hour, minute, second] = fields;
    let valid = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !valid {
        return None;
    }
    let (fraction, offset) = match rest.strip_prefix(b".") {
        Some(rest) => {
            let is_digit = |byte: &&u8| byte.is_ascii_digit();
            let digits = rest.iter().take_while(is_digit).count();
            rest.split_at(digits)
        }
        None => (b"0" as &[u8], rest),
    };
    if fraction.is_empty() {
        return None;
    }
    let digit = |place| fraction.get(place).map_or(0, |byte| u64::from(byte - b'0'));
    let micros = (0..6).fold(0, |micros, place| micros * 10 + digit(place));
    let minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute;
    let seconds = minutes * 60 + second.min(59) - offset_seconds(offset)?;
    Some(u64::try_from(seconds).ok()? * MICROS_PER_SECOND + micros)
}

fn offset_seconds(text: &[u8]) -> Option<i64> {
    match *text {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[h1, h2])?, number(&[m1, m2])?);
            let seconds = hours * 3600 + minutes * 60;
            (hours < 24 && minutes < 60).then_some(if sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i64::from(byte - b'0'))
    })
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years begin in March here, so that the leap day is a year's last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    // Both are far below 256: a month has at most 31 days, a year 12 months.
    let small = |number: i64| u8::try_from(number).unwrap_or_default();
    (year, small(month), small(day))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros(text: &str) -> Option<u64> {
        text.parse().ok().map(Timestamp::as_micros)
    }

    #[test]
    fn times_are_read_as_rfc_3339_says() {
        assert_eq!(micros("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(micros("1970-01-01t00:00:00.5z"), Some(500_000));
        assert_eq!(micros("1970-01-01 01:00:00.1234567+01:00"), Some(123_456));
        assert_eq!(micros("1969-12-31T23:00:60-01:00"), Some(59_000_000));
        assert_eq!(
            micros("2024-02-29T00:00:00-00:30"),
            Some(1_709_166_600_000_000)
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let bad = [
            "",
            "2025-03",
            "2025-03-01",
            "2025-03-01T00:00:00",
            "2025-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-01-00T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "2025-01-01T00:60:00Z",
            "2025-01-01T00:00:61Z",
            "2025-01-01T00:00:00.Z",
            "2025-01-01T00:00:00+1:00",
            "2025-01-01T00:00:00+24:00",
            "2025-01-01T00:00:00Zx",
            "+025-01-01T00:00:00Z",
            "2025/01/01T00:00:00Z",
            "é",
        ];
        for text in bad {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn the_extremes_have_a_text_and_a_month() {
        assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(
            micros("9999-12-31T23:59:59.999999Z"),
            Some(253_402_300_799_999_999)
        );
        assert_eq!(Timestamp(u64::MAX).year_and_month(), (586_524, 1));
        assert!(Timestamp(u64::MAX).to_string().starts_with("586524-01-19T"));
    }

    proptest! {
        #[test]
        fn the_calendar_agrees_with_another_implementation(
            micros in 0u64..253_402_207_200_000_000,
        ) {
            let ours = Timestamp(micros);
            let theirs = jiff::Timestamp::from_microsecond(micros.try_into().unwrap()).unwrap();
            prop_assert_eq!(ours.to_string().parse::<jiff::Timestamp>().unwrap(), theirs);
            prop_assert_eq!(theirs.to_string().parse::<Timestamp>(), Ok(ours));
            prop_assert_eq!(ours.to_string().parse::<Timestamp>(), Ok(ours));
            let civil = theirs.to_zoned(jiff::tz::TimeZone::UTC);
            let (year, month) = ours.year_and_month();
            prop_assert_eq!((year, i64::from(month)), (civil.year().into(), civil.month().into()));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text: String) {
            let _ = text.parse::<Timestamp>();
        }
    }
}
