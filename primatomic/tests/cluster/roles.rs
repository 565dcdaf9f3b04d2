//! Two control planes and two workers: appends, views, and processes that die.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores};

fn cluster() -> Stores {
    let nats = NatsCluster::start(1).unwrap();
    Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap()
}

/// Four clients append 25 events each, in turn through all control planes.
fn append_at_once(member: &Member, planes: &[Node], log: &str) -> Vec<u64> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|client| {
                scope.spawn(move || {
                    let append = |number: usize| {
                        let plane = &planes[(client + number) % planes.len()];
                        member.append(plane, log, r#"{"inc":1}"#).unwrap()
                    };
                    (0..25).map(append).collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap());
        joined.collect()
    })
}

#[test]
fn a_log_and_its_view_are_served_by_any_process_that_is_left() {
    let stores = cluster();
    let run = |role| stores.run(role).unwrap();
    let planes = [run("control-plane"), run("control-plane")];
    let (one, two) = (run("worker"), run("worker"));
    let member = Member::register(&planes[0], "acme").unwrap();
    let orders = json!({ "name": "orders" });
    member
        .call(Method::POST, &planes[0], "/logs", &orders)
        .unwrap();
    let deployed = member.deploy(&planes[1], "orders", "counter", example_views::counter());
    assert_eq!(deployed.unwrap()["success"], true);

    // Both control planes append to one log; sequences stay dense.
    let mut sequences = append_at_once(&member, &planes, "orders");
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=100).collect::<Vec<_>>());
    for plane in &planes {
        let (answer, _) = member.query(plane, "orders", "counter", 100).unwrap();
        assert_eq!(answer["value"], 100);
    }

    // A key that is revoked through one control plane is refused by the other one within a second,
    // although that one remembers it.
    let (key, id) = member.create_key(&planes[0], "short-lived").unwrap();
    let holder = member.with_token(key);
    let status = || {
        let asked = holder.send(Method::GET, &planes[1], "/logs", "", "application/json");
        asked.unwrap().status()
    };
    assert_eq!(status(), 200);
    let path = format!("/keys/{id}");
    member
        .call(Method::DELETE, &planes[0], &path, &Value::Null)
        .unwrap();
    let start = Instant::now();
    while status() == 200 {
        assert!(
            start.elapsed().as_secs() < 5,
            "a revoked key is still let in"
        );
    }
    println!("a revocation was noticed after {:?}", start.elapsed());

    // So is the secret of a key that got another one without an overlap.
    let (key, id) = member.create_key(&planes[0], "rotated").unwrap();
    let holder = member.with_token(key);
    let status = || {
        let asked = holder.send(Method::GET, &planes[1], "/logs", "", "application/json");
        asked.unwrap().status()
    };
    assert_eq!(status(), 200);
    let (path, at_once) = (format!("/keys/{id}/rotate"), json!({ "overlap_secs": 0 }));
    let rotated = member.call(Method::POST, &planes[0], &path, &at_once);
    let rotated = rotated.unwrap();
    let start = Instant::now();
    while status() == 200 {
        assert!(
            start.elapsed().as_secs() < 5,
            "an earlier secret is still let in"
        );
    }
    println!("a rotation was noticed after {:?}", start.elapsed());
    let holder = member.with_token(rotated["key"].as_str().unwrap().to_owned());
    let asked = holder.send(Method::GET, &planes[1], "/logs", "", "application/json");
    assert_eq!(asked.unwrap().status(), 200);

    // One worker after the other dies, so that the view's is among them; whoever is left answers
    // the same.
    let answers = |who: &str| {
        let (answer, pause) = member.query(&planes[0], "orders", "counter", 100).unwrap();
        assert_eq!(answer["value"], 100);
        println!("{who} worker was killed; the next answer took {pause:?}");
    };
    one.kill();
    answers("the first");
    let three = run("worker");
    two.kill();
    answers("the second");

    // A control plane dies: the other one goes on.
    let [lost, left] = planes;
    lost.kill();
    let last = member.append(&left, "orders", r#"{"dec":40}"#).unwrap();
    assert_eq!(last, 101);
    let (answer, _) = member.query(&left, "orders", "counter", last).unwrap();
    assert_eq!(answer["value"], 60);

    let start = Instant::now();
    left.stop().unwrap();
    three.stop().unwrap();
    println!("stopping took {:?}", start.elapsed());
}
