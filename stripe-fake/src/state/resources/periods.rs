//! Billing periods: months from an anchor, in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use serde_json::Value;

fn at(time: u64) -> Zoned {
    let seconds = i64::try_from(time).unwrap_or(0);
    let time = Timestamp::from_second(seconds).unwrap_or_default();
    time.to_zoned(TimeZone::UTC)
}

fn seconds(time: &Zoned) -> u64 {
    u64::try_from(time.timestamp().as_second()).unwrap_or(0)
}

/// The first time after `time` that is whole months from the anchor. In a month that is too short it
/// is the month's last day.
pub(crate) fn next(anchor: u64, time: u64) -> u64 {
    let start = at(anchor);
    let later = at(time);
    let months = (i32::from(later.year()) - i32::from(start.year())) * 12
        + i32::from(later.month())
        - i32::from(start.month());
    (months - 1..months + 3)
        .map(|count| {
            start
                .checked_add(count.months())
                .unwrap_or_else(|_| start.clone())
        })
        .map(|candidate| seconds(&candidate))
        .find(|candidate| *candidate > time)
        .unwrap_or(time + 1)
}

/// The next time that is what a `billing_cycle_anchor_config` asks for. What it leaves out is as it is
/// now.
pub(crate) fn anchor(config: &Value, now: u64) -> u64 {
    let present = at(now);
    let given = |name: &str, default: i8| {
        let given = config[name]
            .as_i64()
            .and_then(|number| i8::try_from(number).ok());
        given.unwrap_or(default)
    };
    let day = given("day_of_month", 1);
    let (hour, minute) = (
        given("hour", present.hour()),
        given("minute", present.minute()),
    );
    let second = given("second", present.second());
    let in_month = |ahead: i32| {
        let first = present
            .date()
            .first_of_month()
            .checked_add(ahead.months())
            .ok()?;
        let day = day.clamp(1, first.days_in_month());
        let date = Date::new(first.year(), first.month(), day).ok()?;
        let time = date
            .at(hour, minute, second, 0)
            .to_zoned(TimeZone::UTC)
            .ok()?;
        Some(seconds(&time))
    };
    let candidates = (0..3).filter_map(in_month);
    candidates
        .into_iter()
        .find(|time| *time > now)
        .unwrap_or(now)
}

/// Midnight of the first of the next month.
pub(crate) fn next_month(now: u64) -> u64 {
    let config = serde_json::json!({ "day_of_month": 1, "hour": 0, "minute": 0, "second": 0 });
    anchor(&config, now)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn time(text: &str) -> u64 {
        let time: Timestamp = text.parse().unwrap();
        time.as_second().try_into().unwrap()
    }

    #[test]
    fn months_go_from_anchor_to_anchor() {
        let anchor = time("2026-01-31T10:00:00Z");
        assert_eq!(next(anchor, anchor), time("2026-02-28T10:00:00Z"));
        assert_eq!(
            next(anchor, time("2026-02-28T10:00:00Z")),
            time("2026-03-31T10:00:00Z")
        );
        assert_eq!(
            next(anchor, time("2026-12-31T09:59:59Z")),
            time("2026-12-31T10:00:00Z")
        );
        assert_eq!(next(anchor, anchor - 5), anchor);
    }

    #[test]
    fn an_anchor_is_the_next_such_time() {
        let midnight = json!({ "day_of_month": 1, "hour": 0, "minute": 0, "second": 0 });
        let now = time("2026-12-01T00:00:00Z");
        assert_eq!(anchor(&midnight, now - 1), now);
        assert_eq!(anchor(&midnight, now), time("2027-01-01T00:00:00Z"));
        let late = json!({ "day_of_month": 31 });
        assert_eq!(
            anchor(&late, time("2027-02-10T08:09:10Z")),
            time("2027-02-28T08:09:10Z")
        );
        assert_eq!(
            next_month(time("2027-02-10T08:09:10Z")),
            time("2027-03-01T00:00:00Z")
        );
    }
}
