//! `POST /logs/{log}/append`.

use reqwest::Method;

use crate::client::{Client, send};
use crate::server::Server;

async fn append_with(
    client: &Client,
    header: &str,
    value: &str,
    body: &str,
) -> crate::client::Answer {
    let request = client.request(Method::POST, "/logs/a/append");
    send(request.header(header, value).body(body.to_owned())).await
}

#[tokio::test]
async fn events_get_dense_sequences_whatever_their_content_type() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let id = owner.log("a").await;
    let first = owner.post("/logs/a/append", "one").await.expect(200);
    assert_eq!(first.text(), r#"{"sequence":1,"success":true}"#);
    assert_eq!(first.sequence(), 1);
    let form = owner
        .request(Method::POST, &format!("/logs/{id}/append"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(r#"{"type": "api.call"}"#);
    assert_eq!(send(form).await.expect(200).json()["sequence"], 2);
    let empty = owner.post("/logs/a/append", "").await.expect(200);
    assert_eq!(empty.json()["sequence"], 3);
    let events = owner.get("/logs/a/events").await.json();
    let data: Vec<_> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["data"])
        .collect();
    assert_eq!(data, ["one", r#"{"type": "api.call"}"#, ""]);
}

#[tokio::test]
async fn an_expected_sequence_must_be_the_head() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    append_with(&owner, "Expected-Sequence", "0", "x")
        .await
        .expect(200);
    let refused = append_with(&owner, "Expected-Sequence", "0", "x").await;
    assert_eq!(refused.sequence(), 1);
    insta::assert_json_snapshot!(refused.error(), @r#"
    {
      "body": {
        "code": "sequence_mismatch",
        "error": "the log's head is 1 and not 0",
        "head": 1,
        "request_id": "…"
      },
      "status": 409
    }
    "#);
    for bad in ["-1", "x", "", "1.0", "9007199254740992", "+1", " "] {
        let answer = append_with(&owner, "Expected-Sequence", bad, "x").await;
        answer.expect_error(400, "invalid_sequence");
    }
}

#[tokio::test]
async fn an_idempotency_key_appends_once() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let first = append_with(&owner, "Idempotency-Key", "k 1", "x")
        .await
        .expect(200);
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = append_with(&owner, "Idempotency-Key", "k 1", "x")
        .await
        .expect(200);
    assert_eq!(
        again.header("idempotency-replayed").as_deref(),
        Some("true")
    );
    assert_eq!(first.body, again.body);
    let other = append_with(&owner, "Idempotency-Key", "k 1", "y").await;
    other.expect_error(409, "idempotency_key_reused");
    let long = "x".repeat(256);
    for bad in ["", &long, "caf\u{e9}"] {
        let answer = append_with(&owner, "Idempotency-Key", bad, "x").await;
        answer.expect_error(400, "invalid_idempotency_key");
    }
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 1);
}

#[tokio::test]
async fn an_event_of_one_mebibyte_fits_and_one_byte_more_does_not() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/append", vec![b'x'; 1 << 20])
        .await
        .expect(200);
    let large = owner
        .post("/logs/a/append", vec![b'x'; (1 << 20) + 1])
        .await;
    insta::assert_json_snapshot!(large.error(), @r#"
    {
      "body": {
        "code": "event_too_large",
        "error": "an event has at most 1048576 bytes",
        "request_id": "…"
      },
      "status": 413
    }
    "#);
    // Without a Content-Length the limit is the same.
    let chunks =
        futures::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 1 << 16])));
    let body = reqwest::Body::wrap_stream(chunks);
    owner
        .post("/logs/a/append", body)
        .await
        .expect_error(413, "event_too_large");
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 1);
}

#[tokio::test]
async fn a_missing_log_is_not_found_and_a_bad_name_is_said_to_be_one() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner
        .post("/logs/none/append", "x")
        .await
        .expect_error(404, "log_not_found");
    let unknown = "/logs/0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f/append";
    owner
        .post(unknown, "x")
        .await
        .expect_error(404, "log_not_found");
    owner
        .post("/logs/a%20b/append", "x")
        .await
        .expect_error(400, "invalid_name");
    owner
        .post("/logs/%ff/append", "x")
        .await
        .expect_error(400, "invalid_request");
}
