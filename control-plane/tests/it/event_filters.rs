//! `GET /logs/{log}/events` with `text` and `filter`.

use control_plane::Options;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, send};
use crate::server::{Server, unlimited};

/// A hundred calls of models, and some events that are no JSON.
async fn log_of_calls(server: &Server) -> Client {
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let calls: Vec<String> = (1..=100)
        .map(|number| {
            let model = if number % 2 == 0 { "gpt-4" } else { "gpt-3" };
            json!({"model": model, "tokens_out": number * 10, "user": {"id": number}}).to_string()
        })
        .collect();
    for batch in calls.chunks(30) {
        owner
            .post("/logs/a/append_batch?delimiter=%0A", batch.join("\n"))
            .await
            .expect(200);
    }
    for event in [&b"gpt-4 in a text"[..], b"\xff gpt-4", b"{\"model\":"] {
        owner.post("/logs/a/append", event).await.expect(200);
    }
    owner
}

async fn events(client: &Client, query: &[(&str, &str)]) -> Answer {
    let request = client.request(Method::GET, "/logs/a/events").query(query);
    send(request).await
}

fn sequences(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap().iter();
    events.map(|it| it["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_page_holds_the_events_that_match() {
    let server = Server::start().await;
    let owner = log_of_calls(&server).await;
    let expression = r#"@.model == "gpt-4" && @.tokens_out > 400"#;
    let answer = events(&owner, &[("filter", expression)]).await.expect(200);
    let page = answer.json();
    let expected: Vec<u64> = (42..=100).step_by(2).collect();
    assert_eq!(sequences(&page), expected);
    assert_eq!(
        (&page["scanned"], &page["matched"]),
        (&json!(103), &json!(30))
    );
    assert_eq!(page["next"], Value::Null);
    assert_eq!(answer.sequence(), 103);

    let both = [("filter", expression), ("text", r#""id":44}"#)];
    assert_eq!(
        sequences(&events(&owner, &both).await.expect(200).json()),
        [44]
    );
    let page = events(&owner, &[("text", "gpt-4"), ("from", "99")]).await;
    assert_eq!(sequences(&page.expect(200).json()), [100, 101, 102]);
    let page = events(&owner, &[("text", "GPT-4")])
        .await
        .expect(200)
        .json();
    assert_eq!((sequences(&page), &page["scanned"]), (vec![], &json!(103)));
    // What is no JSON does not match, not even a negation.
    let page = events(&owner, &[("filter", "!@.nothing"), ("from", "99")]).await;
    assert_eq!(sequences(&page.expect(200).json()), [99, 100]);

    let back = [
        ("filter", expression),
        ("direction", "backward"),
        ("limit", "3"),
    ];
    let page = events(&owner, &back).await.expect(200).json();
    assert_eq!(sequences(&page), [100, 98, 96]);
    assert_eq!((&page["scanned"], &page["next"]), (&json!(8), &json!(95)));

    let page = owner.get("/logs/a/events?limit=1").await.expect(200).json();
    assert_eq!(page.get("scanned"), None);
}

#[tokio::test]
async fn the_other_forms_say_in_headers_what_was_found() {
    let server = Server::start().await;
    let owner = log_of_calls(&server).await;
    for media_type in ["application/x-ndjson", "application/vnd.primatomic.events"] {
        let request = owner
            .request(Method::GET, "/logs/a/events")
            .query(&[("filter", "@.tokens_out == 70"), ("limit", "1")])
            .header("accept", media_type);
        let answer = send(request).await.expect(200);
        let header = |name| answer.header(name);
        assert_eq!(header("primatomic-scanned").as_deref(), Some("7"));
        assert_eq!(header("primatomic-matched").as_deref(), Some("1"));
        assert_eq!(header("primatomic-next").as_deref(), Some("8"));
        assert!(answer.text().contains("tokens_out"));
    }
}

#[tokio::test]
async fn a_search_stops_and_goes_on_where_it_stopped() {
    for (options, scanned_max) in [
        (
            Options {
                search_events_max: 7,
                ..unlimited()
            },
            7,
        ),
        (
            Options {
                search_bytes_max: 200,
                ..unlimited()
            },
            8,
        ),
        (
            Options {
                search_time: std::time::Duration::ZERO,
                ..unlimited()
            },
            1,
        ),
        (
            Options {
                page_bytes_max: 100,
                ..unlimited()
            },
            103,
        ),
    ] {
        let server = Server::with(options).await;
        let owner = log_of_calls(&server).await;
        for direction in ["forward", "backward"] {
            let mut expected: Vec<u64> = (1..=100).filter(|it| it % 10 == 0).collect();
            if direction == "backward" {
                expected.reverse();
            }
            let (mut seen, mut scanned, mut from) = (Vec::new(), 0, None);
            loop {
                let from_text = from.map(|it: u64| it.to_string());
                let mut query = vec![("filter", TENS), ("direction", direction)];
                query.extend(from_text.as_deref().map(|from| ("from", from)));
                let page = events(&owner, &query).await.expect(200).json();
                let looked_at = page["scanned"].as_u64().unwrap();
                assert!((1..=scanned_max).contains(&looked_at));
                assert_eq!(page["matched"], sequences(&page).len());
                scanned += looked_at;
                seen.extend(sequences(&page));
                from = page["next"].as_u64();
                if from.is_none() {
                    break;
                }
            }
            assert_eq!((seen, scanned), (expected, 103), "{direction}");
        }
    }
}

/// Every tenth call.
const TENS: &str = "@.user.id == 10 || @.user.id == 20 || @.user.id == 30 || @.user.id == 40 || \
    @.user.id == 50 || @.user.id == 60 || @.user.id == 70 || @.user.id == 80 || @.user.id == 90 || \
    @.user.id == 100";

#[tokio::test]
async fn conditions_are_checked() {
    let server = Server::start().await;
    let owner = log_of_calls(&server).await;
    let long = "x".repeat(257);
    for query in [
        ("text", ""),
        ("text", &long),
        ("filter", ""),
        ("filter", "@.a = 1"),
        ("filter", "length(@.a) > 1"),
    ] {
        let answer = events(&owner, &[query]).await;
        answer.expect_error(400, "invalid_filter");
    }
    let wrong = events(&owner, &[("filter", "@.a = 1")]).await;
    insta::assert_json_snapshot!(wrong.error(), @r#"
    {
      "body": {
        "code": "invalid_filter",
        "error": "`filter`, column 5: equality is written `==`",
        "request_id": "…"
      },
      "status": 400
    }
    "#);
}

#[tokio::test]
async fn an_event_of_hostile_depth_is_only_an_event() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    for event in [
        "[".repeat(1 << 20),
        "{\"a\":".repeat(200_000),
        "{\"a\":1}".to_owned(),
    ] {
        owner.post("/logs/a/append", event).await.expect(200);
    }
    let page = events(&owner, &[("filter", "@.a || !@.a")]).await;
    assert_eq!(sequences(&page.expect(200).json()), [3]);
}
