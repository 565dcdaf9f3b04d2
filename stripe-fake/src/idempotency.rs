//! Requests that are sent twice under one `Idempotency-Key` are carried out once.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::ApiError;

/// How long a key is remembered, by the fake's clock.
const KEY_LIFETIME_SECONDS: u64 = 24 * 60 * 60;

const KEY_LENGTH_MAX: usize = 255;

/// The keys of the last day, with what was answered.
#[derive(Default)]
pub(crate) struct Keys(HashMap<String, Entry>);

struct Entry {
    since: u64,
    request: String,
    answer: (u16, Value),
}

impl Keys {
    /// What was answered to a request, of which `request` is all that must be the same.
    pub(crate) fn answer(
        &self,
        key: &str,
        request: &str,
        now: u64,
    ) -> Result<Option<(u16, Value)>, ApiError> {
        if key.is_empty() || key.len() > KEY_LENGTH_MAX {
            let message = format!("Idempotency keys have 1 to {KEY_LENGTH_MAX} characters.");
            return Err(ApiError::invalid(message));
        }
        let alive = |entry: &&Entry| now < entry.since + KEY_LIFETIME_SECONDS;
        match self.0.get(key).filter(alive) {
            Some(entry) if entry.request != request => Err(other_request(key)),
            found => Ok(found.map(|entry| entry.answer.clone())),
        }
    }

    /// Keeps the answer to a request that was carried out.
    pub(crate) fn keep(&mut self, key: &str, request: String, answer: (u16, Value), now: u64) {
        let entry = Entry {
            since: now,
            request,
            answer,
        };
        self.0.insert(key.to_owned(), entry);
    }
}

/// The key came with another request before.
pub(crate) fn other_request(key: &str) -> ApiError {
    let message = format!(
        "Keys for idempotent requests can only be used with the same parameters they were first \
         used with. Try using a key other than '{key}' if you meant to execute a different request."
    );
    ApiError::idempotency(400, message)
}

/// The same request is being carried out at the moment.
pub(crate) fn in_use(key: &str) -> ApiError {
    let message =
        format!("There is currently another in-progress request using this Idempotent Key: {key}.");
    ApiError::idempotency(409, message).code("idempotency_key_in_use")
}
