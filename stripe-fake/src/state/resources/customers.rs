//! Customers.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::metadata;
use crate::state::State;

/// What of a customer a request can set, beside metadata.
const FIELDS: [&str; 6] = [
    "address",
    "description",
    "email",
    "name",
    "phone",
    "shipping",
];

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let id = state.new_id("cus");
    let mut customer = json!({
        "id": id,
        "object": "customer",
        "balance": 0,
        "created": state.now,
        "currency": null,
        "default_source": null,
        "delinquent": false,
        "discount": null,
        "invoice_prefix": state.letters(8).to_uppercase(),
        "invoice_settings": {
            "custom_fields": null,
            "default_payment_method": null,
            "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": metadata::new(call.value("metadata")),
        "next_invoice_sequence": 1,
        "preferred_locales": call.or("preferred_locales", json!([])),
        "tax_exempt": call.or("tax_exempt", "none"),
        "test_clock": null,
    });
    for field in FIELDS {
        customer[field] = call.or(field, Value::Null);
    }
    state.customers.insert(&id, customer.clone());
    Ok(customer)
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    find(state, call).cloned()
}

pub(crate) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let before = find(state, call)?.clone();
    let mut customer = before.clone();
    for field in FIELDS {
        if let Some(value) = call.params.get(field) {
            customer[field] = if value == "" {
                Value::Null
            } else {
                value.clone()
            };
        }
    }
    metadata::merge(&mut customer["metadata"], call.params.get("metadata"));
    if let Some(stored) = state.customers.get_mut(call.id) {
        *stored = customer.clone();
    }
    let changed = before.as_object().into_iter().flatten();
    let changed: serde_json::Map<_, _> = changed
        .filter(|(name, value)| customer[name.as_str()] != **value)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !changed.is_empty() {
        state.emit_change("customer.updated", customer.clone(), changed.into());
    }
    Ok(customer)
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Value, ApiError> {
    let found = state.customers.get(call.id);
    found.ok_or_else(|| ApiError::missing("customer", call.id))
}
