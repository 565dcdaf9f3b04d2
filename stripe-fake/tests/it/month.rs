//! From a checkout to a paid invoice.

use serde_json::json;
use stripe_fake::Card;

use crate::api::{Api, HOUR, NEXT_MONTH, NOW};

const DAY: u64 = 24 * HOUR;

#[tokio::test]
async fn use_is_billed_when_the_month_is_over() {
    let api = Api::start().await;
    let (customer, session) = api.checkout().await;
    let next = api.fake.complete_checkout(&session, Card::Works);
    assert_eq!(next, Ok("http://127.0.0.1:1/ok".to_owned()));
    assert!(api.fake.complete_checkout(&session, Card::Works).is_err());
    assert_eq!(api.report(&customer, "a", 7).await, 200);
    api.fake.advance_to(NEXT_MONTH + HOUR / 2).await;
    assert_eq!(api.fake.invoices()[0]["status"], json!("draft"));
    api.fake.advance_to(NEXT_MONTH + 2 * HOUR).await;
    let invoice = &api.fake.invoices()[0];
    assert_eq!(
        (&invoice["status"], &invoice["total"]),
        (&json!("paid"), &json!(4))
    );
}

/// Stripe promises no more, and a second event counts again.
#[tokio::test]
async fn an_identifier_is_unique_for_a_day() {
    let api = Api::start().await;
    let (customer, _) = api.checkout().await;
    assert_eq!(api.report(&customer, "a", 1).await, 200);
    api.fake.advance_to(NOW + DAY - 1).await;
    assert_eq!(api.report(&customer, "a", 1).await, 400);
    api.fake.advance_to(NOW + DAY).await;
    assert_eq!(api.report(&customer, "a", 1).await, 200);
    assert_eq!(api.fake.accepted().len(), 2);
}

#[tokio::test]
async fn a_payment_that_fails_is_tried_again_and_then_no_more() {
    let api = Api::start().await;
    let (customer, session) = api.checkout().await;
    api.fake
        .complete_checkout(&session, Card::FailsLater)
        .unwrap();
    assert_eq!(api.report(&customer, "a", 7).await, 200);
    let status = async || {
        let path = format!("/v1/subscriptions?customer={customer}&status=all");
        let list = api.send("GET", &path, "").await.1;
        list["data"][0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status().await, "active");
    api.fake.advance_to(NEXT_MONTH + 2 * HOUR).await;
    assert_eq!(status().await, "past_due");
    api.fake.advance_to(NEXT_MONTH + 16 * DAY).await;
    assert_eq!(status().await, "unpaid");
    assert!(api.fake.set_card(&customer, Card::Works));
    let invoice = api.fake.invoices()[0]["id"].as_str().unwrap().to_owned();
    let paid = api.post(&format!("/v1/invoices/{invoice}/pay"), "").await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(status().await, "active");
}

#[tokio::test]
async fn a_draft_that_is_held_stays_one() {
    let api = Api::start().await;
    let (customer, session) = api.checkout().await;
    api.fake.complete_checkout(&session, Card::Works).unwrap();
    assert_eq!(api.report(&customer, "a", 7).await, 200);
    api.fake.advance_to(NEXT_MONTH).await;
    let path = format!(
        "/v1/invoices/{}",
        api.fake.invoices()[0]["id"].as_str().unwrap()
    );
    api.post(&path, "auto_advance=false").await;
    api.fake.advance_to(NEXT_MONTH + 10 * DAY).await;
    assert_eq!(api.fake.invoices()[0]["status"], "draft");
    let done = api
        .post(&format!("{path}/finalize"), "auto_advance=true")
        .await;
    assert_eq!(done["status"], "paid");
}

#[tokio::test]
async fn requests_are_checked_and_done_once_for_each_key() {
    let api = Api::start().await;
    let (status, wrong) = api.send("POST", "/v1/customers", "nmae=acme").await;
    assert_eq!(
        (status, &wrong["error"]["code"]),
        (400, &json!("parameter_unknown"))
    );
    let (status, _) = api.send("GET", "/v1/nothing", "").await;
    assert_eq!(status, 404);
    let client = reqwest::Client::new();
    let url = format!("{}/v1/customers", api.fake.url());
    let refused = client
        .post(&url)
        .bearer_auth("sk_test_other")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    let make = async || {
        let request = client.post(&url).bearer_auth(api.fake.secret_key());
        let request = request.header("Idempotency-Key", "k").body("name=a");
        let answer = request.send().await.unwrap();
        answer.json::<serde_json::Value>().await.unwrap()["id"].clone()
    };
    let first = make().await;
    assert_eq!(make().await, first);
    api.fake.advance_to(NOW + DAY).await;
    assert_ne!(make().await, first);
}
