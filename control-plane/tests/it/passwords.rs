//! Forgotten passwords.

use control_plane::Options;
use serde_json::{Value, json};

use crate::server::{PASSWORD, Server, unlimited};

fn reset(token: &str, password: &str) -> Value {
    json!({ "token": token, "password": password })
}

#[tokio::test]
async fn a_password_is_set_once_and_logs_its_person_out_everywhere() {
    let server = Server::start().await;
    let key = server.tenant("acme").await;
    let session = server.log_in("acme@example.org").await;
    session.get("/tenants/me").await.expect(200);
    let anyone = server.anonymous();
    let forgot = json!({ "email": "ACME@example.org" });
    anyone
        .post_json("/auth/forgot-password", forgot)
        .await
        .expect(200);
    let token = server.mailed_token("reset-password").await;
    for (body, code) in [
        (reset(&token, "short"), "invalid_password"),
        (reset(&token, "password123"), "common_password"),
        (reset(&token, "acme@example.org"), "common_password"),
        (reset("pr_made_up", "battery staple"), "invalid_token"),
    ] {
        let answer = anyone.post_json("/auth/reset-password", body).await;
        answer.expect_error(400, code);
    }
    let body = reset(&token, "battery staple");
    let answer = anyone.post_json("/auth/reset-password", body.clone()).await;
    answer.expect(200);
    let again = anyone.post_json("/auth/reset-password", body).await;
    again.expect_error(400, "invalid_token");
    session
        .get("/tenants/me")
        .await
        .expect_error(401, "unauthenticated");
    key.get("/tenants/me").await.expect(200);
    let login = |password: &str| json!({ "email": "acme@example.org", "password": password });
    let old = anyone.post_json("/auth/login", login(PASSWORD)).await;
    old.expect_error(401, "invalid_credentials");
    let new = anyone
        .post_json("/auth/login", login("battery staple"))
        .await;
    new.expect(200);
}

#[tokio::test]
async fn a_reset_does_not_tell_whether_an_address_is_known() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    let mut answers = Vec::new();
    for email in ["nobody@example.org", "acme@example.org"] {
        let answer = anyone
            .post_json("/auth/forgot-password", json!({ "email": email }))
            .await;
        answers.push(answer.expect(200).text());
    }
    assert_eq!(answers[0], answers[1]);
    server.mailed_token("reset-password").await;
    assert_eq!(server.mails().len(), 1, "nobody gets no mail");
    anyone
        .post_json("/auth/forgot-password", json!({ "email": "nobody" }))
        .await
        .expect_error(400, "invalid_email");
}

#[tokio::test]
async fn an_address_is_not_flooded_with_mails() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    for _ in 0..30 {
        anyone
            .post_json(
                "/auth/forgot-password",
                json!({ "email": "acme@example.org" }),
            )
            .await
            .expect(200);
    }
    // All of them work, since mails overtake each other.
    server.mailed_token("reset-password").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(server.mails().len(), 10);
}

#[tokio::test]
async fn a_link_expires() {
    let server = Server::with(Options {
        password_reset_ttl: std::time::Duration::ZERO,
        ..unlimited()
    })
    .await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    anyone
        .post_json(
            "/auth/forgot-password",
            json!({ "email": "acme@example.org" }),
        )
        .await
        .expect(200);
    let token = server.mailed_token("reset-password").await;
    anyone
        .post_json("/auth/reset-password", reset(&token, "battery staple"))
        .await
        .expect_error(400, "invalid_token");
}
