//! Meter events: what customers have used.

use std::collections::HashMap;

use rand::RngExt as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::{meter_errors, meters};
use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;

const DAY: u64 = 24 * 60 * 60;
const PAST_MAX: u64 = 35 * DAY;
const AHEAD_MAX: u64 = 5 * 60;

/// How long an identifier can't be used again. Stripe promises "at least" this; after it, the same
/// identifier counts once more.
const IDENTIFIER_LIFETIME: u64 = DAY;

/// An event that was accepted, whether or not it counts.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MeterEvent {
    pub customer: String,
    pub event_name: String,
    pub value: u64,
    /// When it was used, in seconds since 1970.
    pub timestamp: u64,
    pub identifier: String,
    pub accepted_at: u64,
}

/// An event of a customer and a meter that there are.
pub(crate) struct Use {
    pub(crate) timestamp: u64,
    pub(crate) value: u64,
    /// When the summaries begin to show it.
    pub(crate) visible_at: u64,
}

#[derive(Default)]
pub(crate) struct MeterEvents {
    pub(crate) accepted: Vec<MeterEvent>,
    /// When each identifier was accepted.
    identifiers: HashMap<String, u64>,
    /// By the name of the event and the customer.
    uses: HashMap<(String, String), Vec<Use>>,
    pub(crate) errors: meter_errors::Errors,
}

impl MeterEvents {
    pub(crate) fn uses(&self, event_name: &str, customer: &str) -> &[Use] {
        let key = (event_name.to_owned(), customer.to_owned());
        self.uses.get(&key).map_or(&[], Vec::as_slice)
    }

    /// What was used in `[start, end)`, as far as it is known now.
    pub(crate) fn sum(&self, event_name: &str, customer: &str, start: u64, end: u64) -> u64 {
        let uses = self.uses(event_name, customer).iter();
        let within = uses.filter(|each| (start..end).contains(&each.timestamp));
        within.map(|each| each.value).sum()
    }
}

/// What two events must have in common to get into each other's way: the meter, by the name of its
/// events, and the customer.
pub(crate) fn lock_of(params: &Value, state: &State) -> Option<(String, String)> {
    let name = params["event_name"].as_str()?;
    Some((
        name.to_owned(),
        customer_of(params, state, name)?.to_owned(),
    ))
}

fn customer_of<'a>(params: &'a Value, state: &State, event_name: &str) -> Option<&'a str> {
    let meter = meters::by_event_name(state, event_name);
    let key = meter.and_then(|meter| meter["customer_mapping"]["event_payload_key"].as_str());
    params["payload"][key.unwrap_or("stripe_customer_id")].as_str()
}

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let name = call.text("event_name").unwrap_or_default().to_owned();
    let payload = |key: &str| {
        call.params["payload"][key]
            .as_str()
            .filter(|text| !text.is_empty())
    };
    let meter = meters::by_event_name(state, &name).cloned();
    let value_key = meter
        .as_ref()
        .and_then(|it| it["value_settings"]["event_payload_key"].as_str());
    let value_key = value_key.unwrap_or("value");
    let missing = |key: &str| {
        let name = format!("payload[{key}]");
        let error = ApiError::invalid(format!("Missing required param: {name}."));
        error.code("parameter_missing").param(name)
    };
    let customer = customer_of(call.params, state, &name).filter(|customer| !customer.is_empty());
    let customer = customer
        .ok_or_else(|| missing("stripe_customer_id"))?
        .to_owned();
    let value = payload(value_key).ok_or_else(|| missing(value_key))?;
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let Some(value) = value.parse::<u64>().ok().filter(|_| digits) else {
        let message = format!("Invalid value: {value}. A meter counts whole numbers.");
        return Err(ApiError::invalid(message).param(format!("payload[{value_key}]")));
    };
    let timestamp = timestamp(state, call)?;
    let identifier = match call.text("identifier") {
        Some(identifier) => identifier.to_owned(),
        None => state.letters(24),
    };
    take_identifier(state, &identifier)?;
    state.meter_events.accepted.push(MeterEvent {
        customer: customer.clone(),
        event_name: name.clone(),
        value,
        timestamp,
        identifier: identifier.clone(),
        accepted_at: state.now,
    });
    match meter {
        Some(meter) if state.customers.get(&customer).is_some() => {
            let window = meter["event_time_window"].as_str();
            record(state, (name.clone(), customer), window, timestamp, value);
        }
        meter => meter_errors::add(state, meter.as_ref(), &identifier),
    }
    Ok(json!({
        "object": "billing.meter_event",
        "created": state.now,
        "event_name": name,
        "identifier": identifier,
        "livemode": false,
        "payload": call.params["payload"],
        "timestamp": timestamp,
    }))
}

fn timestamp(state: &State, call: &Call<'_>) -> Result<u64, ApiError> {
    let Some(given) = call.value("timestamp") else {
        return Ok(state.now);
    };
    let given = given.as_u64().unwrap_or(0);
    let error = |message: &str| ApiError::invalid(message).param("timestamp");
    if given + PAST_MAX < state.now {
        let message = "The timestamp must be within the past 35 calendar days.";
        return Err(error(message).code("timestamp_too_far_in_past"));
    }
    if given > state.now + AHEAD_MAX {
        let message = "The timestamp must be at most 5 minutes in the future.";
        return Err(error(message).code("timestamp_in_future"));
    }
    Ok(given)
}

fn take_identifier(state: &mut State, identifier: &str) -> Result<(), ApiError> {
    if identifier.chars().count() > 100 {
        let message = "Invalid string: an identifier has at most 100 characters.";
        return Err(ApiError::invalid(message).param("identifier"));
    }
    let known = state.meter_events.identifiers.get(identifier);
    if known.is_some_and(|since| state.now < since + IDENTIFIER_LIFETIME) {
        let message = format!("An event already exists with identifier {identifier}.");
        return Err(ApiError::invalid(message).param("identifier"));
    }
    let now = state.now;
    state
        .meter_events
        .identifiers
        .insert(identifier.to_owned(), now);
    Ok(())
}

/// Counts an event, from now on for invoices and a little later for summaries.
fn record(
    state: &mut State,
    key: (String, String),
    window: Option<&str>,
    timestamp: u64,
    value: u64,
) {
    let delay = state.random.random_range(0..=state.summary_delay.as_secs());
    let used = Use {
        timestamp,
        value,
        visible_at: state.now + delay,
    };
    let uses = state.meter_events.uses.entry(key.clone()).or_default();
    // Such a meter takes one event for each window: the last that it got.
    let seconds = match window {
        Some("hour") => Some(60 * 60),
        Some("day") => Some(DAY),
        _ => None,
    };
    if let Some(seconds) = seconds {
        uses.retain(|each| each.timestamp / seconds != timestamp / seconds);
    }
    uses.push(used);
    state.update_drafts(&key.1);
}
