//! Quotas: how much of each thing a tenant may have, each with its own answer.

use std::time::{Duration, Instant};

use catalog::{Context, QuotaOverrides, Quotas};
use protocol::{RequestId, TenantId};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Answer, Client, send};
use crate::server::{Server, unlimited};

async fn server(quotas: Quotas) -> Server {
    let directory = tempfile::tempdir().unwrap();
    Server::with_quotas(directory, unlimited(), quotas).await
}

async fn tenant_id(client: &Client) -> TenantId {
    let tenant = client.get("/tenants/me").await.expect(200).json();
    TenantId(tenant["tenant_id"].as_str().unwrap().parse().unwrap())
}

impl Server {
    async fn set_quotas(&self, client: &Client, quotas: QuotaOverrides) {
        let tenant = tenant_id(client).await;
        let context = Context::system(RequestId::generate());
        let set = self.catalog.set_quotas(tenant, context, quotas).await;
        assert!(set.unwrap());
    }
}

fn text(answer: Answer, status: u16, code: &str) -> String {
    let answer = answer.expect_error(status, code);
    answer.json()["error"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_counted_in_rows_never_exceeds_its_quota_in_a_race() {
    let quotas = Quotas {
        logs: 5,
        keys: 6,
        ..Quotas::default()
    };
    let server = server(quotas).await;
    let owner = server.tenant("acme").await;
    let mut logs = JoinSet::new();
    let mut keys = JoinSet::new();
    for number in 0..20 {
        let client = owner.clone();
        logs.spawn(async move { client.post(&format!("/logs/log-{number}"), "").await });
        let client = owner.clone();
        keys.spawn(async move { client.post_json("/keys", json!({ "name": "x" })).await });
    }
    let made = |answers: &[Answer]| answers.iter().filter(|it| it.status == 201).count();
    let logs = logs.join_all().await;
    assert_eq!(made(&logs), 5);
    // The owner's own key is one of them.
    let keys = keys.join_all().await;
    assert_eq!(made(&keys), 5);
    let refused = logs.into_iter().find(|answer| answer.status != 201);
    let said = text(refused.unwrap(), 403, "log_limit_reached");
    assert_eq!(
        said,
        "the tenant has 5 logs, and may have 5; delete some first"
    );
    let refused = keys.into_iter().find(|answer| answer.status != 201);
    text(refused.unwrap(), 403, "key_limit_reached");
    owner.delete("/logs/log-0").await;
    let tenant = owner.get("/tenants/me").await.json();
    assert_eq!(tenant["quotas"]["keys"], json!({ "limit": 6, "used": 6 }));
}

#[tokio::test]
async fn stored_bytes_are_limited_and_deleting_makes_room() {
    let quotas = Quotas {
        storage_bytes: 1_000,
        ..Quotas::default()
    };
    let server = server(quotas).await;
    let owner = server.tenant("acme").await;
    let other = server.tenant("other").await;
    owner.log("a").await;
    owner.log("b").await;
    other.log("a").await;
    let event = "x".repeat(400);
    owner
        .post("/logs/a/append", event.clone())
        .await
        .expect(200);
    other
        .post("/logs/a/append", event.clone())
        .await
        .expect(200);
    // What the tenant has is known after a moment, and from then on exactly on one node.
    let used = async || {
        let tenant = owner.get("/tenants/me").await.json();
        tenant["quotas"]["storage_bytes"].clone()
    };
    let begun = Instant::now();
    while used().await["used"] != 400 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "{}",
            used().await
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let batch = format!("{},{}", "y".repeat(300), "z".repeat(300));
    let append = async |batch: &str| {
        let path = "/logs/b/append_batch?delimiter=,";
        let request = owner.request(reqwest::Method::POST, path);
        send(
            request
                .header("idempotency-key", "k")
                .body(batch.to_owned()),
        )
        .await
    };
    append(&batch).await.expect(200);
    assert_eq!(used().await, json!({ "limit": 1_000, "used": 1_000 }));
    let refused = owner.post("/logs/a/append", "x").await;
    assert_eq!(
        text(refused, 403, "storage_limit_reached"),
        "the tenant has stored 1000 bytes of events, and may store 1000; delete logs first, which \
         is noticed within a few seconds"
    );
    // A retry of what was stored gets its answer, and stores nothing.
    let repeated = append(&batch).await.expect(200);
    assert_eq!(
        repeated.header("idempotency-replayed").as_deref(),
        Some("true")
    );
    append("other")
        .await
        .expect_error(409, "idempotency_key_reused");
    // Its data can still be read, and another tenant is not concerned.
    owner.get("/logs/a/events").await.expect(200);
    other
        .post("/logs/a/append", event.clone())
        .await
        .expect(200);
    owner.delete("/logs/b").await.expect(200);
    owner.post("/logs/a/append", event).await.expect(200);
    assert_eq!(used().await["used"], 800);

    // It survives a restart: what was counted last is added up when the node stops.
    let token = owner.token().to_owned();
    let directory = server.stop().await;
    let server = Server::with_quotas(directory, unlimited(), quotas).await;
    let owner = server.with_token(&token);
    let tenant = owner.get("/tenants/me").await.json();
    assert_eq!(tenant["quotas"]["storage_bytes"]["used"], 800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn queries_at_a_time_are_limited() {
    let quotas = Quotas {
        queries: 2,
        ..Quotas::default()
    };
    let server = server(quotas).await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/views/v", example_views::counter())
        .await
        .expect(201);
    let mut queries = JoinSet::new();
    for _ in 0..12 {
        let client = owner.clone();
        // They wait for an event that never comes.
        let path = "/logs/a/views/v/query?after=1&timeout_ms=1500";
        queries.spawn(async move { client.post(path, "").await });
    }
    let mut statuses = Vec::new();
    let mut said = String::new();
    while let Some(answer) = queries.join_next().await {
        let answer = answer.unwrap();
        statuses.push(answer.status.as_u16());
        if answer.status == 503 {
            assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
            said = text(answer, 503, "query_limit_reached");
        }
    }
    statuses.sort_unstable();
    assert_eq!(statuses[..10], [503; 10]);
    assert_eq!(statuses[10..], [504; 2]);
    assert_eq!(
        said,
        "the tenant has 2 queries under way, and may have 2 at a time; send this one again when \
         one of them is answered"
    );
    // Their places are free again.
    let answer = owner.post("/logs/a/views/v/query?after=1&timeout_ms=1", "");
    answer.await.expect_error(504, "view_behind");
}

#[tokio::test]
async fn live_streams_at_a_time_are_limited() {
    let quotas = Quotas {
        streams: 2,
        ..Quotas::default()
    };
    let server = server(quotas).await;
    let owner = server.tenant("acme").await;
    let other = server.tenant("other").await;
    let open = async |client: &Client| {
        let request = client.request(reqwest::Method::GET, "/logs/a/events");
        let request = request.header("accept", "text/event-stream");
        request.send().await.unwrap()
    };
    owner.log("a").await;
    other.log("a").await;
    let first = open(&owner).await;
    let second = open(&owner).await;
    assert_eq!(
        (first.status(), second.status()),
        (reqwest::StatusCode::OK, reqwest::StatusCode::OK)
    );
    let refused = open(&owner).await;
    assert_eq!(refused.status(), 403);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["code"], "stream_limit_reached");
    assert_eq!(open(&other).await.status(), 200);
    drop(first);
    let begun = Instant::now();
    while open(&owner).await.status() != 200 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "no place is free"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_operator_gives_a_tenant_more_and_the_node_goes_by_it_at_once() {
    let quotas = Quotas {
        logs: 1,
        queries: 0,
        ..Quotas::default()
    };
    let server = server(quotas).await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let query = async || {
        let answer = owner.post("/logs/a/views/v/query", "").await;
        answer.code()
    };
    let upload = owner
        .post("/logs/a/views/v", example_views::counter())
        .await;
    upload.expect(201);
    assert_eq!(query().await, "query_limit_reached");
    let more = QuotaOverrides {
        logs: Some(2),
        queries: Some(1),
        ..QuotaOverrides::default()
    };
    server.set_quotas(&owner, more).await;
    owner.log("b").await;
    // The change is told to whatever remembers the tenant.
    let begun = Instant::now();
    while query().await == "query_limit_reached" {
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "it was not noticed"
        );
    }
    let tenant = owner.get("/tenants/me").await.json();
    assert_eq!(tenant["quotas"]["logs"], json!({ "limit": 2, "used": 2 }));
    assert_eq!(
        tenant["quotas"]["queries"],
        json!({ "limit": 1, "used": 0 })
    );
    let audit = owner
        .get("/tenants/me/audit?type=tenant_quotas_changed")
        .await;
    let event = &audit.json()["events"][0];
    assert_eq!(
        event["details"]["quotas"],
        json!({ "logs": 2, "queries": 1 })
    );
    assert_eq!(event["actor"], json!({ "kind": "system", "id": null }));
    server.set_quotas(&owner, QuotaOverrides::default()).await;
    let refused = owner.post("/logs/c", "").await;
    refused.expect_error(403, "log_limit_reached");
}
