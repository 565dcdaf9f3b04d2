//! Guessing passwords: what it tells, and whom it keeps out.

use std::time::{Duration, Instant};

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

async fn log_in(anyone: &Client, from: &str, email: &str, password: &str) -> Answer {
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

/// 200 tries, known and unknown addresses in turn. If the time told them apart, the tries on one
/// side would rank above those on the other; what comes in between on a busy machine hits both.
///
/// With equal distributions the share of pairs in which the known address took longer is 1/2, with
/// a standard deviation of 0.041 for 100 tries on each side. A login that skips the hash, or takes
/// one of another cost, gives 0 or 1.
#[tokio::test]
async fn the_time_of_a_login_does_not_tell_whether_an_address_is_known() {
    const TRIES: u32 = 100;
    let server = server().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..TRIES {
        // From another network each time, or else the wait would answer instead of the hash.
        let from = format!("198.51.{}.{}", number / 250, number % 250);
        let mut tries = [
            ("acme@example.org", &mut known),
            ("nobody@example.org", &mut unknown),
        ];
        if number % 2 == 1 {
            tries.reverse();
        }
        for (email, times) in tries {
            let started = Instant::now();
            let answer = log_in(&anyone, &from, email, "wrong password").await;
            times.push(started.elapsed());
            answer.expect_error(401, "invalid_credentials");
        }
    }
    let longer = known
        .iter()
        .flat_map(|one| unknown.iter().map(move |other| u32::from(one > other)))
        .sum::<u32>();
    let share = f64::from(longer) / f64::from(TRIES * TRIES);
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let medians = (median(&mut known), median(&mut unknown));
    assert!(
        (0.3..0.7).contains(&share),
        "{share} of the pairs, medians {medians:?}"
    );
}
