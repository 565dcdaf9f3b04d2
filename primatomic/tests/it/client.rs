//! The Rust client against a server: what its own crate can't test without one.

use primatomic_client::{AppendOptions, Client, Error, Query};

use crate::harness::{Server, directory};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn client(server: &Server) -> Client {
    Client::new(&server.url, Some(&server.key())).unwrap()
}

#[test]
fn events_come_back_and_a_query_reflects_them() {
    let directory = directory();
    let server = Server::start(directory.path());
    server.deploy("demo", "counter", "counter");
    let client = client(&server);
    run(async {
        let log = client.log("demo");
        let once = AppendOptions::default();
        assert_eq!(log.append(r#"{"inc":10}"#, &once).await.unwrap(), 1);
        let batch = [r#"{"inc":1}"#, r#"{"inc":2}"#];
        let sequences = log.append_batch(&batch, &once).await.unwrap();
        assert_eq!(sequences, [2, 3]);
        let query = Query {
            after: Some(3),
            ..Query::default()
        };
        let answer = log.view("counter").query(&query).await.unwrap();
        assert_eq!(
            (&answer.body[..], answer.sequence),
            (&br#"{"value":13}"#[..], Some(3))
        );
        let page = log.events(2, 1).await.unwrap();
        assert_eq!(
            (page.events[0].data.as_str(), page.next),
            (batch[0], Some(3))
        );
    });
    server.stop();
}

#[test]
fn an_append_with_a_key_is_stored_once_and_errors_have_their_code() {
    let directory = directory();
    let server = Server::start(directory.path());
    let client = client(&server);
    run(async {
        let log = client.log("demo");
        let keyed = AppendOptions {
            idempotency_key: Some("once".to_owned()),
            expected_sequence: None,
        };
        assert_eq!(log.append("x", &keyed).await.unwrap(), 1);
        assert_eq!(log.append("x", &keyed).await.unwrap(), 1);
        let expecting = AppendOptions {
            idempotency_key: None,
            expected_sequence: Some(7),
        };
        let error = log.append("x", &expecting).await.unwrap_err();
        assert_eq!(error.code(), Some("sequence_mismatch"));
        let Error::Answer(answer) = client.log("none").append("x", &keyed).await.unwrap_err()
        else {
            panic!("the server did not answer");
        };
        assert_eq!(
            (answer.status, answer.code.as_deref()),
            (404, Some("log_not_found"))
        );
        assert!(answer.request_id.is_some());
    });
    server.stop();
}

#[test]
fn a_tail_goes_on_behind_what_it_has_seen_when_the_server_starts_again() {
    let directory = directory();
    let server = Server::start(directory.path());
    let address = server.url.trim_start_matches("http://").to_owned();
    let client = client(&server);
    run(async move {
        let log = client.log("demo");
        let once = AppendOptions::default();
        log.append_batch(&["1", "2"], &once).await.unwrap();
        let mut tail = log.tail(1);
        let mut seen = Vec::new();
        while seen.len() < 2 {
            seen.extend(tail.next().await.unwrap());
        }
        server.kill();
        let server = Server::start_with(directory.path(), &["--listen", &address]);
        log.append("3", &once).await.unwrap();
        seen.extend(tail.next().await.unwrap());
        let data: Vec<_> = seen.iter().map(|event| event.data.as_str()).collect();
        assert_eq!(data, ["1", "2", "3"]);
        server.stop();
    });
}

#[test]
fn what_was_refused_for_its_rate_is_sent_again() {
    let directory = directory();
    let limits = ["--rate-limit", "5", "--rate-burst", "5"];
    let server = Server::start_with(directory.path(), &limits);
    let client = client(&server);
    run(async {
        for _ in 0..12 {
            client.log("demo").events(1, 1).await.unwrap();
        }
    });
    server.stop();
}
