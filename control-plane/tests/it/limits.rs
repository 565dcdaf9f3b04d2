//! Rates and sizes, each with its own answer.

use std::time::Duration;

use control_plane::Options;
use protocol::Rate;
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::send;
use crate::server::{Server, unlimited};

/// The published bucket, filling too slowly to matter during a test.
fn slow(burst: u32) -> Rate {
    Rate {
        per_second: 1,
        burst,
    }
}

#[tokio::test]
async fn a_tenant_gets_its_burst_and_then_the_published_answer() {
    let options = Options {
        tenant_rate: slow(150),
        ..unlimited()
    };
    assert_eq!(
        Options::default().tenant_rate,
        Rate {
            per_second: 100,
            burst: 150
        }
    );
    let server = Server::with(options).await;
    let owner = server.tenant("acme").await;
    let other = server.tenant("other").await;
    let second_key = owner.with_role("member").await; // Costs one token.
    let started = std::time::Instant::now();
    let mut admitted = 1;
    for turn in 0..300 {
        let client = if turn % 2 == 0 { &owner } else { &second_key };
        let answer = client.get("/tenants/me").await;
        if answer.status == 429 {
            assert_eq!(answer.header("ratelimit-remaining").as_deref(), Some("0"));
            break;
        }
        assert_eq!(answer.header("ratelimit-limit").as_deref(), Some("150"));
        admitted += 1;
    }
    let refilled = started.elapsed().as_secs() + 1;
    assert!(
        (150..=150 + refilled).contains(&admitted),
        "{admitted} in {:?}",
        started.elapsed()
    );
    other.get("/tenants/me").await.expect(200);
    server.anonymous().get("/health/live").await.expect(200);
}

#[tokio::test]
async fn an_address_gets_ten_requests_to_the_public_operations() {
    let options = Options {
        auth_rate: slow(10),
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..unlimited()
    };
    assert_eq!(
        Options::default().auth_rate,
        Rate {
            per_second: 10,
            burst: 10
        }
    );
    let server = Server::with(options).await;
    let anyone = server.anonymous();
    let from = |address: &'static str| {
        let request = anyone.request(Method::POST, "/auth/verify-email");
        send(
            request
                .header("x-forwarded-for", address)
                .body(r#"{"token":"x"}"#),
        )
    };
    let started = std::time::Instant::now();
    let mut admitted = 0;
    while from("192.0.2.1").await.status == 400 {
        admitted += 1;
    }
    let refilled = started.elapsed().as_secs() + 1;
    assert!(
        (10..=10 + refilled).contains(&admitted),
        "{admitted} in {:?}",
        started.elapsed()
    );
    // What a client writes in front of its address changes nothing.
    from("203.0.113.9, 192.0.2.1").await.expect(429);
    from("192.0.2.2").await.expect_error(400, "invalid_token");
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let options = Options {
        auth_rate: slow(2),
        ..unlimited()
    };
    let server = Server::with(options).await;
    let anyone = server.anonymous();
    let mut statuses = Vec::new();
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        let request = anyone.request(Method::POST, "/auth/logout");
        statuses.push(
            send(request.header("x-forwarded-for", address))
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(statuses, [401, 401, 429]);
}

#[tokio::test]
async fn long_addresses_and_headers_are_refused() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let long = format!("/logs?x={}", "y".repeat(17 << 10));
    owner.get(&long).await.expect_error(414, "uri_too_long");
    let request = owner
        .request(Method::GET, "/logs")
        .header("x-large", "y".repeat(33 << 10));
    send(request).await.expect_error(431, "headers_too_large");
    let mut request = owner.request(Method::GET, "/logs");
    for number in 0..120 {
        request = request.header(format!("x-{number}"), "y");
    }
    send(request).await.expect_error(431, "headers_too_large");
}

#[tokio::test]
async fn bodies_of_components_and_queries_have_their_own_limits() {
    let options = Options {
        component_bytes_max: 1_000,
        query_bytes_max: 1_000,
        ..unlimited()
    };
    let server = Server::with(options).await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let large = vec![0; 1_001];
    let component = owner.post("/logs/a/views/v", large.clone()).await;
    component.expect_error(413, "component_too_large");
    owner
        .post("/logs/a/views/v/query", large)
        .await
        .expect_error(413, "query_too_large");
}

async fn raw(server: &Server, bytes: &[u8]) -> (TcpStream, Vec<u8>) {
    let address = server.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut read = vec![0; 4_096];
    let wait = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut read));
    let length = wait.await.expect("the server keeps waiting").unwrap();
    read.truncate(length);
    (stream, read)
}

#[tokio::test]
async fn slow_headers_and_slow_bodies_end() {
    let options = Options {
        header_timeout: Duration::from_millis(300),
        stall_timeout: Duration::from_millis(300),
        ..unlimited()
    };
    let server = Server::with(options).await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let (_, answer) = raw(&server, b"GET /health/live HTTP/1.1\r\nhost: x\r\n").await;
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"),
        "{answer:?}"
    );
    let head = format!(
        "POST /logs/a/append HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 9\r\n\r\nabc",
        owner.token()
    );
    let (_, answer) = raw(&server, head.as_bytes()).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"),
        "{answer}"
    );
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 0);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let options = Options {
        connections_max: 1,
        header_timeout: Duration::from_millis(500),
        ..unlimited()
    };
    let server = Server::with(options).await;
    let address = server.address.strip_prefix("http://").unwrap().to_owned();
    let held = TcpStream::connect(&address).await.unwrap();
    // The first one is closed when it says nothing; then the second is served.
    let (_, answer) = raw(&server, b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    drop(held);
}

#[tokio::test]
async fn bytes_that_are_no_request_get_the_documented_error() {
    let server = Server::start().await;
    let header = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(200 << 10));
    for (bytes, code) in [
        (&b"nonsense\r\n\r\n"[..], "invalid_request"),
        (b"GET / HTTP/9.9\r\n\r\n", "invalid_request"),
        (
            b"GET /logs HTTP/1.1\r\nbad header\r\n\r\n",
            "invalid_request",
        ),
        (
            b"POST /logs HTTP/1.1\r\ncontent-length: x\r\n\r\n",
            "invalid_request",
        ),
        (header.as_bytes(), "headers_too_large"),
    ] {
        let (_, answer) = raw(&server, bytes).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], code, "{answer}");
        assert!(
            head.contains(body["request_id"].as_str().unwrap()),
            "{answer}"
        );
    }
}
