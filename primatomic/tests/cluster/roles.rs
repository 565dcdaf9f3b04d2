//! Two control planes and two workers: appends, views, and processes that die.

use std::time::Instant;

use reqwest::Method;

use crate::nodes::{Member, Stores, accepted};

#[test]
fn a_log_and_its_view_are_served_by_any_process_that_is_left() {
    let stores = Stores::start();
    let planes = [stores.run("control-plane"), stores.run("control-plane")];
    let workers = [stores.run("worker"), stores.run("worker")];
    let member = Member::register(&planes[0]);
    let created = r#"{"name":"orders"}"#;
    member.json(Method::POST, &planes[0].url, "/logs", created);
    let deployed = member.send(
        Method::POST,
        &planes[1].url,
        "/logs/orders/views/counter",
        example_views::COUNTER.to_vec(),
        "application/wasm",
    );
    let deployed = accepted(deployed.unwrap());
    assert_eq!(deployed["success"], true, "{deployed}");

    // Both control planes append to one log; sequences stay dense.
    let mut sequences: Vec<u64> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let (planes, member) = (&planes, &member);
                scope.spawn(move || {
                    (0..25)
                        .map(|number| {
                            let plane = &planes[(client + number) % 2];
                            member.append(plane, "orders", r#"{"inc":1}"#)
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap());
        joined.collect()
    });
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=100).collect::<Vec<_>>());
    for plane in &planes {
        let (answer, _) = member.query(plane, "orders", "counter", 100);
        assert_eq!(answer["value"], 100);
    }

    // A key that is revoked through one control plane is refused by the other one within a second,
    // although that one remembers it.
    let made = member.json(
        Method::POST,
        &planes[0].url,
        "/keys",
        r#"{"name":"short-lived"}"#,
    );
    let holder = member.with_token(made["key"].as_str().unwrap());
    let status = || {
        let asked = holder.send(Method::GET, &planes[1].url, "/logs", "", "application/json");
        asked.unwrap().status()
    };
    assert_eq!(status(), 200);
    let path = format!("/keys/{}", made["id"].as_str().unwrap());
    member.json(Method::DELETE, &planes[0].url, &path, "");
    let start = Instant::now();
    while status() == 200 {
        assert!(
            start.elapsed().as_secs() < 5,
            "a revoked key is still let in"
        );
    }
    println!("a revocation was noticed after {:?}", start.elapsed());

    // One worker after the other dies, so that the view's is among them; whoever is left answers
    // the same.
    let [one, two] = workers;
    drop(one);
    let answers = |who: &str| {
        let (answer, pause) = member.query(&planes[0], "orders", "counter", 100);
        assert_eq!(answer["value"], 100);
        println!("{who} worker was killed; the next answer took {pause:?}");
    };
    answers("the first");
    let three = stores.run("worker");
    drop(two);
    answers("the second");

    // A control plane dies: the other one goes on.
    let [lost, left] = planes;
    drop(lost);
    let last = member.append(&left, "orders", r#"{"dec":40}"#);
    assert_eq!(last, 101);
    let (answer, _) = member.query(&left, "orders", "counter", last);
    assert_eq!(answer["value"], 60);

    let start = Instant::now();
    left.stop();
    three.stop();
    println!("stopping took {:?}", start.elapsed());
}
