//! A counter: `{"inc": 10}` adds, `{"dec": 5}` takes away, and every query answers
//! `{"value": 5}`.
//!
//! It is built for world 0.0.1, so it runs wherever that contract does.

use primatomic_view::{Event, Request, Response, View, ViewError};
use serde::{Deserialize, Serialize};

/// The sum of all changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    value: i64,
}

/// An event: a JSON object with exactly one of the two fields, a whole number.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Inc(i64),
    Dec(i64),
}

impl View for Counter {
    fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError> {
        let value = match event.json()? {
            Change::Inc(amount) => self.value.checked_add(amount),
            Change::Dec(amount) => self.value.checked_sub(amount),
        };
        self.value = value.ok_or_else(|| {
            ViewError::new(
                "overflow",
                "the counter would leave the range of 64-bit whole numbers",
            )
        })?;
        Ok(())
    }

    fn query(&self, _: &Request) -> Result<Response, ViewError> {
        Response::json(self)
    }
}

primatomic_view::export_state_machine!(Counter);

#[cfg(test)]
mod tests {
    use primatomic_view::testing::{fold, query, restored};

    use super::*;

    #[test]
    fn increments_and_decrements_add_up() {
        let counter: Counter = fold([r#"{"inc":10}"#, r#" { "dec" : 5 } "#]).unwrap();
        assert_eq!(query(&counter, &[]).unwrap(), r#"{"value":5}"#);
        assert_eq!(restored(&counter).unwrap(), counter);
    }

    #[test]
    fn a_fresh_counter_is_zero_and_may_go_below() {
        assert_eq!(query(&Counter::default(), &[]).unwrap(), r#"{"value":0}"#);
        let counter: Counter = fold([r#"{"dec":5}"#, r#"{"inc":-1}"#]).unwrap();
        assert_eq!(query(&counter, &[]).unwrap(), r#"{"value":-6}"#);
    }

    #[test]
    fn what_is_no_change_is_refused() {
        let bad = [
            "",
            "inc",
            "{}",
            "[]",
            "10",
            r#""inc""#,
            r#"{"inc":"10"}"#,
            r#"{"inc":1.5}"#,
            r#"{"inc":null}"#,
            r#"{"increment":1}"#,
            r#"{"inc":1,"dec":1}"#,
            r#"{"inc":1,"by":"me"}"#,
            r#"{"inc":9223372036854775808}"#,
        ];
        for event in bad {
            let refused = fold::<Counter>([r#"{"inc":1}"#, event]).unwrap_err();
            assert_eq!(refused.sequence, 2, "{event}");
            assert_eq!(refused.error.code(), "invalid_event", "{event}");
        }
    }

    #[test]
    fn an_overflow_is_refused_and_leaves_the_value() {
        let largest = format!(r#"{{"inc":{}}}"#, i64::MAX);
        let mut counter: Counter = fold([&largest]).unwrap();
        let event = Event {
            sequence: 2,
            timestamp: primatomic_view::testing::TIME,
            bytes: br#"{"inc":1}"#,
        };
        assert_eq!(counter.apply(event).unwrap_err().code(), "overflow");
        assert_eq!(counter.value, i64::MAX);
    }
}
