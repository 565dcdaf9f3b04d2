//! Endpoints that webhooks are sent to.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::{API_VERSION, State};
use crate::{list, metadata};

const ENDPOINTS_MAX: usize = 16;

/// A receiver of events.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    /// Whether it takes the thin events of v2, and not those of v1.
    pub(crate) thin: bool,
    /// The newest is the last.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) deleted: bool,
    /// As the API shows it.
    pub(crate) object: Value,
}

pub(crate) struct Secret {
    pub(crate) text: String,
    /// When it ends to sign, once there is a newer one.
    pub(crate) until: Option<u64>,
}

impl Endpoint {
    pub(crate) fn new(state: &mut State, id: &str, url: &str, thin: bool, object: Value) -> Self {
        tracing::info!(id, url, thin, "webhooks are sent to an endpoint");
        Self {
            url: url.to_owned(),
            thin,
            secrets: vec![new_secret(state)],
            deleted: false,
            object,
        }
    }

    /// Whether it takes events of a type.
    pub(crate) fn takes(&self, kind: &str) -> bool {
        let enabled = self.object["enabled_events"].as_array();
        let named = enabled
            .into_iter()
            .flatten()
            .any(|each| each == kind || each == "*");
        named && !self.deleted && self.object["status"] == "enabled"
    }
}

fn new_secret(state: &mut State) -> Secret {
    Secret {
        text: format!("whsec_{}", state.letters(32)),
        until: None,
    }
}

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let present = state
        .endpoints
        .iter()
        .filter(|each| !each.thin && !each.deleted);
    if present.count() >= ENDPOINTS_MAX {
        let message = "You have reached the maximum of 16 test webhook endpoints.";
        return Err(ApiError::invalid(message));
    }
    let url = call.text("url").unwrap_or_default();
    if !url.starts_with("http://") && !url.starts_with("https://") {
        let message = "Invalid URL: An explicit scheme (such as https) must be provided.";
        return Err(ApiError::invalid(message).code("url_invalid").param("url"));
    }
    let id = state.new_id("we");
    let object = json!({
        "id": id,
        "object": "webhook_endpoint",
        "api_version": call.or("api_version", API_VERSION),
        "application": null,
        "created": state.now,
        "description": call.or("description", Value::Null),
        "enabled_events": call.or("enabled_events", json!([])),
        "livemode": false,
        "metadata": metadata::new(call.value("metadata")),
        "status": "enabled",
        "url": url,
    });
    let endpoint = Endpoint::new(state, &id, url, false, object.clone());
    let mut answer = object;
    answer["secret"] = endpoint
        .secrets
        .last()
        .map(|secret| secret.text.as_str())
        .into();
    state.endpoints.insert(&id, endpoint);
    Ok(answer)
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let present = state
        .endpoints
        .iter()
        .rev()
        .filter(|each| !each.thin && !each.deleted);
    list::page(present.map(|each| each.object.clone()), call)
}

pub(crate) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let endpoint = find(state, call)?;
    if let Some(url) = call.text("url") {
        endpoint.url = url.to_owned();
    }
    for field in ["url", "enabled_events", "description"] {
        if let Some(value) = call.value(field) {
            endpoint.object[field] = value.clone();
        }
    }
    if let Some(disabled) = call.flag("disabled") {
        endpoint.object["status"] = if disabled { "disabled" } else { "enabled" }.into();
    }
    metadata::merge(
        &mut endpoint.object["metadata"],
        call.params.get("metadata"),
    );
    Ok(endpoint.object.clone())
}

pub(crate) fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    find(state, call)?.deleted = true;
    Ok(json!({ "id": call.id, "object": "webhook_endpoint", "deleted": true }))
}

fn find<'a>(state: &'a mut State, call: &Call<'_>) -> Result<&'a mut Endpoint, ApiError> {
    let found = state.endpoints.get_mut(call.id);
    let found = found.filter(|endpoint| !endpoint.thin && !endpoint.deleted);
    found.ok_or_else(|| ApiError::missing("webhook endpoint", call.id))
}

impl State {
    /// Gives an endpoint a new secret. The one until now also signs for some time, as when somebody
    /// rolls it in Stripe's dashboard.
    pub(crate) fn roll_secret(&mut self, endpoint: &str, overlap: u64) -> Option<String> {
        let secret = new_secret(self);
        let text = secret.text.clone();
        let now = self.now;
        let secrets = &mut self.endpoints.get_mut(endpoint)?.secrets;
        if let Some(last) = secrets.last_mut() {
            last.until = Some(now + overlap);
        }
        secrets.push(secret);
        Some(text)
    }
}
