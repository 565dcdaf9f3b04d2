//! What customers may do in the portal.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;
use crate::{list, metadata};

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let id = state.new_id("bpc");
    let mut configuration = json!({
        "id": id,
        "object": "billing_portal.configuration",
        "active": true,
        "application": null,
        "business_profile": { "headline": null, "privacy_policy_url": null, "terms_of_service_url": null },
        "created": state.now,
        "default_return_url": null,
        "features": {
            "customer_update": { "allowed_updates": [], "enabled": false },
            "invoice_history": { "enabled": false },
            "payment_method_update": { "enabled": false, "payment_method_configuration": null },
            "subscription_cancel": {
                "cancellation_reason": { "enabled": false, "options": [] },
                "enabled": false,
                "mode": "at_period_end",
                "proration_behavior": "none",
            },
            "subscription_update": {
                "billing_cycle_anchor": null,
                "default_allowed_updates": [],
                "enabled": false,
                "products": [],
                "proration_behavior": "none",
                "schedule_at_period_end": { "conditions": [] },
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": false,
        "livemode": false,
        "login_page": { "enabled": false, "url": null },
        "metadata": metadata::new(call.value("metadata")),
        "name": null,
        "updated": state.now,
    });
    apply(&mut configuration, call);
    state
        .portal_configurations
        .insert(&id, configuration.clone());
    Ok(configuration)
}

/// Puts what a request brings into a configuration.
fn apply(configuration: &mut Value, call: &Call<'_>) {
    for name in [
        "active",
        "business_profile",
        "default_return_url",
        "features",
        "login_page",
        "name",
    ] {
        if let Some(given) = call.params.get(name) {
            put(&mut configuration[name], given);
        }
    }
}

/// Objects are merged, everything else is replaced.
fn put(into: &mut Value, given: &Value) {
    match given {
        Value::Object(fields) if into.is_object() => {
            for (name, value) in fields {
                put(&mut into[name.as_str()], value);
            }
        }
        Value::String(text) if text.is_empty() => *into = Value::Null,
        given => *into = given.clone(),
    }
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let (active, default) = (call.flag("active"), call.flag("is_default"));
    let asked = |each: &&Value| {
        active.is_none_or(|active| each["active"] == active)
            && default.is_none_or(|default| each["is_default"] == default)
    };
    let found = state.portal_configurations.iter().rev().filter(asked);
    list::page(found.cloned(), call)
}

pub(crate) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let now = state.now;
    let found = state.portal_configurations.get_mut(call.id);
    let found = found.ok_or_else(|| ApiError::missing("configuration", call.id))?;
    apply(found, call);
    metadata::merge(&mut found["metadata"], call.params.get("metadata"));
    found["updated"] = now.into();
    Ok(found.clone())
}
