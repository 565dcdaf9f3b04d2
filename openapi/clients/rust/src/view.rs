//! A view: deploying and asking it.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use crate::error::{Error, ErrorAnswer};
use crate::log::Log;

/// How much longer than the view a client waits: the server's own answer says how far it came.
const GRACE: Duration = Duration::from_secs(30);

/// How long an upload may take: 100 MB over a slow line, and the compilation.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// How often a build is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

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

#[derive(Deserialize)]
struct Uploaded {
    version: u64,
}

#[derive(Deserialize)]
struct Status {
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
    state: String,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    message: String,
}

impl<'a> Log<'a> {
    /// A view of this log; nothing is sent yet.
    #[must_use]
    pub fn view(&self, name: &'a str) -> View<'a> {
        View { log: *self, name }
    }
}

impl View<'_> {
    /// Uploads a component as a new version and waits until it is live; returns its number.
    ///
    /// # Errors
    /// When it is refused or can't go live.
    pub async fn deploy(&self, component: impl Into<Bytes>) -> Result<u64, Error> {
        let client = self.log.client;
        let path = ["logs", self.log.name, "views", self.name];
        let call = client
            .post(&path)
            .body("application/wasm", component)
            .timeout(Some(UPLOAD_TIMEOUT));
        let Uploaded { version: number } = client.json(&call).await?;
        loop {
            let status: Status = client.json(&client.get(&path)).await?;
            let version = status.versions.into_iter().find(|it| it.version == number);
            match version {
                Some(version) if version.state == "building" => {
                    tokio::time::sleep(POLL_INTERVAL).await;
                }
                Some(version) if version.state == "failed" => {
                    let message = version.failure.map(|it| it.message).unwrap_or_default();
                    return Err(Error::Answer(ErrorAnswer {
                        status: 409,
                        error: format!("version {number} can't go live: {message}"),
                        code: Some("view_failed".to_owned()),
                        request_id: None,
                    }));
                }
                _ => return Ok(number),
            }
        }
    }

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
