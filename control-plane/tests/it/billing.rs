//! Subscribing, caps, webhooks and dunning, against the stand-in for Stripe.

use std::time::{Duration, Instant};

use control_plane::{Options, Stripe, StripeOptions};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use stripe_fake::{Card, Fake, Fault, FaultKind, Faults};

use crate::client::{Answer, Client, send};
use crate::server::{Server, unlimited};
use crate::usage::{FREE_BYTES, prices, tenant_id, until};

const TIMEOUT: Duration = Duration::from_secs(30);
const SECRET: &str = "whsec_of_this_test";
const DAY: u64 = 86_400;

/// A server that takes payments.
struct Paid {
    server: Server,
    fake: Fake,
}

impl Paid {
    async fn start() -> Self {
        let fake = Fake::start(stripe_fake::Options::default()).await.unwrap();
        let stripe = Stripe::new(StripeOptions {
            secret_key: fake.secret_key(),
            url: Some(fake.url()),
            automatic_tax: false,
            webhook_secrets: vec!["whsec_of_before".to_owned(), SECRET.to_owned()],
        });
        let stripe = stripe.unwrap();
        let plan = stripe.plan(&prices(), "https://api.example.com").await;
        for step in plan.unwrap().steps {
            stripe.make(&step).await.unwrap();
        }
        let server = Server::with(Options {
            prices: Some(prices()),
            stripe: Some(stripe),
            ..unlimited()
        });
        Self {
            server: server.await,
            fake,
        }
    }

    /// A page to subscribe on: its id.
    async fn checkout(&self, client: &Client) -> String {
        let page = client.post_json("/billing/checkout", checkout()).await;
        let page = page.expect(200).json();
        assert!(page["url"].as_str().unwrap().starts_with(&self.fake.url()));
        page["session_id"].as_str().unwrap().to_owned()
    }

    async fn subscribe(&self, client: &Client) {
        let page = self.checkout(client).await;
        self.fake.complete_checkout(&page, Card::Works).unwrap();
        self.tell("checkout.session.completed").await;
        self.until_standing(client, "active").await;
    }

    /// The newest event of a kind.
    fn event(&self, kind: &str) -> Value {
        let events = self.fake.events();
        let found = events.into_iter().rev().find(|it| it["type"] == kind);
        found.unwrap_or_else(|| panic!("there was no {kind}"))
    }

    async fn tell(&self, kind: &str) {
        let event = self.event(kind).to_string();
        self.send(&event, now(), SECRET).await.expect(200);
    }

    async fn send(&self, body: &str, time: u64, secret: &str) -> Answer {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{body}").as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        self.send_signed(body, Some(&format!("t={time},v1={signature}")))
            .await
    }

    async fn send_signed(&self, body: &str, signature: Option<&str>) -> Answer {
        let client = Client::new(&self.server.address, None);
        let mut request = client.request(Method::POST, "/billing/webhook");
        if let Some(signature) = signature {
            request = request.header("Stripe-Signature", signature);
        }
        send(request.body(body.to_owned())).await
    }

    async fn standing(&self, client: &Client) -> String {
        let used = client.get("/billing/usage").await.expect(200).json();
        used["standing"].as_str().unwrap().to_owned()
    }

