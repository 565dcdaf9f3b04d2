//! Prices. The fake knows metered prices by unit; others are refused where they would be billed.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;
use crate::{list, metadata};

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let Some(product) = call.text("product") else {
        let message = "The fake takes the id of a product, not product_data.";
        return Err(ApiError::invalid(message).param("product"));
    };
    if state.products.get(product).is_none() {
        return Err(ApiError::missing("product", product).param("product"));
    }
    if call.text("billing_scheme") == Some("tiered") {
        let message = "The fake bills by unit only.";
        return Err(ApiError::invalid(message).param("billing_scheme"));
    }
    let (unit_amount, decimal) = unit_amount(call)?;
    let recurring = recurring(state, call)?;
    let lookup_key = call.text("lookup_key");
    take_lookup_key(state, call, lookup_key)?;
    let id = state.new_id("price");
    let price = json!({
        "id": id,
        "object": "price",
        "active": call.or("active", true),
        "billing_scheme": "per_unit",
        "created": state.now,
        "currency": call.or("currency", "usd"),
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": lookup_key,
        "metadata": metadata::new(call.value("metadata")),
        "nickname": call.or("nickname", Value::Null),
        "product": product,
        "recurring": recurring,
        "tax_behavior": call.or("tax_behavior", "unspecified"),
        "tiers_mode": null,
        "transform_quantity": null,
        "type": if recurring.is_null() { "one_time" } else { "recurring" },
        "unit_amount": unit_amount,
        "unit_amount_decimal": decimal,
    });
    state.prices.insert(&id, price.clone());
    Ok(price)
}

/// Whole cents, if it is whole cents; and the decimal, which always is there.
fn unit_amount(call: &Call<'_>) -> Result<(Option<i64>, String), ApiError> {
    let whole = call.value("unit_amount").and_then(Value::as_i64);
    let decimal = call.text("unit_amount_decimal");
    let error = |message: &str| ApiError::invalid(message).param("unit_amount");
    match (whole, decimal) {
        (Some(_), Some(_)) => Err(error(
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
        )),
        (None, None) => Err(error(
            "Either unit_amount or unit_amount_decimal is needed.",
        )),
        (Some(whole), None) if whole < 0 => Err(error("Invalid non-negative integer")),
        (Some(whole), None) => Ok((Some(whole), whole.to_string())),
        (None, Some(decimal)) if decimal.starts_with('-') => {
            Err(error("Invalid non-negative decimal").param("unit_amount_decimal"))
        }
        (None, Some(decimal)) => {
            let shown = match decimal.contains('.') {
                true => decimal.trim_end_matches('0').trim_end_matches('.'),
                false => decimal,
            };
            Ok((shown.parse().ok(), shown.to_owned()))
        }
    }
}

fn recurring(state: &State, call: &Call<'_>) -> Result<Value, ApiError> {
    let Some(given) = call.value("recurring") else {
        return Ok(Value::Null);
    };
    let metered = given["usage_type"] == "metered";
    match given["meter"].as_str() {
        None if metered => {
            let message = "Metered prices need a meter: recurring[meter] is missing.";
            return Err(ApiError::invalid(message).param("recurring[meter]"));
        }
        Some(_) if !metered => {
            let message = "recurring[meter] can only be set when recurring[usage_type] is metered.";
            return Err(ApiError::invalid(message).param("recurring[meter]"));
        }
        Some(meter) if state.meters.get(meter).is_none() => {
            return Err(ApiError::missing("meter", meter).param("recurring[meter]"));
        }
        _ => {}
    }
    Ok(json!({
        "interval": given["interval"],
        "interval_count": given.get("interval_count").cloned().unwrap_or_else(|| 1.into()),
        "meter": given.get("meter"),
        "trial_period_days": null,
        "usage_type": if metered { "metered" } else { "licensed" },
    }))
}

/// A lookup key belongs to one price. Another one gets it only with `transfer_lookup_key`.
fn take_lookup_key(
    state: &mut State,
    call: &Call<'_>,
    lookup_key: Option<&str>,
) -> Result<(), ApiError> {
    let Some(key) = lookup_key else { return Ok(()) };
    let owner = state
        .prices
        .iter_mut()
        .find(|price| price["lookup_key"] == key);
    match owner {
        Some(owner) if call.flag("transfer_lookup_key") == Some(true) => {
            owner["lookup_key"] = Value::Null;
            Ok(())
        }
        Some(owner) => {
            let owner = owner["id"].as_str().unwrap_or_default();
            let message = format!(
                "A price (`{owner}`) already uses that lookup key. Pass `transfer_lookup_key: true` \
                 to move it."
            );
            Err(ApiError::invalid(message).param("lookup_key"))
        }
        None => Ok(()),
    }
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let keys = call.value("lookup_keys").and_then(Value::as_array);
    let (product, active) = (call.text("product"), call.flag("active"));
    let asked = |price: &&Value| {
        keys.is_none_or(|keys| keys.contains(&price["lookup_key"]))
            && product.is_none_or(|product| price["product"] == product)
            && active.is_none_or(|active| price["active"] == active)
    };
    list::page(state.prices.iter().rev().filter(asked).cloned(), call)
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    let found = state.prices.get(call.id).cloned();
    found.ok_or_else(|| ApiError::missing("price", call.id))
}
