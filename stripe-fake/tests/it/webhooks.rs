//! Webhooks: signed, and sent until they arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Endpoint, IntoResponse as _, Request, Response, Server};
use stripe_fake::{Card, Fault, FaultKind, Faults};

use crate::api::{Api, HOUR, NEXT_MONTH};

/// Takes webhooks, or refuses them.
#[derive(Clone, Default)]
struct Receiver {
    refuses: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Endpoint for Receiver {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        assert!(request.header("Stripe-Signature").unwrap().contains(",v1="));
        self.asked.fetch_add(1, Ordering::SeqCst);
        let refuses = self.refuses.load(Ordering::SeqCst);
        let status = if refuses { 500 } else { 200 };
        Ok(poem::http::StatusCode::from_u16(status)
            .unwrap()
            .into_response())
    }
}

#[tokio::test]
async fn a_draft_waits_for_those_who_have_not_heard_of_it() {
    let api = Api::start().await;
    let receiver = Receiver::default();
    let acceptor = TcpListener::bind("127.0.0.1:0")
        .into_acceptor()
        .await
        .unwrap();
    let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(Server::new_with_acceptor(acceptor).run(receiver.clone()));
    let endpoint = format!("url=http://{address}/hook&enabled_events[]=invoice.created");
    let endpoint = api.post("/v1/webhook_endpoints", &endpoint).await;
    assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"));
    let (_, session) = api.checkout().await;
    api.fake.complete_checkout(&session, Card::Works).unwrap();
    receiver.refuses.store(true, Ordering::SeqCst);
    api.fake.advance_to(NEXT_MONTH + 71 * HOUR).await;
    assert_eq!(api.fake.invoices()[0]["status"], "draft");
    assert!(receiver.asked.load(Ordering::SeqCst) > 5);
    receiver.refuses.store(false, Ordering::SeqCst);
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
