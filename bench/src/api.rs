//! The few calls of the HTTP API that scenarios need to prepare and to check.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::load::{Connection, Reply};

/// How long a control call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a view may take to be built.
const BUILD_TIMEOUT: Duration = Duration::from_secs(120);
/// How often a view that is being built is asked again.
const BUILD_POLL: Duration = Duration::from_millis(5);

/// Where the server is and who asks.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub address: SocketAddr,
    pub key: String,
}

impl Endpoint {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        Self {
            address,
            key: key.to_owned(),
        }
    }

    /// A complete request, ready to be sent any number of times.
    fn request(&self, method: &str, path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.key,
            body.len(),
        );
        [head.as_bytes(), body].concat()
    }

    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        self.request("GET", path, "application/json", b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Vec<u8> {
        let body = body.to_string();
        self.request("POST", path, "application/json", body.as_bytes())
    }

    /// A request that appends one event.
    pub(crate) fn append(&self, log: &str, event: &[u8]) -> Vec<u8> {
        let path = format!("/logs/{log}/append");
        self.request("POST", &path, "application/octet-stream", event)
    }

    /// A request that appends the lines of `lines` as a batch.
    pub(crate) fn append_batch(&self, log: &str, lines: &[u8]) -> Vec<u8> {
        let path = format!("/logs/{log}/append_batch");
        self.request("POST", &path, "application/x-ndjson", lines)
    }

    /// A request that uploads a component as a view.
    pub(crate) fn deploy(&self, log: &str, view: &str, component: &[u8]) -> Vec<u8> {
        let path = format!("/logs/{log}/views/{view}");
        self.request("POST", &path, "application/octet-stream", component)
    }

    /// A request that queries a view, at the latest state or not before a sequence.
    pub(crate) fn query(&self, log: &str, view: &str, after: Option<u64>) -> Vec<u8> {
        let after = after.map_or_else(String::new, |after| format!("?after={after}"));
        let path = format!("/logs/{log}/views/{view}/query{after}");
        self.request("POST", &path, "application/octet-stream", b"")
    }

    pub(crate) async fn connect(&self) -> Result<Api> {
        let connection = Connection::open(self.address).await;
        Ok(Api {
            endpoint: self.clone(),
            connection: connection.context("can't connect to the server")?,
        })
    }
}

/// A connection for calls whose answers matter.
#[derive(Debug)]
pub(crate) struct Api {
    pub endpoint: Endpoint,
    connection: Connection,
}

#[derive(Deserialize)]
struct Appended {
    sequence: u64,
}

#[derive(Deserialize)]
struct AppendedBatch {
    sequences: Vec<u64>,
}

impl Api {
    /// Sends a request and returns the body of a successful response.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        let reply = self.attempt(request).await?;
        ensure!(reply.is_success(), "the server answered {reply}");
        Ok(reply.body.to_vec())
    }

    /// The same, for a response of JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&mut self, request: &[u8]) -> Result<T> {
        let body = self.call(request).await?;
        serde_json::from_slice(&body)
            .with_context(|| format!("unknown response {}", String::from_utf8_lossy(&body)))
    }

    async fn attempt(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        let exchange = self.connection.exchange(request);
        let reply = tokio::time::timeout(CALL_TIMEOUT, exchange).await;
        Ok(reply.context("the server did not answer in time")??)
    }

    pub(crate) async fn health(&mut self) -> Result<()> {
        let health = self.call(&self.endpoint.get("/health")).await;
        health.map(drop).context("the server is not well")
    }

    pub(crate) async fn create_log(&mut self, name: &str) -> Result<()> {
        self.create_log_as(&json!({ "name": name })).await
    }

    /// Creates a log with more than a name.
    pub(crate) async fn create_log_as(&mut self, log: &Value) -> Result<()> {
        let created = self.call(&self.endpoint.post("/logs", log)).await;
        created
            .map(drop)
            .with_context(|| format!("can't create the log {log}"))
    }

    /// Appends an event and returns its sequence.
    pub(crate) async fn append(&mut self, log: &str, event: &[u8]) -> Result<u64> {
        let request = self.endpoint.append(log, event);
        let appended: Appended = self.json(&request).await.context("can't append")?;
        Ok(appended.sequence)
    }

    /// Appends a batch and returns the sequence of its last event.
    pub(crate) async fn append_batch(&mut self, log: &str, lines: &[u8]) -> Result<u64> {
        let request = self.endpoint.append_batch(log, lines);
        let appended = self.json(&request).await;
        let appended: AppendedBatch = appended.context("can't append a batch")?;
        let last = appended.sequences.last().copied();
        last.context("the response to a batch has no sequence")
    }

    pub(crate) async fn query(
        &mut self,
        log: &str,
        view: &str,
        after: Option<u64>,
    ) -> Result<Vec<u8>> {
        let request = self.endpoint.query(log, view, after);
        let queried = self.call(&request).await;
        queried.with_context(|| format!("can't query the view {view}"))
    }

    /// Uploads a component as a view and waits until it answers.
    pub(crate) async fn deploy(&mut self, log: &str, view: &str, component: &[u8]) -> Result<()> {
        let request = self.endpoint.deploy(log, view, component);
        let deployed = self.call(&request).await;
        deployed.with_context(|| format!("can't deploy the view {view}"))?;
        self.wait_for_view(log, view, None).await.map(drop)
    }

    /// Asks a view again and again while it is being built or loaded, and returns its answer.
    pub(crate) async fn wait_for_view(
        &mut self,
        log: &str,
        view: &str,
        after: Option<u64>,
    ) -> Result<Vec<u8>> {
        let request = self.endpoint.query(log, view, after);
        let deadline = Instant::now() + BUILD_TIMEOUT;
        loop {
            let reply = self.attempt(&request).await?;
            match reply.status {
                200 => return Ok(reply.body.to_vec()),
                503 | 504 if Instant::now() < deadline => tokio::time::sleep(BUILD_POLL).await,
                _ => bail!("the view {view} answered {reply}"),
            }
        }
    }
}

/// Checks what a view answered.
pub(crate) fn ensure_answer(answer: &[u8], expected: &[u8]) -> Result<()> {
    ensure!(
        answer == expected,
        "the view answered {:?} and not {:?}",
        String::from_utf8_lossy(answer),
        String::from_utf8_lossy(expected)
    );
    Ok(())
}
