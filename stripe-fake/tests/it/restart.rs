//! A fake that is started again from its journal.

use std::path::Path;

use serde_json::{Value, json};
use stripe_fake::{Card, Fake, Fault, FaultKind, Faults, Options};

use crate::api::{Api, HOUR, NEXT_MONTH, NOW};
use crate::receiver::Receiver;

const DAY: u64 = 24 * HOUR;

/// 2027-01-01T00:00:00Z.
const MONTH_AFTER: u64 = NEXT_MONTH + 31 * DAY;

/// What the API shows, apart from single objects.
const LISTS: [&str; 12] = [
    "/fake/state",
    "/v1/account",
    "/v1/balance",
    "/v1/products",
    "/v1/prices",
    "/v1/billing/meters",
    "/v1/checkout/sessions",
    "/v1/billing_portal/configurations",
    "/v1/subscriptions?status=all",
    "/v1/invoices",
    "/v1/webhook_endpoints",
    "/v2/core/event_destinations?include[]=webhook_endpoint.url",
];

/// A fake, what listens to it, and its customer.
struct Scene {
    api: Api,
    receiver: Receiver,
    customer: String,
    endpoint: String,
}

fn options(journal: Option<&Path>) -> Options {
    Options {
        now: Some(NOW),
        secret_key: Some("sk_test_restart".to_owned()),
        journal: journal.map(Path::to_owned),
        ..Options::default()
    }
}

impl Scene {
    /// Gets into the middle of a month: a subscription, meter events of which one can't be counted, a
    /// draft that nobody has heard of, an answer kept under a key, two secrets, and what went wrong.
    async fn until_the_middle(journal: Option<&Path>) -> Self {
        let api = Api::with(options(journal)).await;
        let receiver = Receiver::start().await;
        let url = &receiver.url;
        let endpoint = format!("url={url}/v1&enabled_events[]=*");
        let endpoint = api.post("/v1/webhook_endpoints", &endpoint).await;
        let thin = json!({
            "name": "errors", "type": "webhook_endpoint", "event_payload": "thin",
            "enabled_events": ["v1.billing.meter.error_report_triggered"],
            "webhook_endpoint": { "url": format!("{url}/v2") },
        });
        api.post("/v2/core/event_destinations", &thin.to_string())
            .await;
        let (customer, session) = api.checkout().await;
        let scene = Self {
            api,
            receiver,
            customer,
            endpoint: endpoint["id"].as_str().unwrap().to_owned(),
        };
        scene.go_on(&session).await;
        scene
    }

    async fn go_on(&self, session: &str) {
        let (api, fake, customer) = (&self.api, &self.api.fake, &self.customer);
        fake.complete_checkout(session, Card::Works).unwrap();
        let features = "features[invoice_history][enabled]=true";
        api.post("/v1/billing_portal/configurations", features)
            .await;
        fake.advance_to(NOW + HOUR).await;
        assert_eq!(api.report(customer, "a", 7).await, 200);
        assert_eq!(api.report("cus_nobody", "b", 1).await, 200);
        self.receiver.refuse(true);
        fake.advance_to(NEXT_MONTH + HOUR / 2).await;
        assert_eq!(fake.invoices()[0]["status"], "draft");
        assert_eq!(api.report(customer, "c", 11).await, 200);
        assert!(fake.roll_secret(&self.endpoint).is_some());
        let lost = Fault {
            method: Some("POST".to_owned()),
            ..Fault::new(FaultKind::CloseAfterSuccess, "/v1/customers").times(2)
        };
        fake.set_faults(Faults {
            requests: vec![lost],
            ..Faults::default()
        });
        assert!(self.make().await.is_none());
        fake.advance_to(NEXT_MONTH + 50 * 60).await;
        // Without an identifier, one is made up.
        let event =
            format!("event_name=compute&payload[stripe_customer_id]={customer}&payload[value]=13");
        api.post("/v1/billing/meter_events", &event).await;
    }

