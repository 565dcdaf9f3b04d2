//! Requests that are sent twice under one `Idempotency-Key` are carried out once.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::ApiError;

/// How long a key is remembered, by the fake's clock.
const KEY_LIFETIME_SECONDS: u64 = 24 * 60 * 60;

const KEY_LENGTH_MAX: usize = 255;

/// The keys of the last day.
#[derive(Default)]
pub(crate) struct Keys(HashMap<String, Entry>);

struct Entry {
    since: u64,
    request: String,
    /// Of the first request; nothing while it is being carried out.
    answer: Option<(u16, Value)>,
}

/// What to do with a request.
pub(crate) enum Decision {
    /// Carry it out, then say how it went by [`Keys::finish`] or [`Keys::forget`].
    Proceed,
    /// Answer as the first time.
    Replay(u16, Value),
}

impl Keys {
    /// Decides about a request, of which `request` is all that must be the same.
    pub(crate) fn begin(
        &mut self,
        key: &str,
        request: &str,
        now: u64,
    ) -> Result<Decision, ApiError> {
        if key.is_empty() || key.len() > KEY_LENGTH_MAX {
            let message = format!("Idempotency keys have 1 to {KEY_LENGTH_MAX} characters.");
            return Err(ApiError::invalid(message));
        }
        let alive = |entry: &&Entry| now < entry.since + KEY_LIFETIME_SECONDS;
        let Some(entry) = self.0.get(key).filter(alive) else {
            let entry = Entry {
                since: now,
                request: request.to_owned(),
                answer: None,
            };
            self.0.insert(key.to_owned(), entry);
            return Ok(Decision::Proceed);
        };
        if entry.request != request {
            return Err(ApiError::idempotency(
                400,
                format!(
                    "Keys for idempotent requests can only be used with the same parameters they \
                     were first used with. Try using a key other than '{key}' if you meant to \
                     execute a different request."
                ),
            ));
        }
        match &entry.answer {
            Some((status, body)) => Ok(Decision::Replay(*status, body.clone())),
            None => Err(ApiError::idempotency(
                409,
                format!(
                    "There is currently another in-progress request using this Idempotent Key: {key}."
                ),
            )
            .code("idempotency_key_in_use")),
        }
    }

    /// Keeps the answer for the next time.
    pub(crate) fn finish(&mut self, key: &str, status: u16, body: &Value) {
        if let Some(entry) = self.0.get_mut(key) {
            entry.answer = Some((status, body.clone()));
        }
    }

    /// Nothing was done, so that the next request is the first.
    pub(crate) fn forget(&mut self, key: &str) {
        self.0.remove(key);
    }
}
