//! Two control planes that append to one log at the same time: invariants 1 to 4, and nobody waits
//! for ever.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Stores};

use crate::checker::check;
use crate::client::{Address, Client};
use crate::history::History;
use crate::load::{Crew, Load};

const LASTS: Duration = Duration::from_secs(10);
/// How long the unluckiest client may wait; two appenders without jitter let one wait for 14 s.
const WORST_WAIT: Duration = Duration::from_secs(5);
const CREW: Crew = Crew {
    appenders: 16,
    queriers: 0,
    readers: 2,
    rest: Duration::ZERO,
    is_faithful: true,
};

fn appends_to_one_log_through_two_control_planes(nats: NatsCluster) {
    let stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let planes = [(); 2].map(|()| stores.run("control-plane").unwrap());
    let member = Member::register(&planes[0], "acme").unwrap();
    let (key, _) = member.create_key(&planes[0], "load").unwrap();
    let orders = json!({ "name": "orders" });
    member
        .call(Method::POST, &planes[0], "/logs", &orders)
        .unwrap();
    let addresses = [(); 2].map(|()| Address::default());
    for (address, plane) in addresses.iter().zip(&planes) {
        address.set(Some(plane.url.clone()));
    }
    let client = Client::new(key, addresses.to_vec());
    let logs = ["orders".to_owned()];
    let load = Load::start(&client, &logs, CREW);
    std::thread::sleep(LASTS);
    let noted = load.finish();
    let mut history = History::default();
    for (number, noted) in noted.into_iter().enumerate() {
        if number < CREW.appenders {
            let worst = noted.appends.iter().map(|append| append.wait).max();
            let worst = worst.expect("a client that got no answer at all");
            println!(
                "client {number} of control plane {}: {} appends, the longest took {worst:.2?}",
                number % 2,
                noted.appends.len()
            );
            assert!(worst < WORST_WAIT, "client {number} waited for {worst:?}");
            assert!(noted.appends.len() > 10, "client {number} starves");
        }
        history.add(noted);
    }
    for plane in 0..planes.len() {
        let stored = client.read_log(plane, "orders").unwrap();
        let violations = check(&history, &[stored]);
        assert!(violations.is_empty(), "{violations:#?}");
    }
    let worst = history.appends.iter().map(|append| append.wait).max();
    let acknowledged = history.acknowledged();
    println!(
        "{acknowledged} events; the worst wait of any client: {:.2?}",
        worst.unwrap()
    );
}

#[test]
fn invariants_1_to_4_hold_when_two_control_planes_append_to_one_log() {
    appends_to_one_log_through_two_control_planes(NatsCluster::start(1).unwrap());
}

#[test]
fn invariants_1_to_4_hold_when_two_control_planes_append_to_one_replicated_log() {
    appends_to_one_log_through_two_control_planes(NatsCluster::start(3).unwrap());
}
