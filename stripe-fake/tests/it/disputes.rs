//! Disputes, from the bank's first word to its last.

use serde_json::json;
use stripe_fake::Card;

use crate::api::{Api, HOUR, NEXT_MONTH};
use crate::receiver::Receiver;

/// A fake with a paid invoice: its id.
async fn paid() -> (Api, String) {
    let api = Api::start().await;
    let (customer, session) = api.checkout().await;
    api.fake.complete_checkout(&session, Card::Works).unwrap();
    assert_eq!(api.report(&customer, "a", 700).await, 200);
    api.fake.advance_to(NEXT_MONTH + HOUR / 2).await;
    let invoice = api.fake.invoices()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(api.fake.open_dispute(&invoice), None, "it is not paid yet");
    api.fake.advance_to(NEXT_MONTH + 2 * HOUR).await;
    (api, invoice)
}

async fn decided(won: bool) {
    let (api, invoice) = paid().await;
    let receiver = Receiver::start().await;
    let kinds = ["charge.dispute.created", "charge.dispute.closed"];
    receiver.listen(&api, "/hook", &kinds).await;
    let id = api.fake.open_dispute(&invoice).unwrap();
    api.fake.deliver().await;
    let path = format!("/v1/disputes/{id}");
    let open = api.get(&path).await;
    assert_eq!(open["status"], "needs_response");
    assert_eq!(
        (&open["amount"], &open["currency"]),
        (&json!(350), &json!("usd"))
    );
    let charge = format!("/v1/charges/{}", open["charge"].as_str().unwrap());
    let charge = api.get(&charge).await;
    assert_eq!(
        (&charge["disputed"], &charge["amount"]),
        (&json!(true), &json!(350))
    );

    api.fake.advance_to(NEXT_MONTH + 72 * HOUR).await;
    assert_eq!(api.fake.close_dispute(&id, won), Some(()));
    assert_eq!(api.fake.close_dispute(&id, !won), None, "it is decided");
    api.fake.deliver().await;
    let closed = api.get(&path).await;
    assert_eq!(closed["status"], if won { "won" } else { "lost" });

    let asked = receiver.asked();
    let told: Vec<_> = asked.iter().map(|it| it.event()).collect();
    assert_eq!(told.len(), 2);
    for (event, (kind, dispute)) in told.iter().zip(kinds.iter().zip([open, closed])) {
        assert_eq!(event["type"], *kind);
        assert_eq!(event["data"]["object"], dispute);
    }
    assert_eq!(told[0]["created"], NEXT_MONTH + 2 * HOUR);
    assert_eq!(told[1]["created"], NEXT_MONTH + 72 * HOUR);
}

#[tokio::test]
async fn a_dispute_is_won() {
    decided(true).await;
}

#[tokio::test]
async fn a_dispute_is_lost() {
    decided(false).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_disputed() {
    let (api, _) = paid().await;
    assert_eq!(api.fake.open_dispute("in_nothing"), None);
    assert_eq!(api.fake.close_dispute("dp_nothing", true), None);
    let (status, _) = api.send("GET", "/v1/disputes/dp_nothing", "").await;
    assert_eq!(status, 404);
}
