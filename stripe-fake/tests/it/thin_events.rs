//! Meter events that can't be counted, of which only a destination of thin events hears.

use serde_json::{Value, json};

use crate::api::{Api, HOUR, NOW};
use crate::receiver::{Receiver, Webhook};

const CUSTOMER_MISSING: &str = "v1.billing.meter.error_report_triggered";
const METER_MISSING: &str = "v1.billing.meter.no_meter_found";

struct Scene {
    api: Api,
    receiver: Receiver,
    /// Of the endpoint of v1, and of the destination of v2.
    secrets: [String; 2],
}

impl Scene {
    /// An endpoint of v1 and a destination of v2 that hear of everything that there is for them.
    async fn start() -> Self {
        let api = Api::start().await;
        let receiver = Receiver::start().await;
        let endpoint = receiver.listen(&api, "/v1", &["*"]).await;
        let destination = json!({
            "name": "errors of meters",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": [CUSTOMER_MISSING, METER_MISSING],
            "webhook_endpoint": { "url": format!("{}/v2", receiver.url) },
            "include": ["webhook_endpoint.signing_secret"],
        });
        let path = "/v2/core/event_destinations";
        let destination = api.post(path, &destination.to_string()).await;
        let secret = |it: &Value| it.as_str().unwrap().to_owned();
        let secrets = [
            secret(&endpoint["secret"]),
            secret(&destination["webhook_endpoint"]["signing_secret"]),
        ];
        Self {
            api,
            receiver,
            secrets,
        }
    }

    async fn report(&self, event_name: &str, customer: &str, identifier: &str) {
        let event = format!(
            "event_name={event_name}&identifier={identifier}\
             &payload[stripe_customer_id]={customer}&payload[value]=1"
        );
        self.api.post("/v1/billing/meter_events", &event).await;
    }

    /// All that has come, which is for the destination of v2, and signed by its secret at this time.
    fn thin(&self, time: u64) -> Vec<Webhook> {
        let asked = self.receiver.asked();
        for it in &asked {
            assert_eq!(it.path, "/v2");
            assert!(it.is_signed(&self.secrets[1], time));
            assert!(!it.is_signed(&self.secrets[0], time));
        }
        asked
    }

    /// The event of a webhook, which does not have its data, and its data.
    async fn fetched(&self, webhook: &Webhook) -> (Value, Value) {
        let thin = webhook.event();
        let path = format!("/v2/core/events/{}", thin["id"].as_str().unwrap());
        let mut full = self.api.get(&path).await;
        let data = full.as_object_mut().unwrap().remove("data").unwrap();
        assert_eq!(full, thin, "it has no more than its data");
        (thin, data)
    }
}

#[tokio::test]
async fn an_unknown_customer_is_reported() {
    let scene = Scene::start().await;
    scene.api.checkout().await;
    let meters = scene.api.get("/v1/billing/meters").await;
    let meter = meters["data"][0]["id"].as_str().unwrap();
    scene.report("compute", "cus_nobody", "a").await;
    scene.report("compute", "cus_nobody_else", "b").await;
    scene.api.fake.advance_to(NOW + 59).await;
    assert!(scene.receiver.asked().is_empty());
    scene.api.fake.advance_to(NOW + HOUR).await;
    let told = scene.thin(NOW + 60);
    assert_eq!(told.len(), 1, "one event for all");
    let (thin, data) = scene.fetched(&told[0]).await;
    assert_eq!(
        (&thin["type"], &thin["object"]),
        (&json!(CUSTOMER_MISSING), &json!("v2.core.event"))
    );
    assert_eq!(thin["related_object"]["id"], meter);
    assert_eq!(data["reason"]["error_count"], 2);
    let reason = &data["reason"]["error_types"][0];
    assert_eq!(reason["code"], "meter_event_customer_not_found");
    let samples = reason["sample_errors"].as_array().unwrap().iter();
    let samples: Vec<_> = samples.map(|it| &it["request"]["identifier"]).collect();
    assert_eq!(samples, ["a", "b"]);
    // They were accepted and count nowhere.
    assert_eq!(scene.api.fake.accepted().len(), 2);
    assert_eq!(scene.api.fake.invoices().len(), 0);
}

#[tokio::test]
async fn an_unknown_meter_is_reported() {
    let scene = Scene::start().await;
    let (customer, _) = scene.api.checkout().await;
    scene.report("compute_v2", &customer, "a").await;
    // What is counted is reported to nobody.
    scene.report("compute", &customer, "b").await;
    scene.api.fake.advance_to(NOW + HOUR).await;
    let told = scene.thin(NOW + 60);
    assert_eq!(told.len(), 1);
    let (thin, data) = scene.fetched(&told[0]).await;
    assert_eq!(
        (&thin["type"], &thin["related_object"]),
        (&json!(METER_MISSING), &Value::Null)
    );
    assert_eq!(data["reason"]["error_types"][0]["code"], "no_meter");
}

#[tokio::test]
async fn destinations_tell_what_is_asked_for() {
    let scene = Scene::start().await;
    let path = "/v2/core/event_destinations";
    let list = scene.api.get(path).await;
    assert_eq!(list["data"][0]["webhook_endpoint"], Value::Null);
    let list = scene
        .api
        .get(&format!("{path}?include[0]=webhook_endpoint.url&limit=100"))
        .await;
    let shown = json!({ "url": format!("{}/v2", scene.receiver.url), "signing_secret": null });
    assert_eq!(list["data"][0]["webhook_endpoint"], shown);
}
