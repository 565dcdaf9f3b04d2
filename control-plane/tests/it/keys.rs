//! `/keys`.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_key_is_shown_once_works_and_is_revoked_at_once() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let made = owner
        .post_json("/keys", json!({ "name": "ingest" }))
        .await
        .expect(201)
        .json();
    assert_eq!(made["role"], "member");
    let secret = made["key"].as_str().unwrap();
    assert!(protocol::api_key::ApiKey::parse(secret).is_ok());
    let client = server.with_token(secret);
    client.post("/logs/a", "").await.expect(201);
    let listed = owner.get("/keys").await.expect(200);
    assert!(!listed.text().contains(secret));
    let own = client.get("/keys").await.expect(200).json();
    assert!(
        own["keys"]
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key["name"] != "owner")
    );
    let path = format!("/keys/{}", made["id"].as_str().unwrap());
    owner.delete(&path).await.expect(200);
    client
        .get("/logs/a")
        .await
        .expect_error(401, "unauthenticated");
    owner.delete(&path).await.expect_error(404, "key_not_found");
    owner
        .delete("/keys/nonsense")
        .await
        .expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_key_is_never_above_its_maker() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let member = owner.with_role("member").await;
    for role in ["admin", "owner"] {
        let answer = member
            .post_json("/keys", json!({ "name": "x", "role": role }))
            .await;
        answer.expect_error(403, "forbidden");
    }
    member
        .post_json("/keys", json!({ "name": "x", "role": "read-only" }))
        .await
        .expect(201);
    let reader = owner.with_role("read-only").await;
    reader
        .post_json("/keys", json!({ "name": "x" }))
        .await
        .expect_error(403, "forbidden");
    let bad = owner
        .post_json("/keys", json!({ "name": "x", "role": "king" }))
        .await;
    bad.expect_error(400, "invalid_request");
    let past = json!({ "name": "x", "expires_at": "2020-01-01T00:00:00Z" });
    owner
        .post_json("/keys", past)
        .await
        .expect_error(400, "invalid_request");
    let none = json!({ "name": "x", "expires_at": "tomorrow" });
    owner
        .post_json("/keys", none)
        .await
        .expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_key_of_some_logs_finds_no_others() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("mine").await;
    owner.log("other").await;
    let body = json!({ "name": "x", "role": "admin", "logs": ["mine"] });
    let made = owner.post_json("/keys", body).await.expect(201).json();
    let limited = server.with_token(made["key"].as_str().unwrap());
    limited.post("/logs/mine/append", "x").await.expect(200);
    // The second time the log comes from memory.
    for _ in 0..2 {
        owner.get("/logs/other").await.expect(200);
        limited
            .get("/logs/other")
            .await
            .expect_error(404, "log_not_found");
    }
    limited
        .post("/logs/other/append", "x")
        .await
        .expect_error(404, "log_not_found");
    limited
        .delete("/logs/other")
        .await
        .expect_error(404, "log_not_found");
    limited
        .post("/logs/new", "")
        .await
        .expect_error(403, "forbidden");
    limited
        .post_json("/keys", json!({ "name": "all" }))
        .await
        .expect_error(403, "forbidden");
    let logs = limited.get("/logs").await.json();
    assert_eq!(logs["logs"].as_array().unwrap().len(), 1);
}
