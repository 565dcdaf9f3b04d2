//! Webhooks: signed, and sent until they arrive.

use stripe_fake::{Card, Fault, FaultKind, Faults};

use crate::api::{Api, HOUR, NEXT_MONTH};
use crate::receiver::Receiver;

#[tokio::test]
async fn a_draft_waits_for_those_who_have_not_heard_of_it() {
    let api = Api::start().await;
    let receiver = Receiver::start().await;
    let endpoint = format!("url={}/hook&enabled_events[]=invoice.created", receiver.url);
    let endpoint = api.post("/v1/webhook_endpoints", &endpoint).await;
    assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"));
    let (_, session) = api.checkout().await;
    api.fake.complete_checkout(&session, Card::Works).unwrap();
    receiver.refuse(true);
    api.fake.advance_to(NEXT_MONTH + 71 * HOUR).await;
    assert_eq!(api.fake.invoices()[0]["status"], "draft");
    let asked = receiver.asked();
    assert!(asked.len() > 5);
    assert!(asked.iter().all(|it| it.signature.contains(",v1=")));
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