    async fn until_standing(&self, client: &Client, standing: &str) {
        let begun = Instant::now();
        loop {
            let now = self.standing(client).await;
            if now == standing {
                return;
            }
            assert!(begun.elapsed() < TIMEOUT, "{now} is not {standing}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for a mail.
    async fn mail(&self, subject: &str) -> String {
        let begun = Instant::now();
        loop {
            let mails = self.server.mails();
            if let Some(found) = mails.iter().find(|it| it.contains(subject)) {
                return found.clone();
            }
            assert!(begun.elapsed() < TIMEOUT, "no mail: {subject}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn now() -> u64 {
    let now = catalog::clock::Clock::now(&catalog::clock::SystemClock);
    now.as_micros() / 1_000_000
}

async fn set_cap(client: &Client, body: Value) -> Answer {
    send(client.request(Method::PUT, "/billing/cap").json(&body)).await
}

fn checkout() -> Value {
    json!({ "success_url": "https://example.com/yes", "cancel_url": "https://example.com/no" })
}

#[tokio::test]
async fn without_stripe_nobody_subscribes() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let not_configured = |answer: Answer| {
        answer.expect_error(501, "billing_not_configured");
    };
    not_configured(owner.post_json("/billing/checkout", checkout()).await);
    not_configured(owner.post("/billing/portal", "").await);
    not_configured(set_cap(&owner, json!({ "cap_cents": 5 })).await);
    not_configured(owner.post("/billing/webhook", "{}").await);
}

#[tokio::test]
async fn a_tenant_subscribes_once() {
    let paid = Paid::start().await;
    let owner = paid.server.tenant("acme").await;
    owner
        .post("/billing/portal", "")
        .await
        .expect_error(409, "never_subscribed");
    for body in [
        json!({ "success_url": "javascript:alert(1)", "cancel_url": "https://example.com" }),
        json!({ "success_url": "https://example.com", "cancel_url": "/relative" }),
        json!({ "success_url": "https://example.com" }),
    ] {
        let answer = owner.post_json("/billing/checkout", body).await;
        answer.expect_error(400, "invalid_request");
    }
    // Of two pages only the newer one is open.
    let first = paid.checkout(&owner).await;
    let second = paid.checkout(&owner).await;
    assert!(paid.fake.complete_checkout(&first, Card::Works).is_err());
    paid.fake.complete_checkout(&second, Card::Works).unwrap();
    // Nobody told us yet, and the tenant is not asked to pay twice.
    let answer = owner.post_json("/billing/checkout", checkout()).await;
    answer.expect_error(409, "already_subscribed");
    assert_eq!(paid.standing(&owner).await, "active");
    paid.mail("acme is subscribed on Primatomic").await;
    let page = owner.post("/billing/portal", "").await.expect(200).json();
    assert!(page["url"].as_str().unwrap().starts_with(&paid.fake.url()));
    // A bill has begun.
    let used = owner.get("/billing/usage").await.expect(200).json();
    assert_eq!(used["bill"]["status"], "open");
    // A second subscription, however it came to be, is ended.
    let customers = paid.event("customer.subscription.created");
    let customer = customers["data"]["object"]["customer"].as_str().unwrap();
    let prices: Vec<&str> = customers["data"]["object"]["items"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["price"]["id"].as_str().unwrap())
        .collect();
    let kept = customers["data"]["object"]["id"].clone();
    let again = paid.subscribe_directly(customer, &prices).await;
    assert_ne!(again, kept);
    paid.tell("customer.subscription.created").await;
    let begun = Instant::now();
    while paid.fake_event_of("customer.subscription.deleted") != Some(again.clone()) {
        assert!(begun.elapsed() < TIMEOUT);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(paid.standing(&owner).await, "active");
}

impl Paid {
    fn fake_event_of(&self, kind: &str) -> Option<Value> {
        let events = self.fake.events();
        let found = events.into_iter().rev().find(|it| it["type"] == kind)?;
        Some(found["data"]["object"]["id"].clone())
    }

    /// A subscription by another checkout; its id.
    async fn subscribe_directly(&self, customer: &str, prices: &[&str]) -> Value {
        let mut form = vec![
            ("mode".to_owned(), "subscription".to_owned()),
            ("customer".to_owned(), customer.to_owned()),
            ("success_url".to_owned(), "https://example.com".to_owned()),
        ];
        for (line, price) in prices.iter().enumerate() {
            form.push((format!("line_items[{line}][price]"), (*price).to_owned()));
        }
        let session = self.ask_fake("checkout/sessions", &form).await;
        let id = session["id"].as_str().unwrap();
        self.fake.complete_checkout(id, Card::Works).unwrap();
        self.fake_event_of("customer.subscription.created").unwrap()
    }

    async fn ask_fake(&self, path: &str, form: &[(String, String)]) -> Value {
        let encoded: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace(':', "%3A")))
            .collect();
        let answer = reqwest::Client::new()
            .post(format!("{}/v1/{path}", self.fake.url()))
            .bearer_auth(self.fake.secret_key())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(encoded.join("&"))
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{answer}");
        answer
    }
}

#[tokio::test]
async fn the_cap_stops_a_subscriber_and_a_higher_one_lets_go_at_once() {
    let paid = Paid::start().await;
    let owner = paid.server.tenant("acme").await;
    owner.log("a").await;
    let tenant = tenant_id(&owner).await;
    let query = async || owner.post("/logs/a/views/v/query", "").await;
    let cap = async |cents: Value| {
        let set = set_cap(&owner, json!({ "cap_cents": cents })).await;
        assert_eq!(set.expect(200).json()["cap_cents"], cents);
    };
    for body in [
        json!({}),
        json!({ "cap_cents": -1 }),
        json!({ "cap_cents": "5" }),
        json!({ "cap_cents": 100_000_000 }),
        json!({ "cap": 5 }),
    ] {
        let answer = set_cap(&owner, body).await;
        answer.expect_error(400, "invalid_request");
    }
    paid.server.use_data_out(tenant, FREE_BYTES).await;
    let said = until(402, query)
        .await
        .expect_error(402, "compute_limit_reached");
    let said = said.json()["error"].as_str().unwrap().to_owned();
    assert!(said.contains("POST /billing/checkout"), "{said}");
    // Whoever pays goes on.
    paid.subscribe(&owner).await;
    until(404, query).await;
    // 3000 MB at a hundredth of a cent are 30 cents.
    paid.server.use_data_out(tenant, 3 * FREE_BYTES).await;
    cap(json!(20)).await;
    let said = query().await.expect_error(402, "compute_limit_reached");
    let said = said.json()["error"].as_str().unwrap().to_owned();
    assert!(
        said.contains("cap of 0.20 usd") && said.contains("PUT /billing/cap"),
        "{said}"
    );
    paid.mail("acme has reached 100 % of its cap").await;
    until(402, async || owner.post("/logs/a/append", "x").await).await;
    owner.get("/logs/a/events").await.expect(200);
    let used = owner.get("/billing/usage").await.expect(200).json();
    assert_eq!(
        (&used["cap_cents"], &used["cost"]["cents"]),
        (&json!(20), &json!(20))
    );
    cap(json!(1_000)).await;
    query().await.expect_error(404, "view_not_found");
    owner.post("/logs/a/append", "x").await.expect(200);
    cap(Value::Null).await;
    query().await.expect_error(404, "view_not_found");
}

#[tokio::test]
async fn webhooks_are_believed_by_their_signature_and_never_by_what_they_say() {
    let paid = Paid::start().await;
    let owner = paid.server.tenant("acme").await;
    let page = paid.checkout(&owner).await;
    paid.fake.complete_checkout(&page, Card::Works).unwrap();
    let event = paid.event("customer.subscription.created");
    let body = event.to_string();
    // Forged, replayed, cut off, and of the other mode.
    let refused = |answer: Answer| answer.expect_error(400, "invalid_request");
    refused(paid.send(&body, now(), "whsec_other").await);
    refused(paid.send(&body, now() - 301, SECRET).await);
    refused(paid.send(&body, now() + 330, SECRET).await);
    refused(paid.send_signed(&body, None).await);
    refused(paid.send_signed(&body, Some("t=1,v1=00")).await);
    refused(paid.send("{}", now(), SECRET).await);
    let mut live = event.clone();
    live["livemode"] = true.into();
    refused(paid.send(&live.to_string(), now(), SECRET).await);
    let large = "x".repeat(300 << 10);
    let answer = paid.send(&large, now(), SECRET).await;
    answer.expect_error(413, "body_too_large");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(paid.standing(&owner).await, "free");
    // It says that the subscription ended, and Stripe says that it did not. A secret of before is
    // good while it is rolled.
    let mut lie = event.clone();
    lie["data"]["object"]["status"] = "canceled".into();
    paid.send(&lie.to_string(), now(), "whsec_of_before")
        .await
        .expect(200);
    paid.until_standing(&owner, "active").await;
    // Again, and of what nobody knows.
    paid.send(&body, now(), SECRET).await.expect(200);
    for (kind, object) in [
        ("customer.subscription.updated", "sub_nobodys"),
        ("checkout.session.completed", "cs_nobodys"),
        ("charge.dispute.created", "dp_nobodys"),
        ("invoice.created", "in_nobodys"),
        ("customer.tax_id.created", "txi_1"),
        ("something.new", "x_1"),
    ] {
        let unknown = json!({
            "id": format!("evt_{object}"), "type": kind, "livemode": false,
            "data": { "object": { "id": object } },
        });
        paid.send(&unknown.to_string(), now(), SECRET)
            .await
            .expect(200);
    }
    // The end comes before the change that led to it, at the same time.
    let customer = event["data"]["object"]["customer"].as_str().unwrap();
    paid.fake.cancel_in_portal(customer);
    let change = paid.event("customer.subscription.updated");
    paid.fake.advance_to(paid.fake.now() + 40 * DAY).await;
    paid.tell("customer.subscription.deleted").await;
    paid.until_standing(&owner, "cancelled").await;
    paid.send(&change.to_string(), now(), SECRET)
        .await
        .expect(200);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(paid.standing(&owner).await, "cancelled");
    let noted = paid.server.catalog.claim_webhooks(100).await.unwrap();
    assert_eq!(noted, [], "all were worked on");
}

#[tokio::test]
async fn payments_that_fail_and_disputes_have_an_effect_and_a_mail() {
    let paid = Paid::start().await;
    let owner = paid.server.tenant("acme").await;
    owner.log("a").await;
    paid.subscribe(&owner).await;
    let created = paid.event("customer.subscription.created");
    let customer = created["data"]["object"]["customer"].as_str().unwrap();
    let units = [
        ("event_name", "primatomic_data_out_mb_v1"),
        ("payload[stripe_customer_id]", customer),
        ("payload[value]", "100000"),
    ];
    let units = units.map(|(name, value)| (name.to_owned(), value.to_owned()));
    paid.ask_fake("billing/meter_events", &units).await;
    assert!(paid.fake.set_card(customer, Card::FailsLater));
    while paid.fake_event_of("invoice.payment_failed").is_none() {
        paid.fake.advance_to(paid.fake.now() + DAY).await;
    }
    paid.tell("invoice.payment_failed").await;
    paid.until_standing(&owner, "past_due").await;
    let mail = paid.mail("acme has a payment that failed").await;
    assert!(mail.contains("use goes on as before until"), "{mail}");
    // Another card, and all is well.
    assert!(paid.fake.set_card(customer, Card::Works));
    paid.fake.advance_to(paid.fake.now() + 30 * DAY).await;
    paid.tell("invoice.paid").await;
    paid.until_standing(&owner, "active").await;
    // Until a dispute is decided there is the free tier alone.
    let invoice = paid.fake_event_of("invoice.payment_failed").unwrap();
    let dispute = paid.fake.open_dispute(invoice.as_str().unwrap()).unwrap();
    paid.tell("charge.dispute.created").await;
    paid.until_standing(&owner, "disputed").await;
    paid.mail("acme has a payment that is disputed").await;
    paid.server
        .use_data_out(tenant_id(&owner).await, FREE_BYTES)
        .await;
    let query = async || owner.post("/logs/a/views/v/query", "").await;
    let said = until(402, query).await.json()["error"].to_string();
    assert!(said.contains("a payment is disputed"), "{said}");
    paid.fake.close_dispute(&dispute, true).unwrap();
    paid.tell("charge.dispute.closed").await;
    paid.until_standing(&owner, "active").await;
    until(404, query).await;
}

#[tokio::test]
async fn when_stripe_is_away_everything_but_subscribing_goes_on() {
    let paid = Paid::start().await;
    let owner = paid.server.tenant("acme").await;
    paid.fake.set_faults(Faults {
        down: true,
        ..Faults::default()
    });
    let answer = owner.post_json("/billing/checkout", checkout()).await;
    answer.expect_error(503, "unavailable");
    owner.log("a").await;
    owner.post("/logs/a/append", "x").await.expect(200);
    // What was told meanwhile is worked on later.
    paid.fake.set_faults(Faults::default());
    let page = paid.checkout(&owner).await;
    paid.fake.complete_checkout(&page, Card::Works).unwrap();
    paid.fake.set_faults(Faults {
        requests: vec![Fault::new(FaultKind::Error500, "/v1/").times(3)],
        ..Faults::default()
    });
    paid.tell("checkout.session.completed").await;
    paid.until_standing(&owner, "active").await;
}
