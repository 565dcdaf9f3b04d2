//! The errors that no operation raises itself.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::send;
use crate::server::Server;

#[tokio::test]
async fn unknown_addresses_and_methods_get_the_documented_error() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    for path in ["/nothing", "/logs/", "/logs/a/b/c/d", "/%ff"] {
        owner.get(path).await.expect_error(404, "not_found");
    }
    let wrong = send(owner.request(Method::PUT, "/logs/a")).await;
    assert_eq!(
        wrong.header("allow").as_deref(),
        Some("DELETE, GET, HEAD, PATCH, POST")
    );
    insta::assert_json_snapshot!(wrong.error(), @r#"
    {
      "body": {
        "code": "method_not_allowed",
        "error": "this address does not take this method; the header `Allow` lists those that it takes",
        "request_id": "…"
      },
      "status": 405
    }
    "#);
    let docs = send(owner.request(Method::POST, "/docs"))
        .await
        .expect_error(405, "method_not_allowed");
    assert_eq!(docs.header("allow").as_deref(), Some("GET, HEAD"));
}

#[tokio::test]
async fn pages_for_people_and_machines_are_served() {
    let server = Server::start().await;
    let anyone = server.anonymous();
    for path in ["/docs", "/docs/errors", "/docs/reference"] {
        let page = anyone.get(path).await.expect(200);
        assert_eq!(
            page.header("content-type").as_deref(),
            Some("text/html; charset=utf-8")
        );
        assert!(page.text().contains("href=\"/docs/concepts\""), "{path}");
    }
    anyone
        .get("/docs/nothing")
        .await
        .expect_error(404, "not_found");
    let document = anyone.get("/openapi.json").await.expect(200);
    assert_eq!(document.text(), control_plane::openapi_document());
    let health = anyone.get("/health").await.expect(200).json();
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["database"]["status"], "healthy");
    anyone.get("/health/live").await.expect(200);
    anyone.get("/health/ready").await.expect(200);
    let head = send(anyone.request(Method::HEAD, "/health/live"))
        .await
        .expect(200);
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn operations_of_the_first_release_ignore_what_they_do_not_know() {
    let released = include_str!("../../../openapi/released/0.1.0.json");
    let released: Value = serde_json::from_str(released).unwrap();
    let paths = released["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
    let released: HashSet<_> = operations
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    for (id, credentials) in control_plane::credentials() {
        assert!(credentials.lenient || !released.contains(id), "{id}");
    }
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let body = json!({ "name": "a", "unknown": { "field": 1 } });
    let made = owner.post_json("/logs?unknown=1", body).await;
    made.expect(201);
    owner.get("/logs?unknown=1&limit=1").await.expect(200);
    owner.get("/health?unknown=1").await.expect(200);
}
