//! `GET /logs/{log}/events` as pages.

use control_plane::Options;
use reqwest::Method;
use serde_json::Value;

use crate::client::{Answer, Client, send};
use crate::server::{Server, unlimited};

async fn accept(client: &Client, path: &str, accept: &str) -> Answer {
    send(client.request(Method::GET, path).header("accept", accept)).await
}

fn sequences(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap();
    events
        .iter()
        .map(|it| it["sequence"].as_u64().unwrap())
        .collect()
}

async fn log_of_ten(server: &Server) -> Client {
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner
        .post("/logs/a/append_batch?delimiter=,", "1,2,3,4")
        .await
        .expect(200);
    for event in 5..=7 {
        owner
            .post("/logs/a/append", event.to_string())
            .await
            .expect(200);
    }
    owner
        .post("/logs/a/append_batch?delimiter=,", "8,9,10")
        .await
        .expect(200);
    owner
}

#[tokio::test]
async fn pages_join_up_in_both_directions() {
    let server = Server::start().await;
    let owner = log_of_ten(&server).await;
    for (direction, expected) in [
        ("forward", (1..=10).collect::<Vec<_>>()),
        ("backward", (1..=10).rev().collect()),
    ] {
        for limit in [1, 2, 3, 4, 9, 10, 11] {
            let mut seen = Vec::new();
            let mut next = Value::Null;
            loop {
                let from = next
                    .as_u64()
                    .map_or(String::new(), |next| format!("&from={next}"));
                let path = format!("/logs/a/events?direction={direction}&limit={limit}{from}");
                let answer = owner.get(&path).await.expect(200);
                assert_eq!(answer.sequence(), 10);
                let page = answer.json();
                assert!(sequences(&page).len() <= limit);
                seen.extend(sequences(&page));
                next = page["next"].clone();
                if next.is_null() {
                    break;
                }
            }
            assert_eq!(seen, expected, "{direction} by {limit}");
        }
    }
}

#[tokio::test]
async fn a_page_begins_where_it_is_asked_to() {
    let server = Server::start().await;
    let owner = log_of_ten(&server).await;
    let page = |query: &'static str| {
        let owner = owner.clone();
        async move {
            owner
                .get(&format!("/logs/a/events?{query}"))
                .await
                .expect(200)
                .json()
        }
    };
    assert_eq!(sequences(&page("from=9").await), [9, 10]);
    assert_eq!(sequences(&page("from=0&limit=1").await), [1]);
    assert_eq!(sequences(&page("from=11").await), [0; 0]);
    assert_eq!(sequences(&page("from=2&direction=backward").await), [2, 1]);
    assert_eq!(
        sequences(&page("from=99&limit=1&direction=backward").await),
        [10]
    );
    assert_eq!(sequences(&page("from=0&direction=backward").await), [0; 0]);
}

#[tokio::test]
async fn a_page_begins_at_a_time() {
    let server = Server::start().await;
    let owner = log_of_ten(&server).await;
    let all = owner.get("/logs/a/events").await.expect(200).json();
    let events = all["events"].as_array().unwrap();
    let times: Vec<&str> = events
        .iter()
        .map(|it| it["timestamp"].as_str().unwrap())
        .collect();
    for (index, time) in times.iter().enumerate() {
        let before = times[..index].iter().filter(|it| *it < time).count();
        let page = owner.get(&format!("/logs/a/events?at={time}")).await;
        let expected: Vec<u64> = (before as u64 + 1..=10).collect();
        assert_eq!(sequences(&page.expect(200).json()), expected);
        let path = format!("/logs/a/events?at={time}&direction=backward&limit=2");
        let page = owner.get(&path).await.expect(200).json();
        let expected: Vec<u64> = (1..=before as u64).rev().take(2).collect();
        assert_eq!(sequences(&page), expected);
    }
    for (time, forward, backward) in [
        ("1970-01-01T00:00:00Z", 10, 0),
        ("2999-01-01T00:00:00%2B02:00", 0, 10),
    ] {
        let page = owner.get(&format!("/logs/a/events?at={time}")).await;
        assert_eq!(sequences(&page.expect(200).json()).len(), forward);
        let path = format!("/logs/a/events?at={time}&direction=backward");
        let page = owner.get(&path).await.expect(200).json();
        assert_eq!(sequences(&page).len(), backward);
    }
    owner.log("empty").await;
    let page = owner
        .get("/logs/empty/events?at=2026-01-01T00:00:00Z")
        .await;
    assert_eq!(sequences(&page.expect(200).json()), [0; 0]);
}

