//! The few calls of the HTTP API that scenarios need to prepare and to check.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::load::Connection;

/// How long a control call may take.
const CALL_MAX: Duration = Duration::from_secs(60);
/// How long a view may take to be built.
const BUILD_MAX: Duration = Duration::from_secs(120);
/// How often a view that is being built is asked again.
const BUILD_POLL: Duration = Duration::from_millis(5);

/// Where the server is and who asks.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub address: SocketAddr,
    key: String,
}

impl Endpoint {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        Self {
            address,
            key: key.to_owned(),
        }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// A complete request, ready to be sent any number of times.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Vec<u8> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.key,
            body.len(),
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        request
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

    /// A request that queries a view, at the latest state or not before a sequence.
    pub(crate) fn query(&self, log: &str, view: &str, after: Option<u64>) -> Vec<u8> {
        let after = after.map_or_else(String::new, |after| format!("?after={after}"));
        let path = format!("/logs/{log}/views/{view}/query{after}");
        self.request("POST", &path, "application/octet-stream", b"")
    }

    /// # Errors
    /// When the server does not accept the connection.
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
    /// Sends a request and returns the body of a successful answer.
    ///
    /// # Errors
    /// When there is no answer, or one that reports an error.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        match self.attempt(request).await? {
            (status, body) if (200..300).contains(&status) => Ok(body),
            (status, body) => bail!(
                "the server answered {status} {}",
                String::from_utf8_lossy(&body)
            ),
        }
    }

    async fn attempt(&mut self, request: &[u8]) -> Result<(u16, Vec<u8>)> {
        let exchange = self.connection.exchange(request);
        let reply = tokio::time::timeout(CALL_MAX, exchange)
            .await
            .context("the server did not answer in time")??;
        Ok((reply.status, reply.body.to_vec()))
    }

    pub(crate) async fn health(&mut self) -> Result<()> {
        let endpoint = &self.endpoint;
        let request = endpoint.request("GET", "/health", "application/json", b"");
        self.call(&request)
            .await
            .context("the server is not well")?;
        Ok(())
    }

    pub(crate) async fn create_log(&mut self, name: &str) -> Result<()> {
        let body = format!("{{\"name\":\"{name}\"}}");
        let request = self
            .endpoint
            .request("POST", "/logs", "application/json", body.as_bytes());
        let created = self.call(&request).await;
        created.with_context(|| format!("can't create the log {name}"))?;
        Ok(())
    }

    /// A log whose events leave the hot log once they are archived.
    pub(crate) async fn create_archived_log(&mut self, name: &str) -> Result<()> {
        let body = format!(r#"{{"name":"{name}","retention":"archive"}}"#);
        let request = self
            .endpoint
            .request("POST", "/logs", "application/json", body.as_bytes());
        let created = self.call(&request).await;
        created.with_context(|| format!("can't create the log {name}"))?;
        Ok(())
    }

    /// Appends an event and returns its sequence.
    pub(crate) async fn append(&mut self, log: &str, event: &[u8]) -> Result<u64> {
        let request = self.endpoint.append(log, event);
        let answer = self.call(&request).await.context("can't append")?;
        let appended: Appended = serde_json::from_slice(&answer)
            .with_context(|| format!("unknown answer {}", String::from_utf8_lossy(&answer)))?;
        Ok(appended.sequence)
    }

    /// Appends a batch and returns the sequence of its last event.
    pub(crate) async fn append_batch(&mut self, log: &str, lines: &[u8]) -> Result<u64> {
        let request = self.endpoint.append_batch(log, lines);
        let answer = self.call(&request).await.context("can't append a batch")?;
        let appended: AppendedBatch =
            serde_json::from_slice(&answer).context("unknown answer to a batch")?;
        let last = appended.sequences.last().copied();
        last.context("the answer to a batch has no sequence")
    }

    pub(crate) async fn query(
        &mut self,
        log: &str,
        view: &str,
        after: Option<u64>,
    ) -> Result<Vec<u8>> {
        let request = self.endpoint.query(log, view, after);
        self.call(&request)
            .await
            .with_context(|| format!("can't query the view {view}"))
    }

    /// Uploads a component as a view and waits until it answers.
    pub(crate) async fn deploy(&mut self, log: &str, view: &str, component: &[u8]) -> Result<()> {
        let path = format!("/logs/{log}/views/{view}");
        let request = self
            .endpoint
            .request("POST", &path, "application/octet-stream", component);
        let deployed = self.call(&request).await;
        deployed.with_context(|| format!("can't deploy the view {view}"))?;
        self.wait_for_view(log, view, None).await?;
        Ok(())
    }

    /// Asks a view again and again while it is being built or loaded, and returns its answer.
    ///
    /// # Errors
    /// When it does not answer in time, or answers that it never will.
    pub(crate) async fn wait_for_view(
        &mut self,
        log: &str,
        view: &str,
        after: Option<u64>,
    ) -> Result<Vec<u8>> {
        let request = self.endpoint.query(log, view, after);
        let deadline = Instant::now() + BUILD_MAX;
        loop {
            match self.attempt(&request).await? {
                (200, body) => return Ok(body),
                (503 | 504, _) if Instant::now() < deadline => tokio::time::sleep(BUILD_POLL).await,
                (status, body) => bail!(
                    "the view {view} answered {status} {}",
                    String::from_utf8_lossy(&body)
                ),
            }
        }
    }
}
