//! A log: appending, reading, following.

use bytes::Bytes;
use serde::Deserialize;

use crate::client::{Call, Client};
use crate::error::Error;
use crate::event::{EventsPage, packed};

/// A log by its name or id.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    pub(crate) client: &'a Client,
    pub(crate) name: &'a str,
}

/// How an append is sent.
#[derive(Clone, Debug, Default)]
pub struct AppendOptions {
    /// Makes a repeated append harmless for an hour; a random one if nothing is said.
    pub idempotency_key: Option<String>,
    /// Append only if this is the log's head; 0 for an empty log.
    pub expected_sequence: Option<u64>,
}

#[derive(Deserialize)]
struct Appended {
    sequence: u64,
}

#[derive(Deserialize)]
struct AppendedBatch {
    sequences: Vec<u64>,
}

impl Client {
    /// A log by its name or id; nothing is sent yet.
    #[must_use]
    pub fn log<'a>(&'a self, name: &'a str) -> Log<'a> {
        Log { client: self, name }
    }

    /// Makes a log.
    ///
    /// # Errors
    /// When it can't be made; with the code `name_taken` when there is one of this name.
    pub async fn create_log<'a>(&'a self, name: &'a str) -> Result<Log<'a>, Error> {
        let body = serde_json::json!({ "name": name });
        self.send(&self.post(&["logs"]).json_body(&body)?).await?;
        Ok(self.log(name))
    }
}

impl Log<'_> {
    /// Appends an event and returns its sequence.
    ///
    /// # Errors
    /// When it is not known to be stored.
    pub async fn append(
        &self,
        event: impl Into<Bytes>,
        options: &AppendOptions,
    ) -> Result<u64, Error> {
        let call = self.client.post(&["logs", self.name, "append"]);
        let call = with_options(call, options)?.body("application/octet-stream", event);
        let appended: Appended = self.client.json(&call).await?;
        Ok(appended.sequence)
    }

    /// Appends events in one request, all of them or none, and returns their sequences.
    ///
    /// # Errors
    /// When they are not known to be stored.
    pub async fn append_batch<T: AsRef<[u8]>>(
        &self,
        events: &[T],
        options: &AppendOptions,
    ) -> Result<Vec<u64>, Error> {
        let call = self.client.post(&["logs", self.name, "append_batch"]);
        let call =
            with_options(call, options)?.body("application/vnd.primatomic.events", packed(events)?);
        let appended: AppendedBatch = self.client.json(&call).await?;
        Ok(appended.sequences)
    }

    /// Reads at most `limit` events from a sequence on.
    ///
    /// # Errors
    /// When no good answer came.
    pub async fn events(&self, from: u64, limit: u64) -> Result<EventsPage, Error> {
        let call = self
            .client
            .get(&["logs", self.name, "events"])
            .accept("application/json")
            .query("from", from)
            .query("limit", limit);
        self.client.json(&call).await
    }
}

fn with_options(call: Call, options: &AppendOptions) -> Result<Call, Error> {
    let key = options.idempotency_key.clone().unwrap_or_else(random_key);
    call.keyed(&key, options.expected_sequence)
}

/// An idempotency key that nobody used yet.
#[must_use]
pub fn random_key() -> String {
    uuid::Uuid::new_v4().to_string()
}
