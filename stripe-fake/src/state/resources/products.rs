//! Products.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;
use crate::{list, metadata};

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let id = match call.text("id") {
        Some(id) => id.to_owned(),
        None => state.new_id("prod"),
    };
    if state.products.get(&id).is_some() {
        let error = ApiError::invalid(format!("Product already exists: {id}"));
        return Err(error.code("resource_already_exists").param("id"));
    }
    let product = json!({
        "id": id,
        "object": "product",
        "active": call.or("active", true),
        "created": state.now,
        "default_price": null,
        "description": call.or("description", Value::Null),
        "images": call.or("images", json!([])),
        "livemode": false,
        "marketing_features": [],
        "metadata": metadata::new(call.value("metadata")),
        "name": call.or("name", Value::Null),
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": call.or("statement_descriptor", Value::Null),
        "tax_code": call.or("tax_code", Value::Null),
        "type": "service",
        "unit_label": call.or("unit_label", Value::Null),
        "updated": state.now,
        "url": call.or("url", Value::Null),
    });
    state.products.insert(&id, product.clone());
    Ok(product)
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let ids = call.value("ids").and_then(Value::as_array);
    let active = call.flag("active");
    let asked = |product: &&Value| {
        active.is_none_or(|active| product["active"] == active)
            && ids.is_none_or(|ids| ids.contains(&product["id"]))
    };
    list::page(state.products.iter().rev().filter(asked).cloned(), call)
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    let found = state.products.get(call.id).cloned();
    found.ok_or_else(|| ApiError::missing("product", call.id))
}
