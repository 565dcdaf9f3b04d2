//! A tenant's rate is one rate, through whichever control planes its requests come.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores};

use crate::cores;

const WINDOW: Duration = Duration::from_secs(10);

/// A tenant at rest may send its burst to each node at once; it is paid back within this time.
const PAY_BACK: Duration = Duration::from_secs(4);

/// Answers of either kind that say, together, that the bucket is empty and not in debt.
const EDGE: u64 = 5;

/// How long the clients may take to empty a bucket.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Counts {
    admitted: AtomicU64,
    refused: AtomicU64,
    is_over: AtomicBool,
}

/// A request, and the status that says that it was admitted.
type Ask<'a> = &'a (dyn Fn(&Node) -> u16 + Sync);

/// Sends requests until it is over.
fn send_all(ask: Ask<'_>, plane: &Node, pause: Duration, counts: &Counts) {
    while !counts.is_over.load(Ordering::Relaxed) {
        let count = match ask(plane) {
            200 | 400 => &counts.admitted,
            429 => &counts.refused,
            status => panic!("{status}"),
        };
        count.fetch_add(1, Ordering::Relaxed);
        thread::sleep(pause);
    }
}

/// Waits until as much is let through as flows in, and returns what was admitted until then. What
/// lies in a bucket, or is owed to it, at the end of a measurement would be part of it otherwise.
fn at_the_edge(counts: &Counts) -> Option<(u64, Instant)> {
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    let begun = Instant::now();
    let before = (count(&counts.admitted), count(&counts.refused));
    while begun.elapsed() < TIMEOUT {
        let (admitted, refused) = (count(&counts.admitted), count(&counts.refused));
        if admitted >= before.0 + EDGE && refused >= before.1 + EDGE {
            return Some((admitted, Instant::now()));
        }
        thread::sleep(Duration::from_millis(1));
    }
    None
}

/// What is admitted in a second, once the bucket is empty; `None` when the clients can't empty it.
fn sustained(ask: Ask<'_>, planes: &[Node], pauses: &[(usize, Duration)]) -> Option<f64> {
    let counts = Counts::default();
    thread::scope(|scope| {
        for (plane, pause) in pauses {
            let (plane, counts) = (&planes[*plane], &counts);
            scope.spawn(move || send_all(ask, plane, *pause, counts));
        }
        thread::sleep(PAY_BACK);
        let from = at_the_edge(&counts);
        thread::sleep(WINDOW);
        let until = at_the_edge(&counts);
        counts.is_over.store(true, Ordering::Relaxed);
        let ((before, start), (after, end)) = (from?, until?);
        let (admitted, seconds) = (after - before, (end - start).as_secs_f64());
        println!("{admitted} admitted in {seconds:.2} s");
        Some(f64::from(u32::try_from(admitted).unwrap()) / seconds)
    })
}

fn three_planes(stores: &Stores) -> [Node; 3] {
    let rates = [
        ("PRIMATOMIC_RATE_LIMIT", "100"),
        ("PRIMATOMIC_RATE_BURST", "150"),
        ("PRIMATOMIC_AUTH_RATE_LIMIT", "10"),
    ];
    let run = || stores.run_with("control-plane", &rates).unwrap();
    [run(), run(), run()]
}

#[test]
fn a_tenant_s_requests_through_three_control_planes_keep_one_rate() {
    let _turn = cores::wait();
    let nats = NatsCluster::start(1).unwrap();
    let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let planes = three_planes(&stores);
    let member = Member::register(&planes[0], "acme").unwrap();
    let ask = |plane: &Node| {
        let answer = member.send(Method::GET, plane, "/tenants/me", "", "application/json");
        answer.unwrap().status().as_u16()
    };
    let often = Duration::from_millis(4);
    let seldom = Duration::from_millis(100);
    let evenly = [(0, often), (1, often), (2, often), (0, often)];
    let unevenly = [(0, often), (0, often), (1, seldom), (2, seldom)];
    let one = [(1, often), (1, often)];
    for (name, pauses) in [
        ("evenly", &evenly[..]),
        ("unevenly", &unevenly[..]),
        ("through one", &one[..]),
    ] {
        print!("{name}: ");
        let rate = sustained(&ask, &planes, pauses).expect("clients that reach the limit");
        assert!((95.0..=105.0).contains(&rate), "{name}: {rate}");
    }

    // All of them come from one address.
    let nobody = member.with_token("");
    let ask = |plane: &Node| {
        let (path, body) = ("/auth/verify-email", r#"{"token":"x"}"#);
        let answer = nobody.send(Method::POST, plane, path, body, "application/json");
        answer.unwrap().status().as_u16()
    };
    print!("an address: ");
    let pause = Duration::from_millis(20);
    let pauses = [(0, pause), (1, pause)];
    let rate = sustained(&ask, &planes, &pauses).expect("clients that reach the limit");
    assert!((9.5..=10.5).contains(&rate), "an address: {rate}");
}
