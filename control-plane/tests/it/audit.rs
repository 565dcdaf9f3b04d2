//! `/tenants/me/audit`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, send};
use crate::server::Server;

async fn audit(client: &Client, query: &str) -> Vec<Value> {
    let path = format!("/tenants/me/audit?{query}");
    let page = client.get(&path).await.expect(200).json();
    assert_eq!(page["next_cursor"], Value::Null);
    page["events"].as_array().unwrap().clone()
}

fn types(events: &[Value]) -> Vec<&str> {
    let types = events.iter().map(|event| event["type"].as_str().unwrap());
    types.collect()
}

#[tokio::test]
async fn changes_are_listed_newest_first_with_who_made_them() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let member = owner.with_role("member").await;
    let log = member.log("orders").await;
    owner.delete("/logs/orders").await.expect(200);
    let events = audit(&owner, "").await;
    assert_eq!(
        types(&events),
        [
            "log_deleted",
            "log_created",
            "key_created",
            "key_created",
            "member_added",
            "tenant_created"
        ]
    );
    let created = &events[1];
    assert_eq!(created["sequence"], 5);
    assert_eq!(created["details"]["log"], log);
    assert_eq!(created["details"]["name"], "orders");
    let key = &events[2]["details"];
    assert_eq!(
        created["actor"],
        json!({ "kind": "api_key", "id": key["key"] })
    );
    // Neither the key nor its hash is there.
    assert_eq!(key["name"], "member");
    assert!(key.get("sha256").is_none());
    let text = owner.get("/tenants/me/audit").await.text();
    let digest = sha256(member.token());
    assert!(!text.contains(member.token()) && !text.contains(&digest));
}

fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(Sha256::digest(text))
}

#[tokio::test]
async fn changes_are_filtered_and_paged() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let admin = owner.with_role("admin").await;
    let log = admin.log("a").await;
    let before = audit(&owner, "type=log_created").await[0]["at"].clone();
    let before = before.as_str().unwrap();
    admin.log("b").await;
    owner.post("/logs/c", "").await.expect(201);
    let count = async |query: &str| audit(&owner, query).await.len();
    let by = audit(&owner, "type=log_created").await[1]["actor"]["id"].clone();
    assert_eq!(count("type=log_created").await, 3);
    assert_eq!(count(&format!("actor={}", by.as_str().unwrap())).await, 2);
    assert_eq!(count("actor=system").await, 0);
    assert_eq!(count(&format!("about={log}")).await, 1);
    assert_eq!(count(&format!("type=log_created&until={before}")).await, 0);
    assert_eq!(count(&format!("type=log_created&since={before}")).await, 3);

    let first = owner.get("/tenants/me/audit?limit=4").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = audit(&owner, &format!("limit=4&cursor={cursor}")).await;
    let sequences = |events: &[Value]| -> Vec<u64> {
        let sequences = events.iter().map(|event| event["sequence"].as_u64());
        sequences.map(Option::unwrap).collect()
    };
    assert_eq!(sequences(first["events"].as_array().unwrap()), [7, 6, 5, 4]);
    assert_eq!(sequences(&rest), [3, 2, 1]);
    for bad in [
        "type=nonsense",
        "actor=nobody",
        "about=x",
        "since=now",
        "limit=0",
    ] {
        let answer = owner.get(&format!("/tenants/me/audit?{bad}")).await;
        answer.expect_error(400, "invalid_request");
    }
    let answer = owner.get("/tenants/me/audit?cursor=00").await;
    answer.expect_error(400, "invalid_cursor");
}

#[tokio::test]
async fn the_whole_log_comes_as_lines() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    // More than the stream reads at a time.
    for number in 0..1_100 {
        let path = format!("/logs/log-{number}");
        owner.post(&path, "").await.expect(201);
    }
    let export = async |accept: &str, query: &str| {
        let path = format!("/tenants/me/audit{query}");
        send(owner.request(Method::GET, &path).header("accept", accept)).await
    };
    let answer = export("application/x-ndjson", "").await.expect(200);
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/x-ndjson")
    );
    let text = answer.text();
    let sequences = text.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["sequence"].as_u64().unwrap()
    });
    assert!(sequences.eq((1..=1_103).rev()));
    let members = export("application/x-ndjson", "?type=member_added").await;
    assert_eq!(members.text().lines().count(), 1);
    let answer = export("text/html", "").await;
    answer.expect_error(406, "not_acceptable");
    let refused = owner.with_role("member").await;
    let request = refused.request(Method::GET, "/tenants/me/audit");
    let answer = send(request.header("accept", "application/x-ndjson")).await;
    answer.expect_error(403, "forbidden");
}

#[tokio::test]
async fn a_key_of_some_logs_does_not_see_what_happened_to_others() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let body = json!({ "name": "x", "role": "admin", "logs": ["a"] });
    let made = owner.post_json("/keys", body).await.expect(201).json();
    let limited = server.with_token(made["key"].as_str().unwrap());
    let answer = limited.get("/tenants/me/audit").await;
    answer.expect_error(403, "forbidden");
}