    /// Makes a customer under one key, whose id is lost at first.
    async fn make(&self) -> Option<Value> {
        let request = reqwest::Client::new()
            .post(format!("{}/v1/customers", self.api.fake.url()))
            .bearer_auth(self.api.fake.secret_key())
            .header("Idempotency-Key", "k");
        let answer = request.body("name=other").send().await.ok()?;
        answer.json().await.ok()
    }

    /// The identifier is refused, the same key has its answer, and the month ends.
    async fn until_the_end(&self) {
        let (api, fake, customer) = (&self.api, &self.api.fake, &self.customer);
        assert_eq!(api.report(customer, "c", 7).await, 400);
        assert!(self.make().await.is_none(), "the second of two is lost too");
        assert_eq!(self.make().await.unwrap()["name"], "other");
        self.receiver.refuse(false);
        fake.advance_to(NEXT_MONTH + 4 * HOUR).await;
        assert_eq!(fake.invoices()[0]["status"], "paid");
        assert_eq!(api.report(customer, "d", 17).await, 200);
        fake.advance_to(MONTH_AFTER + 2 * HOUR).await;
        let invoice = &fake.invoices()[1];
        assert_eq!(
            (&invoice["status"], &invoice["lines"]["data"][0]["quantity"]),
            (&json!("paid"), &json!(11 + 13 + 17))
        );
    }

    /// All that can be seen, with names in the place of addresses.
    async fn shown(&self) -> Vec<String> {
        let (from, to) = (NOW / 60 * 60, NOW / 60 * 60 + 40 * DAY);
        let meters = self.api.get("/v1/billing/meters").await;
        let meter = meters["data"][0]["id"].as_str().unwrap();
        let customer = &self.customer;
        let mut paths: Vec<String> = LISTS.map(str::to_owned).to_vec();
        paths.extend([
            format!("/v1/customers/{customer}"),
            format!(
                "/v1/billing/meters/{meter}/event_summaries\
                 ?customer={customer}&start_time={from}&end_time={to}"
            ),
        ]);
        let mut shown = Vec::new();
        for path in paths {
            shown.push(self.named(&self.api.send("GET", &path, "").await.1.to_string()));
        }
        let events = self.api.fake.events();
        shown.extend(events.iter().map(|it| self.named(&it.to_string())));
        shown
    }

    fn named(&self, text: &str) -> String {
        let text = text.replace(&self.api.fake.url(), "fake:");
        text.replace(&self.receiver.url, "receiver:")
    }

    /// Every webhook that came.
    fn webhooks(&self) -> Vec<String> {
        let asked = self.receiver.asked().into_iter();
        asked
            .map(|it| format!("{} {} {}", it.path, it.kind(), self.named(&it.body)))
            .collect()
    }

    async fn restarted(self, journal: &Path) -> Self {
        let port = self.api.fake.url().rsplit(':').next().unwrap().parse();
        self.api.fake.stop().await;
        let options = Options {
            port: port.unwrap(),
            // Those of the journal count.
            now: None,
            seed: 99,
            ..options(Some(journal))
        };
        let api = Api::of(Fake::start(options).await.unwrap());
        Self { api, ..self }
    }
}

#[tokio::test]
async fn a_month_ends_as_if_nothing_had_happened() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let scene = Scene::until_the_middle(Some(&journal)).await;
    let before = (scene.shown().await, scene.webhooks());
    let scene = scene.restarted(&journal).await;
    assert_eq!((scene.shown().await, scene.webhooks()), before);
    // A second time, after more was written to a journal that was there.
    scene.until_the_end().await;
    let after = (scene.shown().await, scene.webhooks());
    let scene = scene.restarted(&journal).await;
    assert_eq!((scene.shown().await, scene.webhooks()), after);

    let never_ended = Scene::until_the_middle(None).await;
    never_ended.until_the_end().await;
    assert_eq!((never_ended.shown().await, never_ended.webhooks()), after);
}

