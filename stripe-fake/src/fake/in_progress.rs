//! Requests that are being carried out at the moment, as far as they get into the way of others.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

/// What only one request at a time may have.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) enum Claim {
    IdempotencyKey(String),
    MeterEvents {
        event_name: String,
        customer: String,
    },
}

/// What is claimed, and the text of the request that has it.
#[derive(Clone, Default)]
pub(crate) struct InProgress(Arc<Mutex<HashMap<Claim, String>>>);

/// A claim, until it is dropped.
pub(crate) struct Claimed {
    claim: Claim,
    of: InProgress,
}

impl InProgress {
    /// # Errors
    /// The text of the request that has it already.
    pub(crate) fn claim(&self, claim: Claim, request: &str) -> Result<Claimed, String> {
        let mut claimed = self.0.lock();
        if let Some(other) = claimed.get(&claim) {
            return Err(other.clone());
        }
        claimed.insert(claim.clone(), request.to_owned());
        let of = self.clone();
        Ok(Claimed { claim, of })
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        self.of.0.lock().remove(&self.claim);
    }
}
