//! One walk through the product, on a dev server and on a cluster: both must pass it, and both must
//! serve the same document.

use std::io::{BufRead as _, BufReader};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_servers::NatsCluster;
use test_servers::cluster::{Member, Node, Stores, accepted};

const JSON: &str = "application/json";
const BINARY: &str = "application/octet-stream";

/// Every request goes to the next of some control planes, of which a dev server has one.
struct Walk<'a> {
    owner: Member,
    /// Holds a key, which may not delete.
    member: Member,
    nodes: &'a [Node],
    steps: std::cell::Cell<usize>,
}

impl Walk<'_> {
    fn node(&self) -> &Node {
        self.steps.set(self.steps.get() + 1);
        &self.nodes[self.steps.get() % self.nodes.len()]
    }

    fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        self.member.call(method, self.node(), path, body).unwrap()
    }

    fn status(&self, method: Method, path: &str, body: &str) -> StatusCode {
        let answer = self
            .member
            .send(method, self.node(), path, body.to_owned(), JSON);
        answer.unwrap().status()
    }

    fn get(&self, path: &str) -> Value {
        accepted(
            self.member
                .send(Method::GET, self.node(), path, "", JSON)
                .unwrap(),
        )
        .unwrap()
    }

    fn logs(&self) {
        let orders = json!({ "name": "orders" });
        self.call(Method::POST, "/logs", &orders);
        let again = self.status(Method::POST, "/logs", &orders.to_string());
        assert_eq!(again, StatusCode::CONFLICT);
        assert_eq!(self.get("/logs/orders")["head_sequence"], 0);
    }

    fn appends(&self) {
        for expected in 1..=3 {
            let appended = self.member.append(self.node(), "orders", r#"{"inc":5}"#);
            assert_eq!(appended.unwrap(), expected);
        }
        let batch = "{\"inc\":1}\n{\"inc\":2}\n{\"dec\":8}";
        let path = "/logs/orders/append_batch";
        let ndjson = "application/x-ndjson";
        let answer = self
            .member
            .send(Method::POST, self.node(), path, batch, ndjson);
        let answer = accepted(answer.unwrap()).unwrap();
        assert_eq!(answer["sequences"], json!([4, 5, 6]));
    }

    fn views(&self) {
        let deployed =
            self.member
                .deploy(self.node(), "orders", "counter", example_views::counter());
        assert_eq!(deployed.unwrap()["success"], true);
        for _ in 0..2 {
            let (answer, _) = self
                .member
                .query(self.node(), "orders", "counter", 6)
                .unwrap();
            assert_eq!(answer, json!({ "value": 10 }));
        }
        let path = "/logs/orders/views/bad";
        let wasm = "application/wasm";
        let refused = self
            .member
            .send(Method::POST, self.node(), path, "no component", wasm);
        assert_eq!(refused.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
        let path = "/logs/orders/views/counter/query?after=100&timeout_ms=50";
        let behind = self.status(Method::POST, path, "");
        assert_eq!(behind, StatusCode::GATEWAY_TIMEOUT);
    }

    /// A tail that began in history shows what is appended through another control plane.
    fn tail(&self) {
        let tail = self.member.tail(self.node(), "orders", 5).unwrap();
        let mut events = BufReader::new(tail).lines().filter_map(|line| {
            let line = line.unwrap();
            let data: Value = serde_json::from_str(line.strip_prefix("data:")?).ok()?;
            Some((
                data["sequence"].as_u64()?,
                data["data"].as_str()?.to_owned(),
            ))
        });
        let mut next = || events.next().unwrap();
        assert_eq!(next(), (5, r#"{"inc":2}"#.to_owned()));
        assert_eq!(next(), (6, r#"{"dec":8}"#.to_owned()));
        let appended = self.member.append(self.node(), "orders", r#"{"inc":7}"#);
        assert_eq!(appended.unwrap(), 7);
        assert_eq!(next(), (7, r#"{"inc":7}"#.to_owned()));
    }

    fn reads(&self) {
        let page = self.get("/logs/orders/events?from=2&limit=4");
        let events = page["events"].as_array().unwrap();
        let sequences: Vec<_> = events.iter().map(|event| &event["sequence"]).collect();
        assert_eq!(sequences, [2, 3, 4, 5]);
        assert_eq!(page["next"], 6);
        let last = self.get("/logs/orders/events?direction=backward&limit=1");
        assert_eq!(last["events"][0]["data"], r#"{"inc":7}"#);
        let (answer, _) = self
            .member
            .query(self.node(), "orders", "counter", 7)
            .unwrap();
        assert_eq!(answer, json!({ "value": 17 }));
    }

    fn deletes(&self) {
        let gone = StatusCode::NOT_FOUND;
        let delete = |path: &str| {
            let gone = self
                .owner
                .call(Method::DELETE, self.node(), path, &Value::Null);
            gone.unwrap();
        };
        delete("/logs/orders/views/counter");
        let path = "/logs/orders/views/counter/query";
        self.until(gone, Method::POST, path);
        delete("/logs/orders");
        self.until(gone, Method::GET, "/logs/orders");
    }

    /// Other control planes hear of a change within a moment.
    fn until(&self, status: StatusCode, method: Method, path: &str) {
        let start = std::time::Instant::now();
        for _ in self.nodes {
            while self.status(method.clone(), path, "") != status {
                assert!(start.elapsed().as_secs() < 5, "{path} is still there");
            }
        }
    }
}

/// Passes through the product; the document that describes it.
fn walk(nodes: &[Node]) -> String {
    let owner = Member::register(&nodes[0], "acme").unwrap();
    let (key, _) = owner.create_key(&nodes[0], "walk").unwrap();
    let walk = Walk {
        member: owner.with_token(key),
        owner,
        nodes,
        steps: std::cell::Cell::new(0),
    };
    walk.logs();
    walk.appends();
    walk.views();
    walk.tail();
    walk.reads();
    walk.deletes();
    let document = |node: &Node| {
        let answer = walk
            .owner
            .send(Method::GET, node, "/openapi.json", "", BINARY);
        answer.unwrap().text().unwrap()
    };
    let documents: Vec<_> = nodes.iter().map(document).collect();
    assert!(documents.iter().all(|it| *it == documents[0]));
    documents[0].clone()
}

#[test]
fn a_dev_server_and_a_cluster_pass_the_same_walk_and_serve_the_same_document() {
    let program = env!("CARGO_BIN_EXE_primatomic");
    let dev = Node::dev(program).unwrap();
    let of_dev = walk(std::slice::from_ref(&dev));
    dev.stop().unwrap();
    let nats = NatsCluster::start(3).unwrap();
    let stores = Stores::start(program, nats).unwrap();
    let workers = [(); 2].map(|()| stores.run("worker").unwrap());
    let planes = [(); 2].map(|()| stores.run("control-plane").unwrap());
    let of_cluster = walk(&planes);
    assert!(of_dev.contains("openapi"), "{of_dev}");
    assert!(of_dev == of_cluster, "the documents differ");
    for node in planes.into_iter().chain(workers) {
        node.stop().unwrap();
    }
}
