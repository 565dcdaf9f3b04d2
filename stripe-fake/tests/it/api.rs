//! A client of a fake that starts on 2026-11-29T07:30:00Z.

use serde_json::Value;
use stripe_fake::{Fake, Options};

/// 2026-11-29T07:30:00Z.
pub(crate) const NOW: u64 = 1_795_937_400;

/// 2026-12-01T00:00:00Z.
pub(crate) const NEXT_MONTH: u64 = 1_796_083_200;

pub(crate) const HOUR: u64 = 3_600;

pub(crate) struct Api {
    pub(crate) fake: Fake,
    client: reqwest::Client,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let options = Options {
            now: Some(NOW),
            ..options
        };
        Self::of(Fake::start(options).await.unwrap())
    }

    pub(crate) fn of(fake: Fake) -> Self {
        let client = reqwest::Client::new();
        Self { fake, client }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let url = format!("{}{path}", self.fake.url());
        let request = self.client.request(method.parse().unwrap(), url);
        let answer = request
            .bearer_auth(self.fake.secret_key())
            .body(body.to_owned());
        let answer = answer.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Value {
        let (status, answer) = self.send("POST", path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send("GET", path, "").await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

impl Api {
    /// A customer that is on its way to a subscription with one meter, `compute`: its id, and that of the
    /// checkout.
    pub(crate) async fn checkout(&self) -> (String, String) {
        self.checkout_from(Some(NEXT_MONTH)).await
    }

    /// The same, with periods from this time, or from the time at which the checkout is completed.
    pub(crate) async fn checkout_from(&self, anchor: Option<u64>) -> (String, String) {
        let id = |object: &Value| object["id"].as_str().unwrap().to_owned();
        let customer = id(&self.post("/v1/customers", "name=acme").await);
        let meter = "display_name=Compute&event_name=compute&default_aggregation[formula]=sum";
        let meter = id(&self.post("/v1/billing/meters", meter).await);
        self.post("/v1/products", "id=compute&name=Compute").await;
        let price = format!(
            "currency=usd&product=compute&unit_amount_decimal=0.5&recurring[interval]=month\
             &recurring[usage_type]=metered&recurring[meter]={meter}"
        );
        let price = id(&self.post("/v1/prices", &price).await);
        let anchor = anchor.map_or_else(String::new, |at| {
            format!("&subscription_data[billing_cycle_anchor]={at}")
        });
        let session = format!(
            "mode=subscription&customer={customer}&line_items[0][price]={price}\
             &success_url=http://127.0.0.1:1/ok&cancel_url=http://127.0.0.1:1/no\
             &subscription_data[proration_behavior]=none{anchor}"
        );
        let session = id(&self.post("/v1/checkout/sessions", &session).await);
        (customer, session)
    }

    /// Reports use of a customer now; the status of the answer.
    pub(crate) async fn report(&self, customer: &str, identifier: &str, value: u64) -> u16 {
        let timestamp = self.fake.now();
        let event = format!(
            "event_name=compute&identifier={identifier}&timestamp={timestamp}\
             &payload[stripe_customer_id]={customer}&payload[value]={value}"
        );
        self.send("POST", "/v1/billing/meter_events", &event)
            .await
            .0
    }
}
