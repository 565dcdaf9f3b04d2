//! Portal sessions: a customer looks after its subscription.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;

#[derive(Clone)]
pub(crate) struct PortalSession {
    pub(crate) customer: String,
    pub(crate) return_url: Option<String>,
}

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let Some(customer) = call.text("customer") else {
        let error = ApiError::invalid("Missing required param: customer.");
        return Err(error.code("parameter_missing").param("customer"));
    };
    state.customer(customer)?;
    let Some(configuration) = call.text("configuration") else {
        let message = "No configuration provided and your test mode default configuration has not \
                       been created.";
        return Err(ApiError::invalid(message));
    };
    let found = state.portal_configurations.get(configuration);
    let missing = || ApiError::missing("configuration", configuration).param("configuration");
    let default_return_url = found.ok_or_else(missing)?["default_return_url"].as_str();
    let return_url = call
        .text("return_url")
        .or(default_return_url)
        .map(str::to_owned);
    let id = state.new_id("bps");
    let session = PortalSession {
        customer: customer.to_owned(),
        return_url: return_url.clone(),
    };
    state.portal_sessions.insert(&id, session);
    Ok(json!({
        "id": id,
        "object": "billing_portal.session",
        "configuration": configuration,
        "created": state.now,
        "customer": customer,
        "customer_account": null,
        "flow": null,
        "livemode": false,
        "locale": call.or("locale", Value::Null),
        "on_behalf_of": null,
        "return_url": return_url,
        "url": format!("{}/portal/{id}", state.url),
    }))
}
