//! The published rate, measured on a node: a burst of 150, and 100 requests a second from then on.
//!
//! `PRIMATOMIC_RATE_SECS=10` measures for ten seconds in place of two.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use control_plane::Options;
use protocol::Rate;
use tokio::task::JoinSet;

use crate::client::{Answer, Client};
use crate::server::{Server, unlimited};

fn published() -> Options {
    Options {
        tenant_rate: Options::default().tenant_rate,
        auth_rate: Rate::UNLIMITED,
        ..unlimited()
    }
}

fn seconds() -> u64 {
    let seconds = std::env::var("PRIMATOMIC_RATE_SECS").ok();
    seconds.map_or(2, |text| text.parse().unwrap())
}

/// Sends requests as fast as they are answered, until it is over.
async fn send_all(client: Client, admitted: Arc<AtomicU64>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::Relaxed) {
        let answer = client.get("/tenants/me").await;
        if answer.status == 200 {
            admitted.fetch_add(1, Ordering::Relaxed);
        } else {
            assert_eq!(answer.status, 429);
            // Many more than are let through, and not so many that nothing else runs.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_requests_a_second_are_admitted_after_the_burst() {
    let server = Server::with(published()).await;
    let owner = server.tenant("acme").await;
    let (admitted, is_over) = (Arc::default(), Arc::default());
    let mut clients = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..4 {
        let client = Client::new(&server.address, Some(owner.token()));
        clients.spawn(send_all(
            client,
            Arc::clone(&admitted),
            Arc::clone(&is_over),
        ));
    }
    let count = || admitted.load(Ordering::Relaxed);
    // The burst is over when what was admitted is what the bucket held and what flowed in.
    let flowed = |since: Instant| 100.0 * since.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(1)).await;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand are exact")]
    let share = |count: u64, of: f64| count as f64 / of;
    let burst = share(count(), 150.0 + flowed(begun));
    assert!((0.95..=1.05).contains(&burst), "the burst: {burst}");
    let (start, before) = (Instant::now(), count());
    tokio::time::sleep(Duration::from_secs(seconds())).await;
    let (expected, found) = (flowed(start), count() - before);
    is_over.store(true, Ordering::Relaxed);
    clients.join_all().await;
    println!("{found} admitted in {:.2} s", start.elapsed().as_secs_f64());
    let rate = share(found, expected);
    assert!(
        (0.95..=1.05).contains(&rate),
        "{found} where {expected} are right"
    );
}

/// The three headers as numbers.
fn standing(answer: &Answer) -> [u32; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
        .map(|name| answer.header(name).unwrap().parse().unwrap())
}

#[tokio::test]
async fn every_answer_says_how_much_of_the_rate_is_left() {
    let options = Options {
        tenant_rate: Rate {
            per_second: 1,
            burst: 3,
        },
        ..published()
    };
    let server = Server::with(options).await;
    let owner = server.tenant("acme").await;
    // A success, an error, and the last token.
    let first = owner.get("/tenants/me").await.expect(200);
    assert_eq!(standing(&first), [3, 2, 1]);
    let second = owner.get("/logs/none").await.expect(404);
    assert_eq!(standing(&second), [3, 1, 2]);
    let third = owner.get("/tenants/me").await.expect(200);
    assert_eq!(standing(&third), [3, 0, 3]);
    // The published answer, byte for byte.
    let refused = owner.get("/tenants/me").await.expect(429);
    assert_eq!(standing(&refused), [3, 0, 3]);
    assert_eq!(refused.text(), "Rate limit exceeded");
    assert_eq!(
        refused.header("content-type").as_deref(),
        Some("text/plain")
    );
    assert_eq!(refused.header("retry-after").as_deref(), Some("1"));
    // What needs no token has no rate.
    let health = server.anonymous().get("/health/live").await.expect(200);
    assert_eq!(health.header("ratelimit-limit"), None);
}
