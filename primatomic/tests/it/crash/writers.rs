//! Clients that append until the server is gone.

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::ledger::{Ledger, Sent};
use crate::harness::Server;

/// Clients at the same time.
const WRITERS: usize = 16;

/// The API of one run of the server.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    url: String,
    key: String,
}

impl Api {
    pub(crate) fn new(server: &Server) -> Self {
        Self {
            client: Client::new(),
            url: server.url.clone(),
            key: server.key(),
        }
    }

    pub(crate) async fn create_logs(&self, prefix: &str, count: usize) -> Vec<String> {
        let mut logs = Vec::new();
        for number in 0..count {
            let name = format!("{prefix}-{number}");
            let call = self.client.post(format!("{}/logs", self.url));
            let call = call.bearer_auth(&self.key).json(&json!({"name": name}));
            assert!(call.send().await.unwrap().status().is_success());
            logs.push(name);
        }
        logs
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let call = self.client.get(format!("{}{path}", self.url));
        let answer = call.bearer_auth(&self.key).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Sends a request once. `None` when nobody answered it; any answer but success is a defect.
    async fn send(&self, sent: &Sent) -> Option<u64> {
        let operation = if sent.batch { "append_batch" } else { "append" };
        let path = format!("{}/logs/{}/{operation}", self.url, sent.log);
        let mut call = self.client.post(path).bearer_auth(&self.key);
        if sent.batch {
            call = call.header("content-type", "application/x-ndjson");
        }
        if let Some(key) = &sent.key {
            call = call.header("idempotency-key", key);
        }
        let answer = call.body(sent.events.join("\n")).send().await.ok()?;
        let status = answer.status();
        if status == 503 {
            // Sent by a server that stops.
            return None;
        }
        let body: Value = serde_json::from_slice(&answer.bytes().await.ok()?).unwrap();
        assert!(status.is_success(), "{status}: {body}");
        if !sent.batch {
            return body["sequence"].as_u64();
        }
        let sequences = body["sequences"].as_array().unwrap();
        let first = sequences[0].as_u64().unwrap();
        let expected: Vec<_> = (first..first + sent.events.len() as u64).collect();
        assert_eq!(json!(expected), body["sequences"]);
        Some(first)
    }
}

/// Writers under way.
pub(crate) struct Writing(JoinSet<Vec<Sent>>);

impl Writing {
    /// What they sent. Each ends at its first request without an answer.
    pub(crate) async fn finish(self) -> Vec<Sent> {
        self.0.join_all().await.concat()
    }
}

/// Starts the writers; they end when the server does.
pub(crate) fn write_until(api: &Api, logs: &[String], round: u32) -> Writing {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let api = api.clone();
        let logs = logs.to_vec();
        writers.spawn(async move {
            let mut all = Vec::new();
            for number in 0.. {
                let mut sent = make(&logs, &format!("{round}-{writer}-{number}"));
                sent.first = api.send(&sent).await;
                let gone = sent.first.is_none();
                all.push(sent);
                if gone {
                    break;
                }
            }
            all
        });
    }
    Writing(writers)
}

/// A request of a random kind: one event or a batch, with a key or without.
fn make(logs: &[String], id: &str) -> Sent {
    let mut rng = rand::rng();
    let batch = rng.random_ratio(1, 3);
    let count = if batch { rng.random_range(1..=20) } else { 1 };
    let padding = "x".repeat(rng.random_range(0..300));
    Sent {
        // Half of the requests meet in the first logs, so that appends to one log coalesce.
        log: logs[..if rng.random() { 2 } else { logs.len() }]
            .choose(&mut rng)
            .unwrap()
            .clone(),
        key: rng.random_ratio(2, 3).then(|| format!("key-{id}")),
        events: (0..count)
            .map(|event| json!({"id": format!("{id}-{event}"), "padding": padding}).to_string())
            .collect(),
        batch,
        first: None,
    }
}

/// Repeats what has a key and no answer until it has one, and some of what has one already: that
/// must get the same sequences again.
pub(crate) async fn retry_uncertain(api: &Api, ledger: &mut Ledger) {
    for sent in ledger.sent.iter_mut().filter(|it| it.key.is_some()) {
        match sent.first {
            None => {
                sent.first = api.send(sent).await;
                assert!(sent.first.is_some(), "no answer to {:?}", sent.key);
            }
            Some(first) if rand::rng().random_ratio(1, 20) => {
                assert_eq!(api.send(sent).await, Some(first), "{:?}", sent.key);
            }
            Some(_) => {}
        }
    }
}
