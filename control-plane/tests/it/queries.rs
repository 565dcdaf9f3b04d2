//! Querying views.

use reqwest::Method;
use serde_json::json;

use crate::client::send;
use crate::server::Server;

/// The smallest view: it takes every event and answers with nothing.
pub(crate) static SILENT: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
    let core = wat::parse_str(
        r#"(module
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            (func (export "primatomic:machine/machine@0.0.1#init"))
            (func (export "primatomic:machine/machine@0.0.1#append") (param i32 i32))
            (func (export "primatomic:machine/machine@0.0.1#query") (param i32 i32) (result i32)
                i32.const 8)
            (func (export "primatomic:machine/machine@0.0.1#snapshot") (result i32) i32.const 8)
            (func (export "primatomic:machine/machine@0.0.1#restore") (param i32 i32)))"#,
    );
    let mut core = core.unwrap();
    let mut resolve = wit_parser::Resolve::default();
    let wit = include_str!("../../../wit/machine-0.0.1/machine.wit");
    let package = resolve.push_str("machine.wit", wit).unwrap();
    let world = resolve
        .select_world(&[package], Some("state-machine"))
        .unwrap();
    wit_component::embed_component_metadata(
        &mut core,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
        false,
    )
    .unwrap();
    wit_component::ComponentEncoder::default()
        .module(&core)
        .unwrap()
        .encode()
        .unwrap()
});

#[tokio::test]
async fn a_query_reads_what_was_appended_before_it() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/views/counter", example_views::counter())
        .await
        .expect(201);
    for turn in 1..=50_u64 {
        let appended = owner
            .post("/logs/a/append", r#"{"inc":2}"#)
            .await
            .expect(200);
        let sequence = appended.json()["sequence"].as_u64().unwrap();
        let path = format!("/logs/a/views/counter/query?after={sequence}");
        let answer = owner.post(&path, "").await.expect(200);
        assert_eq!(answer.text(), json!({ "value": 2 * turn }).to_string());
        assert_eq!(answer.sequence(), turn);
    }
    let alias = owner
        .post("/logs/a/views/counter/query?sequence=50", "")
        .await
        .expect(200);
    assert_eq!(
        alias.header("content-type").as_deref(),
        Some("application/octet-stream")
    );
    assert_eq!(
        alias.header("x-content-type-options").as_deref(),
        Some("nosniff")
    );
}

#[tokio::test]
async fn a_view_that_is_behind_says_how_far_it_is() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/views/counter", example_views::counter())
        .await
        .expect(201);
    owner
        .post("/logs/a/append", r#"{"inc":2}"#)
        .await
        .expect(200);
    let behind = owner
        .post("/logs/a/views/counter/query?after=9&timeout_ms=200", "")
        .await;
    insta::assert_json_snapshot!(behind.error(), @r#"
    {
      "body": {
        "applied": 1,
        "code": "view_behind",
        "error": "the view has applied sequence 1 and not yet 9",
        "request_id": "…"
      },
      "status": 504
    }
    "#);
    for (query, code) in [
        ("after=x", "invalid_sequence"),
        ("after=9007199254740992", "invalid_sequence"),
        ("version=x", "invalid_request"),
        ("timeout_ms=-1", "invalid_request"),
    ] {
        let answer = owner
            .get(&format!("/logs/a/views/counter/query?{query}"))
            .await;
        answer.expect_error(400, code);
    }
    owner
        .get("/logs/a/views/counter/query?as_of=1")
        .await
        .expect_error(501, "not_implemented");
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_sent_again() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post(
            "/logs/a/views/counter?content_type=application/json",
            example_views::counter(),
        )
        .await
        .expect(201);
    let path = "/logs/a/views/counter/query";
    let first = owner.get(path).await.expect(200);
    assert_eq!(
        first.header("content-type").as_deref(),
        Some("application/json")
    );
    let etag = first.header("etag").unwrap();
    let conditional = |etag: String| {
        send(
            owner
                .request(Method::GET, path)
                .header("if-none-match", etag),
        )
    };
    let same = conditional(etag.clone()).await.expect(304);
    assert!(same.body.is_empty());
    assert_eq!(same.header("etag"), Some(etag.clone()));
    conditional(format!("\"other\", W/{etag}"))
        .await
        .expect(304);
    conditional("\"other\"".to_owned()).await.expect(200);
    let other = owner
        .get("/logs/a/views/counter/query?x=1")
        .await
        .expect(200);
    assert_ne!(other.header("etag").unwrap(), etag);
    owner
        .post("/logs/a/append", r#"{"inc":2}"#)
        .await
        .expect(200);
    owner
        .get("/logs/a/views/counter/query?after=1")
        .await
        .expect(200);
    let changed = conditional(etag.clone()).await.expect(200);
    assert_ne!(changed.header("etag").unwrap(), etag);
}

/// The page `product/usage-metering.txt`, as `curl` would send it.
#[tokio::test]
async fn the_usage_metering_page_works_as_written() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let curl = |path: &str, body: &'static [u8]| {
        let request = owner.request(Method::POST, path);
        send(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body),
        )
    };
    let log = curl("/logs", br#"{"name": "customer-acme-usage"}"#)
        .await
        .expect(201)
        .json();
    let log = log["log_id"].as_str().unwrap();
    let event = br#"{"type": "api.call", "endpoint": "/v1/generate",
       "tokens_in": 150, "tokens_out": 420,
       "model": "gpt-4"}"#;
    let appended = curl(&format!("/logs/{log}/append"), event)
        .await
        .expect(200)
        .json();
    assert_eq!(appended["sequence"], 1);
    let view = format!("/logs/{log}/views/monthly-totals");
    let deployed = curl(&view, example_views::usage_metering())
        .await
        .expect(201)
        .json();
    assert!(deployed["view_id"].is_string());
    let month = &owner.get(&format!("/logs/{log}")).await.json()["last_append_at"];
    let month = month.as_str().unwrap()[..7].to_owned();
    let totals = curl(&format!("{view}/query?month={month}"), b"")
        .await
        .expect(200);
    assert_eq!(
        totals.text(),
        r#"{"gpt-4":{"tokens_in":150,"tokens_out":420}}"#
    );
    let by_get = owner
        .get(&format!("{view}/query?month={month}"))
        .await
        .expect(200);
    assert_eq!(by_get.text(), totals.text());
}