#[tokio::test]
async fn a_time_to_begin_with_is_checked_and_stands_alone() {
    let server = Server::start().await;
    let owner = log_of_ten(&server).await;
    let at = "at=2026-01-01T00:00:00Z";
    for query in [
        "at=yesterday".to_owned(),
        "at=".to_owned(),
        "at=1969-12-31T23:59:59Z".to_owned(),
        format!("{at}&from=1"),
    ] {
        let answer = owner.get(&format!("/logs/a/events?{query}")).await;
        answer.expect_error(400, "invalid_request");
    }
    let request = owner
        .request(Method::GET, &format!("/logs/a/events?{at}"))
        .header("last-event-id", "1");
    send(request).await.expect_error(400, "invalid_request");
}

#[tokio::test]
async fn a_page_is_limited_in_bytes_and_holds_one_event_at_least() {
    let options = Options {
        page_bytes_max: 1_000,
        ..unlimited()
    };
    let server = Server::with(options).await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    for bytes in [400, 400, 400, 5_000, 1] {
        owner
            .post("/logs/a/append", vec![b'x'; bytes])
            .await
            .expect(200);
    }
    let mut from = 1;
    let mut pages = Vec::new();
    loop {
        let page = owner
            .get(&format!("/logs/a/events?from={from}"))
            .await
            .json();
        pages.push(sequences(&page));
        match page["next"].as_u64() {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(pages, [vec![1, 2], vec![3], vec![4], vec![5]]);
}

#[tokio::test]
async fn the_form_is_chosen_by_accept() {
    let server = Server::start().await;
    let owner = log_of_ten(&server).await;
    let path = "/logs/a/events?limit=2";
    let lines = accept(&owner, path, "application/x-ndjson")
        .await
        .expect(200);
    assert_eq!(lines.header("primatomic-next").as_deref(), Some("3"));
    let lines = lines.text();
    let data: Vec<Value> = lines
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(
        (&data[0]["data"], &data[1]["data"]),
        (&"1".into(), &"2".into())
    );
    let packed = accept(&owner, path, protocol::packed::MEDIA_TYPE)
        .await
        .expect(200);
    assert_eq!(packed.body, b"\x01\0\0\x001\x01\0\0\x002");
    let json = accept(&owner, path, "text/html, application/*;q=0.5")
        .await
        .expect(200);
    assert_eq!(
        json.header("content-type").as_deref(),
        Some("application/json")
    );
    accept(&owner, path, "text/html")
        .await
        .expect_error(406, "not_acceptable");
}

#[tokio::test]
async fn parameters_are_checked() {
    let server = Server::start().await;
    let owner = log_of_ten(&server).await;
    for (query, code) in [
        ("from=-1", "invalid_sequence"),
        ("from=9007199254740992", "invalid_sequence"),
        ("from=x", "invalid_sequence"),
        ("limit=0", "invalid_request"),
        ("limit=10001", "invalid_request"),
        ("direction=sideways", "invalid_request"),
    ] {
        let answer = owner.get(&format!("/logs/a/events?{query}")).await;
        answer.expect_error(400, code);
    }
    owner
        .get("/logs/none/events")
        .await
        .expect_error(404, "log_not_found");
}
