//! A client of a cluster: somebody who works for a tenant.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::blocking::{Body, Client, Response};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Node;

/// How long an answer may take; debug builds on busy machines are slow.
const TIMEOUT: Duration = Duration::from_secs(60);
const BINARY: &str = "application/octet-stream";

/// A member of a tenant, or the holder of a key.
#[derive(Clone)]
pub struct Member {
    http: Client,
    token: String,
}

impl Member {
    /// Registers a tenant, proves the address, and logs in.
    pub fn register(node: &Node, short_name: &str) -> Result<Self> {
        let anyone = Self {
            http: Client::builder().timeout(TIMEOUT).build()?,
            token: String::new(),
        };
        let email = format!("owner@{short_name}.example");
        let password = format!("{:032x}", rand::random::<u128>());
        let owner = json!({
            "owner_email": email, "owner_password": password, "short_name": short_name
        });
        anyone.call(Method::POST, node, "/tenants", &owner)?;
        let verify = json!({ "token": node.mailed_token("verify")? });
        anyone.call(Method::POST, node, "/auth/verify-email", &verify)?;
        let login = json!({ "email": email, "password": password });
        let session = anyone.call(Method::POST, node, "/auth/login", &login)?;
        Ok(anyone.with_token(text(&session, "access_token")?))
    }

    /// Somebody with another token or key.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self {
            http: self.http.clone(),
            token: token.into(),
        }
    }

    /// # Errors
    /// When no answer comes. Any status is an answer.
    pub fn send(
        &self,
        method: Method,
        node: &Node,
        path: &str,
        body: impl Into<Body>,
        content_type: &str,
    ) -> Result<Response> {
        let mut request = self.http.request(method, format!("{}{path}", node.url));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let request = request.header("content-type", content_type).body(body);
        Ok(request.send()?)
    }

    /// A call of the API that must succeed.
    pub fn call(&self, method: Method, node: &Node, path: &str, body: &Value) -> Result<Value> {
        accepted(self.send(method, node, path, body.to_string(), "application/json")?)
    }

    /// Makes a key and returns it with its id.
    pub fn create_key(&self, node: &Node, name: &str) -> Result<(String, String)> {
        let made = self.call(Method::POST, node, "/keys", &json!({ "name": name }))?;
        Ok((text(&made, "key")?, text(&made, "id")?))
    }

    pub fn deploy(&self, node: &Node, log: &str, view: &str, component: &[u8]) -> Result<Value> {
        let path = format!("/logs/{log}/views/{view}");
        let wasm = "application/wasm";
        accepted(self.send(Method::POST, node, &path, component.to_vec(), wasm)?)
    }

    /// Appends an event and returns its sequence.
    pub fn append(&self, node: &Node, log: &str, event: &str) -> Result<u64> {
        let path = format!("/logs/{log}/append");
        let answer = accepted(self.send(Method::POST, node, &path, event.to_owned(), BINARY)?)?;
        answer["sequence"].as_u64().context("no sequence")
    }

    /// Follows a log live from a sequence, as a stream of server-sent events.
    pub fn tail(&self, node: &Node, log: &str, from: u64) -> Result<Response> {
        let url = format!("{}/logs/{log}/events?from={from}", node.url);
        let request = self.http.get(url).bearer_auth(&self.token);
        let answer = request.header("accept", "text/event-stream").send()?;
        Ok(answer.error_for_status()?)
    }

    /// Asks a view until it answers, and returns how long that took.
    ///
    /// # Errors
    /// When it answers with an error, or from a state before `after`.
    pub fn query(
        &self,
        node: &Node,
        log: &str,
        view: &str,
        after: u64,
    ) -> Result<(Value, Duration)> {
        let path = format!("/logs/{log}/views/{view}/query?after={after}");
        let start = Instant::now();
        loop {
            let answer = self.send(Method::POST, node, &path, "", BINARY)?;
            let is_away = answer.status() == StatusCode::SERVICE_UNAVAILABLE;
            if is_away && start.elapsed() < TIMEOUT {
                thread::sleep(Duration::from_millis(100));
                continue;
            }
            let sequence = answer.headers().get("primatomic-sequence");
            let sequence = sequence.and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
            let answer = accepted(answer)?;
            ensure!(
                sequence.is_some_and(|sequence| sequence >= after),
                "an answer from {sequence:?}, and {after} was asked for"
            );
            return Ok((answer, start.elapsed()));
        }
    }
}

/// The answer, if it is no error.
pub fn accepted(answer: Response) -> Result<Value> {
    let (status, url) = (answer.status(), answer.url().clone());
    let text = answer.text()?;
    ensure!(status.is_success(), "{url}: {status}: {text}");
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn text(answer: &Value, field: &str) -> Result<String> {
    let text = answer[field].as_str();
    text.map(ToOwned::to_owned)
        .with_context(|| format!("no {field} in {answer}"))
}
