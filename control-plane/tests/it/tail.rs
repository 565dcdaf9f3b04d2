//! `GET /logs/{log}/events` as a live tail.

use std::time::Duration;

use control_plane::Options;
use futures::StreamExt as _;
use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::server::{Server, unlimited};

/// Events as an SSE client would see them.
struct Events {
    stream: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Events {
    async fn open(client: &Client, query: &str, last_seen: Option<u64>) -> Self {
        let mut request = client
            .request(Method::GET, &format!("/logs/a/events{query}"))
            .header("accept", "text/event-stream");
        if let Some(last) = last_seen {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            stream: response.bytes_stream().boxed(),
            text: String::new(),
        }
    }

    /// The next block; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let wait = tokio::time::timeout(Duration::from_secs(20), self.stream.next());
            let chunk = wait.await.expect("the tail says nothing")?;
            self.text
                .push_str(std::str::from_utf8(&chunk.ok()?).unwrap());
        }
    }

    async fn event(&mut self) -> Option<(u64, Value)> {
        loop {
            let block = self.block().await?;
            if block.starts_with(':') {
                continue;
            }
            let (id, data) = block.split_once('\n').unwrap();
            let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            return Some((id.strip_prefix("id: ").unwrap().parse().unwrap(), data));
        }
    }
}

#[tokio::test]
async fn there_is_no_gap_between_history_and_live() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let writer = owner.clone();
    let mut writing = tokio::task::JoinSet::new();
    writing.spawn(async move {
        for _ in 0..50 {
            writer
                .post("/logs/a/append_batch?delimiter=,", "a,b,c,d")
                .await
                .expect(200);
        }
    });
    for _ in 0..3 {
        let mut events = Events::open(&owner, "?from=1", None).await;
        for expected in 1..=200 {
            let (id, event) = events.event().await.unwrap();
            assert_eq!((id, &event["sequence"]), (expected, &expected.into()));
        }
    }
    writing.join_all().await;
}

#[tokio::test]
async fn a_tail_begins_at_a_time() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    for event in ["one", "two", "three"] {
        owner.post("/logs/a/append", event).await.expect(200);
    }
    let page = owner.get("/logs/a/events").await.expect(200).json();
    let time = page["events"][1]["timestamp"].as_str().unwrap();
    let mut events = Events::open(&owner, &format!("?at={time}"), None).await;
    let first = events.event().await.unwrap().1;
    assert_eq!(first["timestamp"], time);
    let mut events = Events::open(&owner, "?at=2999-01-01T00:00:00Z", None).await;
    owner.post("/logs/a/append", "four").await.expect(200);
    assert_eq!(events.event().await.unwrap().0, 4);
}

#[tokio::test]
async fn a_tail_with_a_filter_sends_what_matches_and_says_how_far_it_looked() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let append = async |number: u64| {
        let event = format!("{{\"n\":{number}}}");
        owner.post("/logs/a/append", event).await.expect(200);
    };
    for number in 1..=10 {
        append(number).await;
    }
    let query = "?from=1&filter=@.n%20%3E%3D%209&text=n";
    let mut events = Events::open(&owner, query, None).await;
    assert_eq!(events.event().await.unwrap().0, 9);
    assert_eq!(events.event().await.unwrap().0, 10);
    let said = async |events: &mut Events, through: u64, scanned: u64, matched: u64| {
        let block = events.block().await.unwrap();
        let counts =
            format!("{{\"sequence\":{through},\"scanned\":{scanned},\"matched\":{matched}}}");
        let expected = format!("event: scanned\nid: {through}\ndata: {counts}");
        assert_eq!(block, expected);
    };
    let began = std::time::Instant::now();
    said(&mut events, 10, 10, 2).await;
    for number in [1, 2, 3] {
        append(number).await;
    }
    said(&mut events, 13, 13, 2).await;
    assert!(began.elapsed() >= Duration::from_secs(1));
    append(11).await;
    assert_eq!(events.event().await.unwrap().0, 14);
    said(&mut events, 14, 14, 3).await;
}

#[tokio::test]
async fn a_client_goes_on_behind_what_it_saw() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/append_batch?delimiter=,", "a,b,c,d,e")
        .await
        .expect(200);
    let mut events = Events::open(&owner, "?from=1", Some(3)).await;
    assert_eq!(events.event().await.unwrap().0, 4);
    assert_eq!(events.event().await.unwrap().1["data"], "e");
    let mut live = Events::open(&owner, "", None).await;
    owner.post("/logs/a/append", "f").await.expect(200);
    assert_eq!(live.event().await.unwrap().1["data"], "f");
    assert_eq!(events.event().await.unwrap().0, 6);
}

#[tokio::test]
async fn a_tail_has_heartbeats_and_ends_with_its_key_or_the_server() {
    let options = Options {
        heartbeat: Duration::from_millis(100),
        ..unlimited()
    };
    let server = Server::with(options).await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let reader = owner.with_role("read-only").await;
    let mut events = Events::open(&reader, "", None).await;
    assert_eq!(events.block().await.unwrap(), ": connected");
    assert_eq!(events.block().await.unwrap(), ": heartbeat");
    let keys = owner.get("/keys").await.json();
    let keys = keys["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["name"] == "read-only").unwrap();
    owner
        .delete(&format!("/keys/{}", key["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert!(events.event().await.is_none());
    let mut other = Events::open(&owner, "", None).await;
    assert_eq!(other.block().await.unwrap(), ": connected");
    server.stop().await;
    assert!(other.event().await.is_none());
}

#[tokio::test]
async fn only_so_many_tails_are_open_at_a_time() {
    let options = Options {
        streams_max: 1,
        ..unlimited()
    };
    let server = Server::with(options).await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let mut first = Events::open(&owner, "", None).await;
    first.block().await.unwrap();
    let second = owner
        .request(Method::GET, "/logs/a/events")
        .header("accept", "text/event-stream");
    crate::client::send(second)
        .await
        .expect_error(503, "overloaded");
}
