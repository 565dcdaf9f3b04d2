//! For every operation of the document: an anonymous caller gets 401, another tenant 404, and too
//! low a role 403. A new operation that has no entry here fails.

use reqwest::Method;
use serde_json::Value;

use crate::client::{Answer, Client, send};
use crate::openapi::operations;
use crate::server::Server;

/// What callers get.
struct Expected {
    operation: &'static str,
    body: &'static str,
    /// A role that is too low, where there is one.
    too_low: Option<&'static str>,
    /// Whether it reaches something that belongs to a tenant.
    owned: bool,
}

const fn entry(operation: &'static str, too_low: Option<&'static str>, owned: bool) -> Expected {
    Expected {
        operation,
        body: "",
        too_low,
        owned,
    }
}

const READER: Option<&str> = Some("read-only");

/// Operations that need no token.
const PUBLIC: &[&str] = &[
    "createTenant",
    "login",
    "exchangeKey",
    "verifyEmail",
    "resendVerification",
    "health",
    "healthLive",
    "healthReady",
];

/// All others. `logout` and `getTenant`, and the lists, concern the caller alone.
const PRIVATE: &[Expected] = &[
    entry("getTenant", None, false),
    entry("readAudit", Some("member"), false),
    entry("logout", None, false),
    entry("listKeys", None, false),
    Expected {
        body: r#"{"name": "x"}"#,
        ..entry("createKey", READER, false)
    },
    entry("rotateKey", READER, true),
    entry("revokeKey", READER, true),
    entry("listLogs", None, false),
    Expected {
        body: r#"{"name": "new"}"#,
        ..entry("createLog", READER, false)
    },
    entry("createLogByName", READER, false),
    entry("getLog", None, true),
    Expected {
        body: "{}",
        ..entry("updateLog", READER, true)
    },
    entry("deleteLog", Some("member"), true),
    Expected {
        body: "x",
        ..entry("append", READER, true)
    },
    Expected {
        body: "x",
        ..entry("appendBatch", READER, true)
    },
    entry("readEvents", None, true),
    Expected {
        body: "x",
        ..entry("uploadView", READER, true)
    },
    entry("listViews", None, true),
    entry("getView", None, true),
    entry("deleteView", READER, true),
    entry("queryView", None, true),
    entry("queryViewByGet", None, true),
];

/// The path of an operation on the first tenant's log, view and key.
fn path(template: &str, log: &str, key: &str) -> String {
    let mut path = template
        .replace("{log}", log)
        .replace("{view}", "v")
        .replace("{id}", key);
    if path.ends_with("append_batch") {
        path.push_str("?delimiter=,");
    }
    path
}

async fn call(client: &Client, method: &str, path: &str, body: &'static str) -> Answer {
    let method: Method = method.parse().unwrap();
    send(client.request(method, path).body(body)).await
}

#[tokio::test]
async fn every_operation_is_closed_to_those_it_is_not_for() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let stranger = server.tenant("stranger").await;
    let log = owner.log("a").await;
    // The first of the tenant's keys that is listed is the newest: one that nobody needs below.
    let reader = owner.with_role("read-only").await;
    let member = owner.with_role("member").await;
    owner.with_role("admin").await;
    let keys = owner.get("/keys").await.json();
    let key = keys["keys"][0]["id"].as_str().unwrap().to_owned();
    let anyone = server.anonymous();
    for (method, template, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let is_public = operation["security"].as_array().is_none_or(Vec::is_empty);
        if PUBLIC.contains(&id) {
            assert!(is_public, "{id} asks for a token");
            continue;
        }
        let expected = PRIVATE.iter().find(|it| it.operation == id);
        let expected = expected.unwrap_or_else(|| panic!("{id} has no entry"));
        assert!(!is_public, "{id} asks for no token");
        let path = path(&template, &log, &key);
        let body = expected.body;
        call(&anyone, &method, &path, body)
            .await
            .expect_error(401, "unauthenticated");
        match expected.too_low {
            Some("read-only") => {
                call(&reader, &method, &path, body)
                    .await
                    .expect_error(403, "forbidden");
            }
            Some(_) => {
                call(&member, &method, &path, body)
                    .await
                    .expect_error(403, "forbidden");
            }
            None => {}
        }
        if expected.owned {
            let answer = call(&stranger, &method, &path, body).await.expect(404);
            let code = if ["rotateKey", "revokeKey"].contains(&id) {
                "key_not_found"
            } else {
                "log_not_found"
            };
            assert_eq!(answer.code(), code, "{id}");
        }
    }
    let state = owner.get("/logs/a").await.expect(200).json();
    assert_eq!(state["head_sequence"], 0);
}

#[tokio::test]
async fn what_belongs_to_another_tenant_looks_like_what_does_not_exist() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let stranger = server.tenant("stranger").await;
    let log = owner.log("a").await;
    let theirs = stranger.get(&format!("/logs/{log}")).await.error();
    let nobodys = "/logs/0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f";
    assert_eq!(theirs, stranger.get(nobodys).await.error());
    let logs: Value = stranger.get("/logs").await.json();
    assert_eq!(logs["logs"], serde_json::json!([]));
    // The same name is another log.
    stranger.log("a").await;
    stranger.post("/logs/a/append", "x").await.expect(200);
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 0);
}
