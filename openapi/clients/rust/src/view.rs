//! A view: asking it.

use std::time::Duration;

use bytes::Bytes;

use crate::error::Error;
use crate::log::Log;

/// How much longer than the view a client waits: the server's own answer says how far it came.
const GRACE: Duration = Duration::from_secs(30);

/// A view by its name.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(crate) log: Log<'a>,
    pub(crate) name: &'a str,
}

/// What a view is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Answer from a state that holds at least this sequence.
    pub after: Option<u64>,
    /// How long to wait for it.
    pub timeout_ms: Option<u64>,
    /// The number of a version; the live one if nothing is said.
    pub version: Option<u64>,
    /// For the view.
    pub parameters: Vec<(String, String)>,
    /// For the view: the body.
    pub input: Bytes,
}

/// What a view answers, and the sequence that it reflects.
#[derive(Clone, Debug)]
pub struct QueryAnswer {
    /// The last event of the state that was asked.
    pub sequence: Option<u64>,
    /// What the body is.
    pub content_type: Option<String>,
    /// The answer.
    pub body: Bytes,
}

impl View<'_> {
    /// Asks the view.
    ///
    /// # Errors
    /// When no good answer came.
    pub async fn query(&self, query: &Query) -> Result<QueryAnswer, Error> {
        let client = self.log.client;
        let mut call = client
            .post(&["logs", self.log.name, "views", self.name, "query"])
            .query_if("after", query.after)
            .query_if("timeout_ms", query.timeout_ms)
            .query_if("version", query.version)
            .body("application/octet-stream", query.input.clone())
            .repeatable();
        if let Some(wait) = query.timeout_ms {
            call = call.timeout(Some(Duration::from_millis(wait).saturating_add(GRACE)));
        }
        for (name, value) in &query.parameters {
            call = call.query(name, value);
        }
        let received = client.send(&call).await?;
        Ok(QueryAnswer {
            sequence: received.sequence(),
            content_type: received.text("content-type").map(str::to_owned),
            body: received.body,
        })
    }
}
