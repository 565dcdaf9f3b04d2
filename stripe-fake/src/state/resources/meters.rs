//! Meters. What they count can't be changed once they are there.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::list;
use crate::state::State;

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let name = call.text("event_name").unwrap_or_default();
    if by_event_name(state, name).is_some() {
        let message = format!("An active meter with event_name {name} already exists.");
        return Err(ApiError::invalid(message).param("event_name"));
    }
    if call.text("default_aggregation/formula") != Some("sum") {
        let message = "The fake has meters that sum, and no others.";
        return Err(ApiError::invalid(message).param("default_aggregation[formula]"));
    }
    let id = state.new_id("mtr_test");
    let meter = json!({
        "id": id,
        "object": "billing.meter",
        "created": state.now,
        "customer_mapping": {
            "event_payload_key": call.or("customer_mapping/event_payload_key", "stripe_customer_id"),
            "type": "by_id",
        },
        "default_aggregation": { "formula": "sum" },
        "display_name": call.or("display_name", Value::Null),
        "event_name": name,
        "event_time_window": call.or("event_time_window", Value::Null),
        "livemode": false,
        "status": "active",
        "status_transitions": { "deactivated_at": null },
        "updated": state.now,
        "value_settings": {
            "event_payload_key": call.or("value_settings/event_payload_key", "value"),
        },
    });
    state.meters.insert(&id, meter.clone());
    Ok(meter)
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let status = call.text("status");
    let asked = |meter: &&Value| status.is_none_or(|status| meter["status"] == status);
    list::page(state.meters.iter().rev().filter(asked).cloned(), call)
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    let found = state.meters.get(call.id).cloned();
    found.ok_or_else(|| ApiError::missing("meter", call.id))
}

/// The meter that counts the events of a name.
pub(crate) fn by_event_name<'a>(state: &'a State, name: &str) -> Option<&'a Value> {
    state
        .meters
        .iter()
        .find(|meter| meter["event_name"] == name)
}
