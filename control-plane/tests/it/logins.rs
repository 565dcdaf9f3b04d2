//! Guessing passwords: what it tells, and whom it keeps out.

use std::time::Duration;

use control_plane::Options;
use reqwest::Method;
use serde_json::json;

use crate::client::{Answer, Client, send};
use crate::server::{PASSWORD, Server, unlimited};

/// A server behind a proxy that says where requests come from.
async fn server() -> Server {
    Server::with(Options {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..unlimited()
    })
    .await
}

pub(crate) async fn log_in(anyone: &Client, from: &str, email: &str, password: &str) -> Answer {
    let request = anyone.request(Method::POST, "/auth/login");
    let body = json!({ "email": email, "password": password });
    send(request.header("x-forwarded-for", from).json(&body)).await
}

/// Guesses until the network has to wait at least so many seconds, and says how many guesses were
/// looked at and how long the wait is.
async fn guess(anyone: &Client, from: &str, email: &str, seconds: u64) -> (u32, u64) {
    let mut looked_at = 0;
    loop {
        let answer = log_in(anyone, from, email, "wrong password").await;
        if answer.status == 401 {
            answer.expect_error(401, "invalid_credentials");
            looked_at += 1;
            continue;
        }
        let wait = answer.header("retry-after").unwrap().parse().unwrap();
        answer.expect_error(403, "too_many_attempts");
        if wait >= seconds {
            return (looked_at, wait);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn whoever_guesses_waits_and_nobody_else_does() {
    let server = server().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    let (known, unknown) = ("acme@example.org", "nobody@example.org");
    // A known and an unknown address are treated alike. On a slow machine a wait of a second is over
    // when the password has been looked at, so it may take some more guesses.
    for email in [known, unknown] {
        let (looked_at, _) = guess(&anyone, "192.0.2.1", email, 1).await;
        assert!((10..15).contains(&looked_at), "{looked_at}");
    }
    let (_, wait) = guess(&anyone, "192.0.2.1", known, 4).await;
    assert!(wait <= 900, "{wait}");
    // Not even the right password is looked at meanwhile, from there.
    log_in(&anyone, "192.0.2.1", known, PASSWORD)
        .await
        .expect_error(403, "too_many_attempts");
    log_in(&anyone, "192.0.2.2", known, PASSWORD)
        .await
        .expect(200);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    for _ in 0..2 {
        log_in(&anyone, "192.0.2.1", known, PASSWORD)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn an_attack_from_many_networks_locks_nobody_out() {
    let server = server().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    let email = "acme@example.org";
    log_in(&anyone, "198.51.100.7", email, PASSWORD)
        .await
        .expect(200);
    for number in 0..120 {
        let from = format!("203.0.113.{number}");
        log_in(&anyone, &from, email, "wrong password")
            .await
            .expect_error(401, "invalid_credentials");
    }
    // A network that is known, and one that nobody has seen before.
    for from in ["198.51.100.7", "192.0.2.99"] {
        log_in(&anyone, from, email, PASSWORD).await.expect(200);
    }
}
