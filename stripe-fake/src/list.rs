//! Pages of lists.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;

/// The page that a request asks for, of objects of which the newest come first.
pub(crate) fn page(objects: impl Iterator<Item = Value>, call: &Call<'_>) -> Answer {
    let limit = call.value("limit").and_then(Value::as_i64).unwrap_or(10);
    let limit = match usize::try_from(limit) {
        Ok(limit @ 1..=100) => limit,
        _ => {
            let message = "Invalid integer: limit must be between 1 and 100";
            return Err(ApiError::invalid(message).param("limit"));
        }
    };
    let mut objects: Vec<Value> = objects.collect();
    let place = |id: &str, name: &'static str| {
        let place = objects.iter().position(|object| object["id"] == id);
        place.ok_or_else(|| ApiError::missing("object", id).param(name))
    };
    let mut has_more = false;
    if let Some(last) = call.text("starting_after") {
        let place = place(last, "starting_after")?;
        objects.drain(..=place);
    } else if let Some(first) = call.text("ending_before") {
        let place = place(first, "ending_before")?;
        objects.truncate(place);
        has_more = place > limit;
        objects.drain(..place.saturating_sub(limit));
    }
    has_more |= objects.len() > limit;
    objects.truncate(limit);
    Ok(json!({ "object": "list", "data": objects, "has_more": has_more, "url": call.path }))
}

/// Whether a time is what `created`, which is a time or a range, asks for.
pub(crate) fn in_range(time: u64, asked: Option<&Value>) -> bool {
    let Some(asked) = asked else { return true };
    if let Some(exact) = asked.as_u64() {
        return time == exact;
    }
    let holds = |name: &str, test: fn(u64, u64) -> bool| {
        asked[name].as_u64().is_none_or(|bound| test(time, bound))
    };
    holds("gt", |time, bound| time > bound)
        && holds("gte", |time, bound| time >= bound)
        && holds("lt", |time, bound| time < bound)
        && holds("lte", |time, bound| time <= bound)
}
