//! Signing up, verifying, logging in and out, exchanging keys.

use reqwest::Method;
use serde_json::json;

use crate::client::send;
use crate::server::Server;

fn sign_up(name: &str) -> serde_json::Value {
    json!({
        "owner_email": format!("{name}@example.org"),
        "owner_password": "correct horse",
        "short_name": name,
    })
}

#[tokio::test]
async fn someone_signs_up_verifies_and_logs_in() {
    let server = Server::start().await;
    let anyone = server.anonymous();
    let made = anyone
        .post_json("/tenants", sign_up("acme"))
        .await
        .expect(201)
        .json();
    assert_eq!(
        (&made["role"], &made["email_verified"]),
        (&json!("owner"), &json!(false))
    );
    let login = json!({ "email": "ACME@example.org ", "password": "correct horse" });
    anyone
        .post_json("/auth/login", login.clone())
        .await
        .expect_error(403, "email_not_verified");
    let token = server.mailed_token("verify").await;
    let verify = json!({ "token": token });
    anyone
        .post_json("/auth/verify-email", verify.clone())
        .await
        .expect(200);
    anyone
        .post_json("/auth/verify-email", verify)
        .await
        .expect_error(400, "invalid_token");
    let session = anyone
        .post_json("/auth/login", login)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&session["token_type"], &session["expires_in"]),
        (&json!("Bearer"), &json!(3_600))
    );
    assert_eq!(session["tenants"][0]["tenant_id"], made["tenant_id"]);
    let client = server.with_token(session["access_token"].as_str().unwrap());
    let me = client.get("/tenants/me").await.expect(200).json();
    assert_eq!(
        (&me["short_name"], &me["tenant_id"]),
        (&json!("acme"), &made["tenant_id"])
    );
    client.post("/auth/logout", "").await.expect(200);
    client
        .get("/tenants/me")
        .await
        .expect_error(401, "unauthenticated");
    client
        .post("/auth/logout", "")
        .await
        .expect_error(401, "unauthenticated");
    anyone
        .post("/auth/logout", "")
        .await
        .expect_error(401, "unauthenticated");
}

#[tokio::test]
async fn a_login_does_not_tell_whether_an_address_is_known() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    let login = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        let anyone = anyone.clone();
        async move {
            anyone
                .post_json("/auth/login", body)
                .await
                .expect_error(401, "invalid_credentials")
                .error()
        }
    };
    let wrong = login("acme@example.org", "wrong password").await;
    assert_eq!(wrong, login("nobody@example.org", "wrong password").await);
    assert_eq!(wrong, login("no address", "wrong password").await);
    let resend = |email: &str| {
        let anyone = anyone.clone();
        let body = json!({ "email": email });
        async move {
            anyone
                .post_json("/auth/resend-verification", body)
                .await
                .expect(200)
                .text()
        }
    };
    assert_eq!(
        resend("acme@example.org").await,
        resend("nobody@example.org").await
    );
}

#[tokio::test]
async fn a_sign_up_is_checked() {
    let server = Server::start().await;
    let anyone = server.anonymous();
    anyone
        .post_json("/tenants", sign_up("acme"))
        .await
        .expect(201);
    anyone
        .post_json("/tenants", sign_up("acme"))
        .await
        .expect(409);
    for (field, value, status, code) in [
        ("short_name", "acme", 409, "name_taken"),
        ("short_name", "A b", 400, "invalid_name"),
        ("owner_email", "acme@example.org", 409, "email_taken"),
        ("owner_email", "nobody", 400, "invalid_email"),
        ("owner_password", "short", 400, "invalid_password"),
        ("owner_password", "password123", 400, "common_password"),
        (
            "owner_password",
            "Other@example.org",
            400,
            "common_password",
        ),
    ] {
        let mut body = sign_up("other");
        body[field] = value.into();
        anyone
            .post_json("/tenants", body)
            .await
            .expect_error(status, code);
    }
    let long = json!({
        "owner_email": "x@example.org", "owner_password": "x".repeat(129), "short_name": "x"
    });
    anyone
        .post_json("/tenants", long)
        .await
        .expect_error(400, "invalid_password");
}

#[tokio::test]
async fn a_key_is_exchanged_for_a_token_of_its_role() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let reader = owner.with_role("read-only").await;
    let anyone = server.anonymous();
    let exchange = |body| {
        let anyone = anyone.clone();
        async move { anyone.post_json("/auth/token", body).await }
    };
    let token = exchange(json!({ "api_key": reader.token(), "expires_in_secs": 60 }))
        .await
        .expect(200)
        .json();
    assert_eq!(token["expires_in"], 60);
    let client = server.with_token(token["access_token"].as_str().unwrap());
    client.get("/logs").await.expect(200);
    client
        .post("/logs/a", "")
        .await
        .expect_error(403, "forbidden");
    for seconds in [59, 86_401] {
        let body = json!({ "api_key": reader.token(), "expires_in_secs": seconds });
        exchange(body).await.expect_error(400, "invalid_request");
    }
    let unknown = protocol::api_key::ApiKey::generate();
    for key in ["", "pk_live_x", unknown.expose()] {
        exchange(json!({ "api_key": key }))
            .await
            .expect_error(401, "invalid_credentials");
    }
    // A token ends with the key that it came from.
    let keys = owner.get("/keys").await.json();
    let keys = keys["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["name"] == "read-only").unwrap();
    owner
        .delete(&format!("/keys/{}", key["id"].as_str().unwrap()))
        .await
        .expect(200);
    client
        .get("/logs")
        .await
        .expect_error(401, "unauthenticated");
}

#[tokio::test]
async fn requests_without_a_sound_token_are_turned_away() {
    let server = Server::start().await;
    let anyone = server.anonymous();
    let missing = anyone.get("/logs").await;
    assert_eq!(
        missing.header("www-authenticate").as_deref(),
        Some("Bearer")
    );
    insta::assert_json_snapshot!(missing.error(), @r#"
    {
      "body": {
        "code": "unauthenticated",
        "error": "send an API key or a token in the header `Authorization: Bearer …`",
        "request_id": "…"
      },
      "status": 401
    }
    "#);
    for header in ["Bearer nonsense", "Bearer ", "Basic abc", "nonsense"] {
        let request = anyone
            .request(Method::GET, "/logs")
            .header("authorization", header);
        send(request).await.expect_error(401, "unauthenticated");
    }
}
