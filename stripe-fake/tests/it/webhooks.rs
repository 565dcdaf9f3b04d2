//! Webhooks: signed, and sent until they arrive.

use stripe_fake::{Card, Fault, FaultKind, Faults};

use crate::api::{Api, HOUR, NEXT_MONTH};
use crate::receiver::Receiver;

#[tokio::test]
async fn a_draft_waits_for_those_who_have_not_heard_of_it() {
    let api = Api::start().await;
    let receiver = Receiver::start().await;
    let endpoint = receiver.listen(&api, "/hook", &["invoice.created"]).await;
    assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"));
    let (_, session) = api.checkout().await;
    api.fake.complete_checkout(&session, Card::Works).unwrap();
    receiver.refuse(true);
    api.fake.advance_to(NEXT_MONTH + 71 * HOUR).await;
    assert_eq!(api.fake.invoices()[0]["status"], "draft");
    let asked = receiver.asked();
    assert!(asked.len() > 5);
    assert!(asked.iter().all(|it| it.signatures() == 1));
    receiver.refuse(false);
    api.fake.advance_to(NEXT_MONTH + 73 * HOUR).await;
    assert_eq!(api.fake.invoices()[0]["status"], "paid");
}

#[tokio::test]
async fn a_request_may_be_carried_out_and_not_answered() {
    let api = Api::start().await;
    let (customer, _) = api.checkout().await;
    let lost = Fault::new(FaultKind::CloseAfterSuccess, "/v1/billing/meter_events").times(1);
    api.fake.set_faults(Faults {
        requests: vec![lost],
        ..Faults::default()
    });
    let url = format!("{}/v1/billing/meter_events", api.fake.url());
    let body = format!(
        "event_name=compute&identifier=a&payload[stripe_customer_id]={customer}&payload[value]=1"
    );
    let request = reqwest::Client::new()
        .post(url)
        .bearer_auth(api.fake.secret_key())
        .body(body);
    let answer = request.send().await;
    let read = match answer {
        Ok(answer) => answer.bytes().await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(read.is_err());
    assert_eq!(api.fake.accepted().len(), 1);
    assert_eq!(api.fake.fault_counts()[&FaultKind::CloseAfterSuccess], 1);
    assert_eq!(api.report(&customer, "a", 1).await, 400);
}

/// An event, and when it happened.
type Event = (u64, String);

/// What happens until the invoice of a month is paid, and what is told of it, with these faults.
async fn told_with(faults: Faults) -> (Vec<Event>, Vec<Event>) {
    let api = Api::start().await;
    let receiver = Receiver::start().await;
    receiver.listen(&api, "/hook", &["*"]).await;
    let (customer, session) = api.checkout().await;
    api.fake.set_faults(faults);
    api.fake.complete_checkout(&session, Card::Works).unwrap();
    assert_eq!(api.report(&customer, "a", 700).await, 200);
    api.fake.advance_to(NEXT_MONTH + 2 * HOUR).await;
    assert_eq!(api.fake.invoices()[0]["status"], "paid");
    let named = |event: &serde_json::Value| {
        let created = event["created"].as_u64().unwrap();
        (created, event["id"].as_str().unwrap().to_owned())
    };
    let happened: Vec<Event> = api.fake.events().iter().map(named).collect();
    assert!(happened.len() >= 7);
    let asked = receiver.asked();
    (
        happened,
        asked.iter().map(|it| named(&it.event())).collect(),
    )
}

#[tokio::test]
async fn webhooks_come_once_and_in_order() {
    let (happened, told) = told_with(Faults::default()).await;
    assert_eq!(told, happened);
}

#[tokio::test]
async fn webhooks_come_twice_when_they_are_told_to() {
    let faults = Faults {
        duplicate_webhooks: true,
        ..Faults::default()
    };
    let (happened, told) = told_with(faults).await;
    let twice: Vec<_> = happened.iter().flat_map(|it| [it, it]).collect();
    assert_eq!(told.iter().collect::<Vec<_>>(), twice);
}

#[tokio::test]
async fn webhooks_of_one_time_come_in_any_order_when_they_are_told_to() {
    let faults = Faults {
        reorder_webhooks: true,
        ..Faults::default()
    };
    let (mut happened, mut told) = told_with(faults).await;
    assert_ne!(told, happened);
    assert!(told.is_sorted_by_key(|(created, _)| created), "{told:?}");
    happened.sort();
    told.sort();
    assert_eq!(told, happened);
}
