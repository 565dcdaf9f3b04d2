//! A tenant's rate is one rate, through whichever control planes its requests come.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use test_servers::NatsServer;
use test_servers::cluster::{Member, Nats, Node, Stores};

const WINDOW: Duration = Duration::from_secs(10);

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

/// What is admitted in ten seconds, once the bucket is empty.
fn sustained(ask: Ask<'_>, planes: &[Node], pauses: &[(usize, Duration)]) -> (u64, u64) {
    let counts = Counts::default();
    thread::scope(|scope| {
        for (plane, pause) in pauses {
            let (plane, counts) = (&planes[*plane], &counts);
            scope.spawn(move || send_all(ask, plane, *pause, counts));
        }
        thread::sleep(Duration::from_secs(4));
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let before = (count(&counts.admitted), count(&counts.refused));
        let start = Instant::now();
        thread::sleep(WINDOW);
        let admitted = count(&counts.admitted) - before.0;
        let refused = count(&counts.refused) - before.1;
        let seconds = start.elapsed().as_secs_f64();
        counts.is_over.store(true, Ordering::Relaxed);
        println!("{admitted} admitted and {refused} refused in {seconds:.2} s");
        (admitted, refused)
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
    let nats = Nats::One(NatsServer::start().unwrap());
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
        let (admitted, refused) = sustained(&ask, &planes, pauses);
        assert!(refused > 0, "the clients are too slow to reach the limit");
        assert!((950..=1_050).contains(&admitted), "{name}: {admitted}");
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
    let (admitted, refused) = sustained(&ask, &planes, &[(0, pause), (1, pause)]);
    assert!(refused > 0, "the clients are too slow to reach the limit");
    assert!((95..=105).contains(&admitted), "an address: {admitted}");
}