/// Ids are made from one row of random numbers, and each line leaves something to be seen.
#[tokio::test]
async fn no_line_of_a_journal_can_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let scene = Scene::until_the_middle(Some(&journal)).await;
    let before = scene.shown().await;
    let Scene {
        api,
        receiver,
        customer,
        endpoint,
    } = scene;
    api.fake.stop().await;
    let text = std::fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut scene = Scene {
        api: start(&journal, &lines).await.unwrap(),
        receiver,
        customer,
        endpoint,
    };
    assert_eq!(scene.shown().await, before);
    for left_out in 0..lines.len() {
        // The next line has the time as well, so that this one counts only if something was due.
        if lines[left_out].contains(r#""change":"clock""#) {
            continue;
        }
        let mut lines = lines.clone();
        let line = lines.remove(left_out);
        if let Ok(api) = start(&journal, &lines).await {
            scene.api = api;
            assert_ne!(scene.shown().await, before, "{line}");
        }
    }
}

/// A fake with a journal of these lines.
async fn start(journal: &Path, lines: &[&str]) -> std::io::Result<Api> {
    // The fake that had it before may be about to end, with the file that had this name.
    let _ = std::fs::remove_file(journal);
    let lines: String = lines.iter().map(|it| format!("{it}\n")).collect();
    std::fs::write(journal, lines).unwrap();
    Ok(Api::of(Fake::start(options(Some(journal))).await?))
}

#[tokio::test]
async fn a_line_that_is_cut_off_is_none_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let api = Api::with(options(Some(&journal))).await;
    let first = api.post("/v1/customers", "name=first").await;
    api.post("/v1/customers", "name=second").await;
    api.fake.stop().await;
    let text = std::fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");

    for cut in [
        text.len() - 1,
        text.len() - 9,
        lines[0].len() + lines[1].len() + 3,
    ] {
        std::fs::write(&journal, &text[..cut]).unwrap();
        let api = Api::of(Fake::start(options(Some(&journal))).await.unwrap());
        let path = format!("/v1/customers/{}", first["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await, first);
        // What is written next has a line of its own.
        api.post("/v1/customers", "name=second").await;
        api.fake.stop().await;
        assert_eq!(std::fs::read_to_string(&journal).unwrap(), text);
    }

    let refused = async |lines: &[&str]| start(&journal, lines).await.err().unwrap().to_string();
    let error = refused(&[lines[0], "{\"at\":1795937400,", lines[2]]).await;
    assert!(error.contains("line 2 of the journal"), "{error}");
    let error = refused(&[lines[0], lines[2]]).await;
    assert!(error.contains("line 2 of the journal"), "{error}");
    assert!(error.contains(first["id"].as_str().unwrap()), "{error}");
    let early = lines[2].replace(&NOW.to_string(), "5");
    let error = refused(&[lines[0], lines[1], &early]).await;
    assert!(error.contains("line 3 of the journal"), "{error}");

    let _first = start(&journal, &lines).await.unwrap();
    let second = Fake::start(options(Some(&journal))).await;
    assert!(second.unwrap_err().to_string().contains("can't be used"));
}

#[tokio::test]
async fn a_clock_that_goes_on_by_itself_does_not_stay_in_the_past() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let many_years_ago = 1_000_000_000;
    let begun = Options {
        now: Some(many_years_ago),
        ..options(Some(&journal))
    };
    let api = Api::of(Fake::start(begun.clone()).await.unwrap());
    let (_, session) = api.checkout_from(None).await;
    api.fake.stop().await;
    let resumed = Options {
        real_time: true,
        ..begun
    };
    let api = Api::of(Fake::start(resumed).await.unwrap());
    let is_late = || api.fake.now() > many_years_ago + 20 * 365 * DAY;
    for _ in 0..500 {
        if is_late() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(is_late());
    let expired = api.get(&format!("/v1/checkout/sessions/{session}")).await;
    assert_eq!(expired["status"], "expired");
    let events = api.get("/v1/events").await;
    assert_eq!(events["data"][0]["created"], expired["expires_at"]);
}
