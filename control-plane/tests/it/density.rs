//! `GET /logs/{log}/density`, and `last_day` of lists.

use serde_json::{Value, json};

use crate::server::Server;

fn counts(body: &Value) -> Vec<u64> {
    let counts = body["counts"].as_array().unwrap().iter();
    counts.map(|it| it.as_u64().unwrap()).collect()
}

#[tokio::test]
async fn events_are_counted_when_they_were_appended() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let empty = owner.get("/logs/a/density").await.expect(200).json();
    assert_eq!(
        (&empty["counts"], &empty["exact"]),
        (&json!([]), &json!(true))
    );
    for batch in ["1,2,3", "4", "5,6"] {
        let path = "/logs/a/append_batch?delimiter=,";
        owner.post(path, batch).await.expect(200);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let all = owner.get("/logs/a/density").await.expect(200).json();
    assert_eq!(counts(&all).iter().sum::<u64>(), 6);
    assert_eq!(counts(&all)[0], 3);
    assert!(counts(&all).len() <= 120);
    assert_eq!(all["exact"], true);
    let events = owner.get("/logs/a/events").await.json();
    assert_eq!(all["since"], events["events"][0]["timestamp"]);

    let fourth = events["events"][3]["timestamp"].as_str().unwrap();
    let one = format!("/logs/a/density?since={fourth}&buckets=1");
    assert_eq!(counts(&owner.get(&one).await.expect(200).json()), [3]);
    let before = format!("/logs/a/density?until={fourth}&buckets=1");
    assert_eq!(counts(&owner.get(&before).await.expect(200).json()), [3]);
    let years = "/logs/a/density?since=2020-01-01T00:00:00Z&until=2120-01-01T00:00:00Z&buckets=500";
    let years = owner.get(years).await.expect(200).json();
    assert_eq!(
        (counts(&years).len(), counts(&years).iter().sum()),
        (500, 6)
    );
    let past = "/logs/a/density?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z&buckets=24";
    let past = owner.get(past).await.expect(200).json();
    assert_eq!(
        (&past["bucket_ms"], counts(&past)),
        (&json!(3_600_000), vec![0; 24])
    );
}

#[tokio::test]
async fn times_and_buckets_are_checked() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    for query in [
        "buckets=0",
        "buckets=501",
        "since=yesterday",
        "since=2999-01-01T00:00:00Z",
        "since=2020-01-02T00:00:00Z&until=2020-01-02T00:00:00Z",
        "nothing=1",
    ] {
        let answer = owner.get(&format!("/logs/a/density?{query}")).await;
        answer.expect_error(400, "invalid_request");
    }
    let missing = owner.get("/logs/b/density").await;
    missing.expect_error(404, "log_not_found");
}

#[tokio::test]
async fn a_list_may_have_the_events_of_the_last_hours() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    for log in ["busy", "idle"] {
        owner.log(log).await;
    }
    let path = "/logs/busy/append_batch?delimiter=,";
    owner.post(path, "1,2,3").await.expect(200);
    let list = owner.get("/logs?density=true").await.expect(200).json();
    let last_day = |index: usize| list["logs"][index]["last_day"].as_array().unwrap().clone();
    assert_eq!((last_day(0).len(), last_day(1).len()), (24, 24));
    assert_eq!((&last_day(0)[23], &last_day(0)[22]), (&json!(3), &json!(0)));
    assert_eq!(last_day(1), vec![json!(0); 24]);
    let plain = owner.get("/logs").await.expect(200).json();
    assert_eq!(plain["logs"][0].get("last_day"), None);
    let many = owner.get("/logs?density=true&limit=101").await;
    many.expect_error(400, "invalid_request");
    owner.get("/logs?density=true&limit=100").await.expect(200);
}
