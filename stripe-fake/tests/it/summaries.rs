//! Summaries of meter events: late, and in whole minutes, hours and days.

use serde_json::{Value, json};
use stripe_fake::Card;

use crate::api::{Api, HOUR, NEXT_MONTH, NOW};

/// The hour in which the fakes of the tests start.
const FIRST: u64 = NOW / HOUR * HOUR;

const DAY: u64 = 24 * HOUR;

impl Api {
    async fn summaries(&self, meter: &str, query: &str) -> (u16, Value) {
        let path = format!("/v1/billing/meters/{meter}/event_summaries?{query}");
        self.send("GET", &path, "").await
    }

    /// The start and the sum of each summary.
    async fn sums(&self, meter: &str, query: &str) -> Vec<(u64, u64)> {
        let (status, list) = self.summaries(meter, query).await;
        assert_eq!(status, 200, "{list}");
        let number = |it: &Value| it.as_u64().unwrap();
        let all = list["data"].as_array().unwrap().iter();
        all.map(|it| (number(&it["start_time"]), number(&it["aggregated_value"])))
            .collect()
    }

    async fn report_at(&self, customer: &str, identifier: &str, value: u64, timestamp: u64) {
        let event = format!(
            "event_name=compute&identifier={identifier}&timestamp={timestamp}\
             &payload[stripe_customer_id]={customer}&payload[value]={value}"
        );
        self.post("/v1/billing/meter_events", &event).await;
    }

    async fn meter(&self) -> String {
        let meters = self.get("/v1/billing/meters").await;
        meters["data"][0]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn summaries_are_late_and_invoices_are_not() {
    let api = Api::start().await;
    let (customer, session) = api.checkout().await;
    api.fake.complete_checkout(&session, Card::Works).unwrap();
    api.fake.advance_to(NEXT_MONTH).await;
    let meter = api.meter().await;
    for event in 0..20 {
        let identifier = format!("event-{event}");
        api.report_at(&customer, &identifier, 1, NEXT_MONTH - 1)
            .await;
    }
    let draft = api.fake.invoices()[0].clone();
    assert_eq!(draft["lines"]["data"][0]["quantity"], 20);
    let (from, to) = (NEXT_MONTH - HOUR, NEXT_MONTH);
    let query = format!("customer={customer}&start_time={from}&end_time={to}");
    let mut seen = Vec::new();
    for second in 0..=30 {
        api.fake.advance_to(NEXT_MONTH + second).await;
        seen.push(api.sums(&meter, &query).await[0].1);
    }
    assert!(seen.is_sorted());
    assert!(
        seen[0] < 10 && seen[15] > seen[0] && seen[15] < 20,
        "{seen:?}"
    );
    assert_eq!(seen[30], 20);
}

#[tokio::test]
async fn hours_and_days_are_summed_up_apart() {
    let api = Api::start().await;
    let (customer, _) = api.checkout().await;
    let other = api.post("/v1/customers", "name=other").await;
    let meter = api.meter().await;
    let last_second = FIRST + HOUR - 1;
    api.fake.advance_to(last_second).await;
    for (identifier, value, timestamp) in [
        ("a", 1, FIRST - 2 * HOUR),
        ("b", 2, FIRST),
        ("c", 4, last_second),
        // Five minutes ahead is not too far.
        ("d", 8, FIRST + HOUR),
    ] {
        api.report_at(&customer, identifier, value, timestamp).await;
    }
    api.report_at(other["id"].as_str().unwrap(), "e", 16, FIRST)
        .await;
    api.fake.advance_to(FIRST + 2 * HOUR).await;

    let start = FIRST - 2 * HOUR;
    let within = |end: u64| format!("customer={customer}&start_time={start}&end_time={end}");
    // The newest come first, and an hour without use has none.
    let hours = [(FIRST + HOUR, 8), (FIRST, 6), (start, 1)];
    let hourly = format!("{}&value_grouping_window=hour", within(FIRST + 2 * HOUR));
    assert_eq!(api.sums(&meter, &hourly).await, hours);
    // The end is not part of it.
    let hourly = format!("{}&value_grouping_window=hour", within(FIRST + HOUR));
    assert_eq!(api.sums(&meter, &hourly).await, hours[1..]);
    assert_eq!(api.sums(&meter, &within(FIRST + HOUR)).await, [(start, 7)]);
    let today = NOW / DAY * DAY;
    let daily = format!(
        "customer={customer}&start_time={}&end_time={}&value_grouping_window=day",
        today - DAY,
        today + DAY
    );
    assert_eq!(api.sums(&meter, &daily).await, [(today, 15)]);
    // Nothing at all is one sum of nothing, and no hour.
    let before = format!(
        "customer={customer}&start_time={}&end_time={start}",
        start - HOUR
    );
    assert_eq!(api.sums(&meter, &before).await, [(start - HOUR, 0)]);
    let before = format!("{before}&value_grouping_window=hour");
    assert_eq!(api.sums(&meter, &before).await, []);
}

#[tokio::test]
async fn hours_come_in_pages() {
    let api = Api::start().await;
    let (customer, _) = api.checkout().await;
    let meter = api.meter().await;
    for hour in 0..5 {
        let identifier = format!("hour-{hour}");
        api.report_at(&customer, &identifier, hour + 1, FIRST - hour * HOUR)
            .await;
    }
    api.fake.advance_to(NOW + HOUR).await;
    let query = format!(
        "customer={customer}&start_time={}&end_time={}&value_grouping_window=hour&limit=2",
        FIRST - DAY,
        FIRST + HOUR
    );
    let mut values = Vec::new();
    let mut after = String::new();
    loop {
        let (_, page) = api.summaries(&meter, &format!("{query}{after}")).await;
        let data = page["data"].as_array().unwrap();
        values.extend(data.iter().map(|it| it["aggregated_value"].clone()));
        if page["has_more"] == false {
            break;
        }
        let last = data.last().unwrap()["id"].as_str().unwrap();
        after = format!("&starting_after={last}");
    }
    assert_eq!(Value::from(values), json!([1, 2, 3, 4, 5]));
}

#[tokio::test]
async fn bounds_are_at_the_edges_of_windows() {
    let api = Api::start().await;
    let (customer, _) = api.checkout().await;
    let meter = api.meter().await;
    let midnight = NOW / DAY * DAY;
    for (start, end, window, wrong) in [
        (midnight, midnight + 60, "", None),
        (midnight + 1, midnight + 60, "", Some("start_time")),
        (midnight, midnight + 61, "", Some("end_time")),
        (midnight + 60, midnight + 60, "", Some("start_time")),
        (midnight, midnight + HOUR, "hour", None),
        (midnight + 60, midnight + HOUR, "hour", Some("start_time")),
        (midnight, midnight + 60, "hour", Some("end_time")),
        (midnight, midnight + DAY, "day", None),
        (midnight + HOUR, midnight + DAY, "day", Some("start_time")),
        (midnight, midnight + HOUR, "day", Some("end_time")),
    ] {
        let mut query = format!("customer={customer}&start_time={start}&end_time={end}");
        if !window.is_empty() {
            query.push_str(&format!("&value_grouping_window={window}"));
        }
        let (status, answer) = api.summaries(&meter, &query).await;
        let expected = if wrong.is_some() { 400 } else { 200 };
        assert_eq!(status, expected, "{query}: {answer}");
        assert_eq!(answer["error"]["param"].as_str(), wrong, "{query}");
    }
    let query = format!(
        "customer=cus_nobody&start_time={midnight}&end_time={}",
        NOW + 60
    );
    let (status, _) = api.summaries(&meter, &query).await;
    assert_eq!(status, 404);
}
