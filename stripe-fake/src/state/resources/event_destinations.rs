//! Event destinations of v2 of the API, which take events that only name their object.

use serde_json::{Value, json};

use super::meter_errors::iso;
use super::webhook_endpoints::Endpoint;
use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let error = |message: &str, param: &str| Err(ApiError::invalid(message).param(param));
    if call.text("type") != Some("webhook_endpoint") {
        return error(
            "The fake has destinations of the type webhook_endpoint only.",
            "type",
        );
    }
    if call.text("event_payload") != Some("thin") {
        return error(
            "The fake has destinations of thin events only.",
            "event_payload",
        );
    }
    let Some(url) = call.text("webhook_endpoint/url").map(str::to_owned) else {
        return error(
            "Missing required param: webhook_endpoint.url.",
            "webhook_endpoint.url",
        );
    };
    let id = state.new_id("ed_test");
    let created = iso(state.now);
    let destination = json!({
        "id": id,
        "object": "v2.core.event_destination",
        "created": created,
        "description": call.or("description", ""),
        "enabled_events": call.or("enabled_events", json!([])),
        "event_payload": "thin",
        "events_from": ["self"],
        "livemode": false,
        "metadata": call.or("metadata", json!({})),
        "name": call.or("name", ""),
        "snapshot_api_version": null,
        "status": "enabled",
        "status_details": null,
        "type": "webhook_endpoint",
        "updated": created,
        "webhook_endpoint": null,
    });
    let endpoint = Endpoint::new(state, &id, &url, true, destination);
    let answer = shown(&endpoint, call, true);
    state.endpoints.insert(&id, endpoint);
    Ok(answer)
}

/// With what `include` asks for, which else is left out.
fn shown(endpoint: &Endpoint, call: &Call<'_>, created: bool) -> Value {
    let included = |name: &str| {
        let names = call.value("include").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|each| each == name))
    };
    let mut answer = endpoint.object.clone();
    let url = included("webhook_endpoint.url").then_some(&endpoint.url);
    let secret = endpoint.secrets.last().map(|secret| &secret.text);
    let secret = secret.filter(|_| created && included("webhook_endpoint.signing_secret"));
    if url.is_some() || secret.is_some() {
        answer["webhook_endpoint"] = json!({ "url": url, "signing_secret": secret });
    }
    answer
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let destinations = state
        .endpoints
        .iter()
        .rev()
        .filter(|each| each.thin && !each.deleted);
    let data: Vec<Value> = destinations.map(|each| shown(each, call, false)).collect();
    Ok(json!({ "data": data, "next_page_url": null, "previous_page_url": null }))
}

/// An event of v2, with the data that its notification leaves out.
pub(crate) fn retrieve_event(state: &State, call: &Call<'_>) -> Answer {
    let found = state.thin_events.get(call.id).cloned();
    found.ok_or_else(|| ApiError::missing("event", call.id))
}

impl State {
    /// Notes an event, and sends it without its data to the destinations that take it.
    pub(crate) fn emit_thin(&mut self, kind: &str, related: Value, data: Value) {
        let id = self.new_id("evt_test");
        let mut event = json!({
            "id": id,
            "object": "v2.core.event",
            "context": null,
            "created": iso(self.now),
            "livemode": false,
            "reason": null,
            "related_object": related,
            "type": kind,
        });
        let receivers = self.receivers(kind, true);
        self.send(&receivers, &id, kind, &event);
        event["data"] = data;
        self.thin_events.insert(&id, event);
    }
}
