//! Each role is ready when it can do its work, and says what is missing when it can't.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::Value;
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A process with its internal address.
struct Process {
    node: Node,
    internal: String,
    http: Client,
}

impl Process {
    fn run(stores: &Stores, role: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let settings = [("PRIMATOMIC_INTERNAL_LISTEN", address.as_str())];
        Self {
            node: stores.run_with(role, &settings).unwrap(),
            internal: format!("http://{address}"),
            http: Client::new(),
        }
    }

    /// The parts that are missing.
    fn missing(&self, base: &str) -> Vec<String> {
        let answer = self
            .http
            .get(format!("{base}/health/ready"))
            .send()
            .unwrap();
        let status = answer.status();
        let page: Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
        let problems = page["problems"].as_array().unwrap();
        let (code, word) = match problems.is_empty() {
            true => (200, "healthy"),
            false => (503, "unhealthy"),
        };
        assert_eq!((status.as_u16(), &page["status"]), (code, &word.into()));
        let part = |problem: &Value| problem["part"].as_str().unwrap().to_owned();
        problems.iter().map(part).collect()
    }

    /// Waits until exactly these parts are missing, on all its listeners.
    fn await_missing(&self, parts: &[&str]) {
        let bases = [self.internal.clone(), self.node.url.clone()];
        for base in bases.iter().filter(|base| !base.is_empty()) {
            let start = Instant::now();
            loop {
                let missing = self.missing(base);
                if missing == parts {
                    break;
                }
                assert!(
                    start.elapsed() < TIMEOUT,
                    "{base}: {missing:?}, not {parts:?}"
                );
                thread::sleep(Duration::from_millis(50));
            }
            let live = self.http.get(format!("{base}/health/live")).send().unwrap();
            assert_eq!(live.status(), 200);
        }
    }
}

#[test]
fn a_process_is_ready_when_it_can_do_its_work() {
    let nats = NatsCluster::start(1).unwrap();
    let mut stores = Stores::start(env!("CARGO_BIN_EXE_primatomic"), nats).unwrap();
    let plane = Process::run(&stores, "control-plane");
    plane.await_missing(&["workers"]);
    let worker = Process::run(&stores, "worker");
    worker.await_missing(&[]);
    plane.await_missing(&[]);

    // Without the object store the control plane still appends and queries.
    stores.objects.kill();
    worker.await_missing(&["object_store"]);
    plane.await_missing(&[]);
    stores.objects.restart().unwrap();
    worker.await_missing(&[]);

    // Without the catalog it does not, until it remembers somebody.
    stores.database.kill();
    worker.await_missing(&["database"]);
    plane.await_missing(&["database"]);
    stores.database.restart().unwrap();
    worker.await_missing(&[]);
    plane.await_missing(&[]);
    let member = Member::register(&plane.node, "acme").unwrap();
    let orders = serde_json::json!({ "name": "orders" });
    member
        .call(Method::POST, &plane.node, "/logs", &orders)
        .unwrap();
    member.append(&plane.node, "orders", "{}").unwrap();
    stores.database.kill();
    worker.await_missing(&["database"]);
    plane.await_missing(&[]);
    member.append(&plane.node, "orders", "{}").unwrap();
    stores.database.restart().unwrap();
    worker.await_missing(&[]);

    stores.nats.servers[0].kill();
    worker.await_missing(&["nats", "bus"]);
    plane.await_missing(&["nats", "workers"]);
    stores.nats.servers[0].restart().unwrap();
    worker.await_missing(&[]);
    plane.await_missing(&[]);

    worker.node.stop().unwrap();
    plane.await_missing(&["workers"]);
    plane.node.stop().unwrap();
}
