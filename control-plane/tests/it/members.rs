//! `/tenants/me/members`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, send};
use crate::server::Server;

async fn patch(client: &Client, id: &str, role: &str) -> crate::client::Answer {
    let request = client.request(Method::PATCH, &format!("/tenants/me/members/{id}"));
    send(request.json(&json!({ "role": role }))).await
}

/// The id of a member, by the address.
async fn id_of(client: &Client, email: &str) -> String {
    let listed = client.get("/tenants/me/members").await.expect(200).json();
    let members = listed["members"].as_array().unwrap();
    let found = members.iter().find(|it| it["email"] == email).unwrap();
    found["user_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn members_are_listed_changed_and_removed() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let owner = server.log_in("acme@example.org").await;
    let grace = server.join(&owner, "grace@example.org", "member").await;
    let listed = grace.get("/tenants/me/members").await.expect(200).json();
    let roles: Vec<_> = listed["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["email"].clone(), it["role"].clone()))
        .collect();
    assert_eq!(
        roles,
        [
            (json!("acme@example.org"), json!("owner")),
            (json!("grace@example.org"), json!("member")),
        ]
    );
    assert_eq!(listed["next_cursor"], Value::Null);
    let id = id_of(&owner, "grace@example.org").await;
    let changed = patch(&owner, &id, "admin").await.expect(200).json();
    assert_eq!(
        (&changed["user_id"], &changed["role"]),
        (&json!(id), &json!("admin"))
    );
    // What the session was made with stays its ceiling; a new one has the new role.
    let grace = server.log_in("grace@example.org").await;
    let me = grace.get("/tenants/me").await.expect(200).json();
    assert_eq!(me["role"], "admin");
    patch(&grace, &id_of(&owner, "acme@example.org").await, "member")
        .await
        .expect_error(403, "forbidden");
    patch(&owner, &id, "king")
        .await
        .expect_error(400, "invalid_request");
    patch(&owner, &uuid::Uuid::nil().to_string(), "member")
        .await
        .expect_error(404, "member_not_found");
    let path = format!("/tenants/me/members/{id}");
    grace
        .delete(&path)
        .await
        .expect_error(400, "invalid_request");
    let removed = owner.delete(&path).await.expect(200).json();
    assert_eq!(removed, json!({ "success": true, "revoked_keys": 0 }));
    owner
        .delete(&path)
        .await
        .expect_error(404, "member_not_found");
    grace
        .get("/tenants/me")
        .await
        .expect_error(401, "unauthenticated");
}

#[tokio::test]
async fn a_demotion_and_a_removal_take_effect_at_once() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let owner = server.log_in("acme@example.org").await;
    let grace = server.join(&owner, "grace@example.org", "admin").await;
    let key = grace.with_role("admin").await;
    // Both are remembered by now.
    grace.post("/logs/a", "").await.expect(201);
    key.post("/logs/b", "").await.expect(201);
    let id = id_of(&owner, "grace@example.org").await;
    patch(&owner, &id, "read-only").await.expect(200);
    for client in [&grace, &key] {
        client.get("/logs/a").await.expect(200);
        client
            .post("/logs/c", "")
            .await
            .expect_error(403, "forbidden");
    }
    let removed = owner.delete(&format!("/tenants/me/members/{id}")).await;
    assert_eq!(removed.expect(200).json()["revoked_keys"], 1);
    for client in [&grace, &key] {
        client
            .get("/logs/a")
            .await
            .expect_error(401, "unauthenticated");
    }
    let login = json!({ "email": "grace@example.org", "password": "correct horse" });
    server
        .anonymous()
        .post_json("/auth/login", login)
        .await
        .expect_error(403, "forbidden");
}

/// Somebody else took the key over, and has not changed everything over yet.
#[tokio::test]
async fn an_earlier_secret_stops_at_once_with_the_person_who_gave_it() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let owner = server.log_in("acme@example.org").await;
    let grace = server.join(&owner, "grace@example.org", "admin").await;
    let first = grace.with_role("member").await;
    let exchange = async |key: &Client| {
        let body = json!({ "api_key": key.token() });
        let issued = server.anonymous().post_json("/auth/token", body).await;
        let token = issued.expect(200).json()["access_token"].clone();
        server.with_token(token.as_str().unwrap())
    };
    let of_first = exchange(&first).await;
    let keys = owner.get("/keys").await.expect(200).json();
    let path = format!("/keys/{}/rotate", keys["keys"][0]["id"].as_str().unwrap());
    let rotated = owner.post(&path, "").await.expect(200).json();
    let second = server.with_token(rotated["key"].as_str().unwrap());
    let of_second = exchange(&second).await;
    for client in [&first, &of_first, &second, &of_second] {
        client.get("/logs").await.expect(200);
    }
    let id = id_of(&owner, "grace@example.org").await;
    let removed = owner.delete(&format!("/tenants/me/members/{id}")).await;
    assert_eq!(removed.expect(200).json()["revoked_keys"], 0);
    for client in [&first, &of_first] {
        let refused = client.get("/logs").await;
        refused.expect_error(401, "unauthenticated");
    }
    for client in [&second, &of_second] {
        client.get("/logs").await.expect(200);
    }
}

#[tokio::test]
async fn the_owner_hands_over_in_person_and_is_an_admin_then() {
    let server = Server::start().await;
    let owner_key = server.tenant("acme").await;
    let owner = server.log_in("acme@example.org").await;
    server.join(&owner, "grace@example.org", "member").await;
    let id = id_of(&owner, "grace@example.org").await;
    patch(&owner_key, &id, "owner")
        .await
        .expect_error(403, "forbidden");
    patch(&owner, &id, "owner").await.expect(200);
    for client in [&owner, &owner_key] {
        let me = client.get("/tenants/me").await.expect(200).json();
        assert_eq!(me["role"], "admin");
    }
    patch(&owner, &id, "admin")
        .await
        .expect_error(403, "forbidden");
    let path = format!("/tenants/me/members/{id}");
    owner.delete(&path).await.expect_error(403, "forbidden");
    let grace = server.log_in("grace@example.org").await;
    let me = grace.get("/tenants/me").await.expect(200).json();
    assert_eq!(me["role"], "owner");
}

#[tokio::test]
async fn a_key_of_some_logs_changes_no_members() {
    let server = Server::start().await;
    let owner_key = server.tenant("acme").await;
    owner_key.log("mine").await;
    let owner = server.log_in("acme@example.org").await;
    server.join(&owner, "grace@example.org", "member").await;
    let id = id_of(&owner, "grace@example.org").await;
    let body = json!({ "name": "x", "role": "admin", "logs": ["mine"] });
    let made = owner_key.post_json("/keys", body).await.expect(201).json();
    let limited = server.with_token(made["key"].as_str().unwrap());
    patch(&limited, &id, "read-only")
        .await
        .expect_error(403, "forbidden");
    let path = format!("/tenants/me/members/{id}");
    limited.delete(&path).await.expect_error(403, "forbidden");
    // A key of the whole tenant may.
    let admin = owner_key.with_role("admin").await;
    patch(&admin, &id, "read-only").await.expect(200);
    admin.delete(&path).await.expect(200);
}
