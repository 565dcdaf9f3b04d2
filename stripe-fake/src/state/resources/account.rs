//! The account of the key, and its balance.

use serde_json::json;

use crate::call::{Answer, Call};
use crate::state::State;

pub(crate) fn retrieve(state: &State, _call: &Call<'_>) -> Answer {
    Ok(json!({
        "id": state.account,
        "object": "account",
        "charges_enabled": true,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": true,
        "email": null,
        "metadata": {},
        "payouts_enabled": true,
        "type": "standard",
    }))
}

pub(crate) fn balance(state: &State, _call: &Call<'_>) -> Answer {
    let charged = state.charges.iter().filter(|charge| charge["paid"] == true);
    let amount: i64 = charged.filter_map(|charge| charge["amount"].as_i64()).sum();
    let none = json!({ "amount": 0, "currency": "usd", "source_types": { "card": 0 } });
    Ok(json!({
        "object": "balance",
        "available": [none],
        "livemode": false,
        "pending": [{ "amount": amount, "currency": "usd", "source_types": { "card": amount } }],
    }))
}
