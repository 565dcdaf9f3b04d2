//! Meter events that were accepted and can't be counted. Stripe says so some time later, by an event
//! that has no object in it: programs must fetch it.

use serde_json::{Value, json};

use crate::state::State;

/// How long errors are collected before they are reported.
const REPORT_DELAY: u64 = 60;

const SAMPLES_MAX: usize = 5;

#[derive(Default)]
pub(crate) struct Errors {
    pending: Vec<Pending>,
    /// When the pending ones are reported.
    pub(crate) report_at: Option<u64>,
}

struct Pending {
    /// `None` if there is no meter for the event.
    meter: Option<String>,
    identifier: String,
    at: u64,
}

/// Notes that an event can't be counted: its customer is not there, or even its meter.
pub(crate) fn add(state: &mut State, meter: Option<&Value>, identifier: &str) {
    let now = state.now;
    let errors = &mut state.meter_events.errors;
    errors.pending.push(Pending {
        meter: meter.and_then(|meter| Some(meter["id"].as_str()?.to_owned())),
        identifier: identifier.to_owned(),
        at: now,
    });
    errors.report_at.get_or_insert(now + REPORT_DELAY);
}

impl State {
    /// Reports what is pending: an event for each meter, and one for all that have none.
    pub(crate) fn report_meter_errors(&mut self) {
        let errors = &mut self.meter_events.errors;
        errors.report_at = None;
        let mut pending = std::mem::take(&mut errors.pending);
        while let Some(first) = pending.first() {
            let meter = first.meter.clone();
            let (reported, rest) = pending.into_iter().partition(|each| each.meter == meter);
            pending = rest;
            self.report(meter.as_deref(), &reported);
        }
    }

    fn report(&mut self, meter: Option<&str>, errors: &[Pending]) {
        let (kind, code, message) = match meter {
            Some(_) => (
                "v1.billing.meter.error_report_triggered",
                "meter_event_customer_not_found",
                "The customer of the event was not found.",
            ),
            None => (
                "v1.billing.meter.no_meter_found",
                "no_meter",
                "No meter was found for the name of the event.",
            ),
        };
        let samples: Vec<Value> = errors
            .iter()
            .take(SAMPLES_MAX)
            .map(|each| {
                json!({ "error_message": message, "request": { "identifier": each.identifier } })
            })
            .collect();
        let count = errors.len();
        let times = || errors.iter().map(|each| each.at);
        let data = json!({
            "developer_message_summary": format!("There are {count} invalid events."),
            "reason": {
                "error_count": count,
                "error_types": [{ "code": code, "error_count": count, "sample_errors": samples }],
            },
            "validation_start": iso(times().min().unwrap_or(self.now)),
            "validation_end": iso(times().max().unwrap_or(self.now)),
        });
        let related = meter.map(|meter| {
            json!({
                "id": meter,
                "type": "billing.meter",
                "url": format!("/v1/billing/meters/{meter}"),
            })
        });
        self.emit_thin(kind, related.unwrap_or_default(), data);
    }
}

/// As v2 of the API writes times.
pub(crate) fn iso(time: u64) -> String {
    let seconds = i64::try_from(time).unwrap_or(0);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    format!("{time:.3}")
}
