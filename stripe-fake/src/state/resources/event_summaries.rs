//! Summaries of meter events: what Stripe thinks that a customer has used.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::list;
use crate::state::State;

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let meter = state.meters.get(call.id);
    let meter = meter.ok_or_else(|| ApiError::missing("meter", call.id))?;
    let customer = call.text("customer").unwrap_or_default();
    state.customer(customer)?;
    let (start, end) = (bound(call, "start_time")?, bound(call, "end_time")?);
    if start >= end {
        let message = "start_time must be before end_time.";
        return Err(ApiError::invalid(message).param("start_time"));
    }
    let window = match call.text("value_grouping_window") {
        Some("hour") => 60 * 60,
        Some("day") => 24 * 60 * 60,
        _ => end - start,
    };
    let event_name = meter["event_name"].as_str().unwrap_or_default();
    let uses = state.meter_events.uses(event_name, customer).iter();
    let visible = uses.filter(|each| each.visible_at <= state.now);
    let mut sums = std::collections::BTreeMap::new();
    for each in visible.filter(|each| (start..end).contains(&each.timestamp)) {
        *sums
            .entry((each.timestamp - start) / window)
            .or_insert(0_u64) += each.value;
    }
    if call.text("value_grouping_window").is_none() {
        sums.entry(0).or_insert(0);
    }
    let summary = |(index, sum): (u64, u64)| {
        let from = start + index * window;
        let id = format!(
            "mtrusg_test_{}{customer}{from}",
            call.id.trim_start_matches("mtr_test_")
        );
        json!({
            "id": id,
            "object": "billing.meter_event_summary",
            "aggregated_value": sum,
            "end_time": from + window,
            "livemode": false,
            "meter": call.id,
            "start_time": from,
        })
    };
    let summaries: Vec<Value> = sums.into_iter().rev().map(summary).collect();
    list::page(summaries.into_iter(), call)
}

/// A bound of the time, which must be at the edge of a window.
fn bound(call: &Call<'_>, name: &'static str) -> Result<u64, ApiError> {
    let time = call.time(name).unwrap_or(0);
    let (seconds, edge) = match call.text("value_grouping_window") {
        Some("hour") => (60 * 60, "hour"),
        Some("day") => (24 * 60 * 60, "day (UTC)"),
        _ => (60, "minute"),
    };
    if !time.is_multiple_of(seconds) {
        let message = format!("{name} must be aligned with the start of a {edge}.");
        return Err(ApiError::invalid(message).param(name));
    }
    Ok(time)
}
