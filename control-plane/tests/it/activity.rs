//! `GET /tenants/me/activity`.

use serde_json::{Value, json};

use crate::server::Server;

fn sum(body: &Value, field: &str) -> u64 {
    let series = body["series"].as_array().unwrap().iter();
    series.map(|step| step[field].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn what_a_tenant_does_is_counted_at_once() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let other = server.tenant("other").await;
    owner.log("a").await;
    let none = owner.get("/tenants/me/activity").await.expect(200).json();
    assert_eq!(none["step_seconds"], 300);
    assert_eq!(sum(&none, "appends"), 0);
    assert_eq!(none["series"][0]["query_p50_ms"], Value::Null);
    let batch = "/logs/a/append_batch?delimiter=,";
    owner.post(batch, "1,2,3").await.expect(200);
    owner.post("/logs/a/append", "4").await.expect(200);
    // What is refused before it comes to a log or a view is not counted.
    owner.post("/logs/b/append", "4").await.expect(404);
    owner.get("/logs/a/views/b/query").await.expect(404);
    let series = owner.get("/tenants/me/activity?step_seconds=60").await;
    let series = series.expect(200).json();
    assert_eq!((sum(&series, "events"), sum(&series, "appends")), (4, 2));
    assert_eq!(
        (sum(&series, "queries"), sum(&series, "failed_queries")),
        (0, 0)
    );
    let steps = series["series"].as_array().unwrap();
    assert_eq!(steps.len(), 1_440);
    assert_eq!(steps[0]["at"], series["since"]);
    let latencies: Vec<f64> = steps
        .iter()
        .filter_map(|step| step["append_p99_ms"].as_f64())
        .collect();
    assert!(!latencies.is_empty() && latencies.iter().all(|it| (0.01..60_000.0).contains(it)));
    let others = other.get("/tenants/me/activity").await.expect(200).json();
    assert_eq!(sum(&others, "events"), 0);
}

#[tokio::test]
async fn queries_are_counted_with_those_that_fail() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let upload = "/logs/a/views/total";
    owner
        .post(upload, example_views::counter())
        .await
        .expect(201);
    for _ in 0..3 {
        owner.get("/logs/a/views/total/query").await.expect(200);
    }
    let behind = "/logs/a/views/total/query?after=9&timeout_ms=1";
    owner.get(behind).await.expect(504);
    let series = owner.get("/tenants/me/activity").await.expect(200).json();
    assert_eq!(
        (sum(&series, "queries"), sum(&series, "failed_queries")),
        (4, 1)
    );
    let mut steps = series["series"].as_array().unwrap().iter();
    let step = steps.rfind(|step| step["queries"] != 0).unwrap();
    let [p50, p99] = ["query_p50_ms", "query_p99_ms"].map(|name| step[name].as_f64().unwrap());
    assert!(0.0 < p50 && p50 <= p99);
}

#[tokio::test]
async fn activity_is_kept_when_the_node_stops() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner.post("/logs/a/append", "1").await.expect(200);
    let token = owner.token().to_owned();
    let directory = server.stop().await;
    let server = Server::in_directory(directory, crate::server::unlimited()).await;
    let owner = server.with_token(&token);
    owner.post("/logs/a/append", "2").await.expect(200);
    let series = owner.get("/tenants/me/activity").await.expect(200).json();
    assert_eq!((sum(&series, "events"), sum(&series, "appends")), (2, 2));
}

#[tokio::test]
async fn steps_and_times_are_checked() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    for query in [
        "step_seconds=0",
        "step_seconds=90",
        "step_seconds=86460",
        "since=x",
        "since=2999-01-01T00:00:00Z",
        "since=2020-01-02T00:00:00Z&until=2020-01-01T00:00:00Z",
        "nothing=1",
    ] {
        let answer = owner.get(&format!("/tenants/me/activity?{query}")).await;
        answer.expect_error(400, "invalid_request");
    }
    // Of what is too old there is nothing.
    let old = "/tenants/me/activity?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z";
    let old = owner.get(old).await.expect(200).json();
    assert!(old["series"].as_array().unwrap().len() <= 1);
    let day = owner.get("/tenants/me/activity?step_seconds=86400").await;
    assert_eq!(day.expect(200).json()["step_seconds"], json!(86_400));
}
