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

#[tokio::test]
async fn a_rotated_key_has_a_new_secret_and_the_old_one_works_for_a_while() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let made = owner.post_json("/keys", json!({ "name": "ci" })).await;
    let made = made.expect(201).json();
    let id = made["id"].as_str().unwrap();
    let path = format!("/keys/{id}/rotate");
    let first = server.with_token(made["key"].as_str().unwrap());
    first.get("/logs").await.expect(200);

    // Without a body the overlap is a day.
    let rotated = owner.post(&path, "").await.expect(200).json();
    assert_eq!(
        (&rotated["id"], &rotated["role"]),
        (&made["id"], &made["role"])
    );
    assert_ne!(rotated["key"], made["key"]);
    let seconds = |field: &serde_json::Value| {
        let time: jiff::Timestamp = field.as_str().unwrap().parse().unwrap();
        time.as_second()
    };
    let overlap = seconds(&rotated["earlier_until"]) - seconds(&rotated["rotated_at"]);
    assert_eq!(overlap, 86_400);
    let second = server.with_token(rotated["key"].as_str().unwrap());
    for client in [&first, &second] {
        client.get("/logs").await.expect(200);
    }
    let keys = owner.get("/keys").await.json();
    assert_eq!(keys["keys"][0]["rotated_at"], rotated["rotated_at"]);
    let exchange = json!({ "api_key": made["key"] });
    let issued = owner.post_json("/auth/token", exchange.clone()).await;
    let issued = issued.expect(200).json();
    let session = server.with_token(issued["access_token"].as_str().unwrap());
    session.get("/logs").await.expect(200);

    let at_once = json!({ "overlap_secs": 0 });
    let rotated = owner.post_json(&path, at_once).await.expect(200).json();
    assert_eq!(rotated["earlier_until"], json!(null));
    for client in [&first, &second, &session] {
        client
            .get("/logs")
            .await
            .expect_error(401, "unauthenticated");
    }
    let refused = owner.post_json("/auth/token", exchange).await;
    refused.expect_error(401, "invalid_credentials");
    let third = server.with_token(rotated["key"].as_str().unwrap());
    third.get("/logs").await.expect(200);

    for overlap in [json!(2_592_001), json!(-1), json!("day")] {
        let body = json!({ "overlap_secs": overlap });
        let refused = owner.post_json(&path, body).await;
        refused.expect_error(400, "invalid_request");
    }
    let unknown = "/keys/0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f/rotate";
    let missing = owner.post(unknown, "").await;
    missing.expect_error(404, "key_not_found");
}

#[tokio::test]
async fn an_admin_gets_no_owner_s_key_by_rotating_it() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let keys = owner.get("/keys").await.json();
    let path = format!("/keys/{}/rotate", keys["keys"][0]["id"].as_str().unwrap());
    let admin = owner.with_role("admin").await;
    admin.post(&path, "").await.expect_error(403, "forbidden");
}

#[tokio::test]
async fn a_key_ends_with_the_key_that_made_it() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let made = owner.post_json("/keys", json!({ "name": "one" })).await;
    let one = made.expect(201).json();
    let client = server.with_token(one["key"].as_str().unwrap());
    let made = client.post_json("/keys", json!({ "name": "two" })).await;
    let two = made.expect(201).json();
    let other = server.with_token(two["key"].as_str().unwrap());
    other.get("/logs").await.expect(200);
    let path = format!("/keys/{}", one["id"].as_str().unwrap());
    let revoked = owner.delete(&path).await.expect(200).json();
    assert_eq!(revoked["revoked"], json!([one["id"], two["id"]]));
    for client in [&client, &other] {
        client
            .get("/logs")
            .await
            .expect_error(401, "unauthenticated");
    }
}

/// A key of some logs is an admin there, and not of the tenant's keys.
#[tokio::test]
async fn a_key_of_some_logs_sees_and_revokes_those_alone_that_it_made() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let body = json!({ "name": "limited", "role": "admin", "logs": ["a"] });
    let made = owner.post_json("/keys", body.clone()).await.expect(201);
    let limited = server.with_token(made.json()["key"].as_str().unwrap());
    let own = limited.post_json("/keys", body).await.expect(201).json();
    let listed = limited.get("/keys").await.expect(200).json();
    let ids: Vec<_> = listed["keys"].as_array().unwrap().iter().collect();
    assert_eq!((ids.len(), &ids[0]["id"]), (1, &own["id"]));
    let all = owner.get("/keys").await.expect(200).json();
    for key in all["keys"].as_array().unwrap() {
        let path = format!("/keys/{}", key["id"].as_str().unwrap());
        if key["id"] == own["id"] {
            limited
                .post(&format!("{path}/rotate"), "")
                .await
                .expect(200);
            limited.delete(&path).await.expect(200);
            continue;
        }
        for refused in [
            limited.post(&format!("{path}/rotate"), "").await,
            limited.delete(&path).await,
        ] {
            refused.expect_error(404, "key_not_found");
        }
    }
    owner.get("/tenants/me").await.expect(200);
}
