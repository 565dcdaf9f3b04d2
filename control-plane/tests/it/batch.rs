//! `POST /logs/{log}/append_batch` in its four forms.

use reqwest::Method;
use serde_json::Value;

use crate::client::{Answer, Client, send};
use crate::server::Server;

async fn batch(client: &Client, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = client.request(Method::POST, "/logs/a/append_batch");
    send(request.header("content-type", content_type).body(body)).await
}

async fn data(client: &Client) -> Vec<Value> {
    let page = client.get("/logs/a/events").await.expect(200).json();
    let events = page["events"].as_array().unwrap().clone();
    events
        .into_iter()
        .map(|event| event["data"].clone())
        .collect()
}

#[tokio::test]
async fn each_form_keeps_the_bytes_of_its_events() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let raw = owner
        .post("/logs/a/append_batch?delimiter=%0A", "a\n\nb\n")
        .await
        .expect(200);
    assert_eq!(raw.text(), r#"{"sequences":[1,2,3],"success":true}"#);
    assert_eq!(raw.sequence(), 3);
    let lines = batch(&owner, "application/x-ndjson", "{\"n\": 1}\n\n[2]\n")
        .await
        .expect(200);
    assert_eq!(lines.json()["sequences"], serde_json::json!([4, 5]));
    let array = batch(
        &owner,
        "application/json; charset=utf-8",
        " [ {\"x\" : 1.0} , 7 ] ",
    )
    .await;
    assert_eq!(
        array.expect(200).json()["sequences"],
        serde_json::json!([6, 7])
    );
    let mut packed = Vec::new();
    protocol::packed::push(&mut packed, b"p");
    protocol::packed::push(&mut packed, b"\xff");
    let packed = batch(&owner, protocol::packed::MEDIA_TYPE, packed)
        .await
        .expect(200);
    assert_eq!(packed.json()["sequences"], serde_json::json!([8, 9]));
    let expected = [
        "a",
        "",
        "b",
        "{\"n\": 1}",
        "[2]",
        "{\"x\" : 1.0}",
        "7",
        "p",
        "/w==",
    ];
    assert_eq!(data(&owner).await, expected);
}

#[tokio::test]
async fn a_batch_that_breaks_a_rule_appends_nothing() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let ndjson = "application/x-ndjson";
    batch(&owner, "text/plain", "a")
        .await
        .expect_error(415, "unsupported_media_type");
    batch(&owner, ndjson, "")
        .await
        .expect_error(400, "empty_batch");
    batch(&owner, ndjson, "{}\n{")
        .await
        .expect_error(400, "malformed_batch");
    batch(&owner, "application/json", "{}")
        .await
        .expect_error(400, "malformed_batch");
    batch(&owner, protocol::packed::MEDIA_TYPE, "abc")
        .await
        .expect_error(400, "malformed_batch");
    let large = format!("{{}}\n\"{}\"", "x".repeat(1 << 20));
    batch(&owner, ndjson, large)
        .await
        .expect_error(413, "event_too_large");
    let many = "1\n".repeat(100_001);
    batch(&owner, ndjson, many)
        .await
        .expect_error(413, "batch_too_many_events");
    let huge = vec![b'\n'; (10 << 20) + 1];
    batch(&owner, ndjson, huge)
        .await
        .expect_error(413, "batch_too_large");
    for bad in ["delimiter=", "delimiter=%zz", "delimiter=a&delimiter=b"] {
        let answer = owner
            .post(&format!("/logs/a/append_batch?{bad}"), "a")
            .await;
        answer.expect_error(400, "invalid_delimiter");
    }
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 0);
}

#[tokio::test]
async fn a_batch_is_replayed_as_a_whole() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let send_batch = |body: &'static str| {
        let request = owner.request(Method::POST, "/logs/a/append_batch?delimiter=,");
        send(request.header("Idempotency-Key", "k").body(body))
    };
    let first = send_batch("a,b,c").await.expect(200);
    let again = send_batch("a,b,c,").await.expect(200);
    assert_eq!(first.body, again.body);
    assert_eq!(
        again.header("idempotency-replayed").as_deref(),
        Some("true")
    );
    send_batch("a,b")
        .await
        .expect_error(409, "idempotency_key_reused");
}
