//! Events of v1: what has happened, with the object as it was then.

use serde_json::Value;

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::list;
use crate::state::State;

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let kind = call.text("type");
    let kinds = call.value("types").and_then(Value::as_array);
    let created = call.value("created");
    let asked = |event: &&Value| {
        kind.is_none_or(|kind| event["type"] == kind)
            && kinds.is_none_or(|kinds| kinds.contains(&event["type"]))
            && list::in_range(event["created"].as_u64().unwrap_or(0), created)
    };
    list::page(state.events.iter().rev().filter(asked).cloned(), call)
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    let found = state.events.get(call.id).cloned();
    found.ok_or_else(|| ApiError::missing("event", call.id))
}
