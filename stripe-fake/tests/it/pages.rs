//! The pages, as a browser without script uses them.

use stripe_fake::Card;

use crate::api::{Api, HOUR, NEXT_MONTH};

const DECLINED: &str = "card=4000+0000+0000+0002&do=";
const WORKS: &str = "card=4242+4242+4242+4242&do=";

/// A browser that shows what it is redirected to, and does not go there.
struct Browser {
    api: Api,
    client: reqwest::Client,
}

impl Browser {
    async fn start() -> Self {
        let quiet = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(quiet).build().unwrap();
        let api = Api::start().await;
        Self { api, client }
    }

    /// The page, which is sound.
    async fn open(&self, path: &str) -> String {
        let url = format!("{}{path}", self.api.fake.url());
        let page = self.client.get(url).send().await.unwrap();
        let page = page.text().await.unwrap();
        check(&page);
        page
    }

    /// Where a button leads to, or the page in its place.
    async fn press(&self, path: &str, form: String) -> Result<String, String> {
        let url = format!("{}{path}", self.api.fake.url());
        let answer = self.client.post(url).body(form).send().await.unwrap();
        if let Some(to) = answer.headers().get("location") {
            return Ok(to.to_str().unwrap().to_owned());
        }
        let page = answer.text().await.unwrap();
        check(&page);
        Err(page)
    }

    /// A page of the portal for a customer.
    async fn portal(&self, customer: &str) -> String {
        let configuration = "features[invoice_history][enabled]=true";
        let path = "/v1/billing_portal/configurations";
        let configuration = self.api.post(path, configuration).await;
        let portal = format!(
            "customer={customer}&configuration={}&return_url=http://127.0.0.1:1/back",
            configuration["id"].as_str().unwrap()
        );
        let portal = self.api.post("/v1/billing_portal/sessions", &portal).await;
        format!("/portal/{}", portal["id"].as_str().unwrap())
    }
}

/// Elements that have no end.
const VOID: [&str; 3] = ["meta", "input", "!doctype"];

/// The value of an attribute in the text of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    Some(value.split_once('"')?.0)
}

/// Elements end in the reverse of the order in which they begin, ids are there once, inputs have
/// labels, buttons have texts, and there is neither script nor a way to think that it is real.
fn check(page: &str) {
    let tags: Vec<&str> = page
        .split('<')
        .skip(1)
        .map(|it| it.split_once('>').unwrap().0)
        .collect();
    let mut open = Vec::new();
    for tag in &tags {
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{page}"),
            None if VOID.contains(&name) => {}
            None => open.push(name),
        }
        assert_ne!(name, "script", "{page}");
        assert!(name == name.to_lowercase() && tag.matches('"').count() % 2 == 0);
    }
    assert!(open.is_empty(), "{page}");
    assert!(page.starts_with("<!doctype html><html lang=\"en\">"));
    assert!(page.contains("No real money moves."));
    let title = page.split("<title>").nth(1).unwrap();
    assert!(title.contains(" – stand-in for Stripe</title>"), "{page}");
    assert_eq!(page.matches("<h1>").count(), 1);
    let mut ids: Vec<&str> = tags.iter().filter_map(|it| attribute(it, "id")).collect();
    let labels: Vec<&str> = tags.iter().filter_map(|it| attribute(it, "for")).collect();
    for tag in &tags {
        if tag.starts_with("input ") {
            let id = attribute(tag, "id").unwrap();
            assert!(labels.contains(&id), "{page}");
        }
        for named in attribute(tag, "aria-describedby").unwrap_or("").split(' ') {
            assert!(named.is_empty() || ids.contains(&named), "{page}");
        }
    }
    ids.sort_unstable();
    assert!(ids.windows(2).all(|it| it[0] != it[1]), "{page}");
    assert!(
        !page.contains("></button>") && !page.contains("<td></td>"),
        "{page}"
    );
}

#[tokio::test]
async fn a_checkout_is_clicked_through() {
    let browser = Browser::start().await;
    let (_, session) = browser.api.checkout().await;
    let checkout = format!("/checkout/{session}");
    let page = browser.open(&checkout).await;
    assert!(page.contains("<td>0.005 USD a unit</td>"), "{page}");
    let press = async |form: String| browser.press(&checkout, form).await;
    let refused = press(format!("{DECLINED}subscribe")).await.unwrap_err();
    assert!(refused.contains("role=\"alert\" id=\"wrong\">Your card was declined."));
    let unknown = press("card=1&do=subscribe".to_owned()).await.unwrap_err();
    assert!(unknown.contains("aria-invalid=\"true\""), "{unknown}");
    let back = press(format!("{WORKS}cancel")).await;
    assert_eq!(back.as_deref(), Ok("http://127.0.0.1:1/no"));
    let done = press(format!("{WORKS}subscribe")).await;
    assert_eq!(done.as_deref(), Ok("http://127.0.0.1:1/ok"));
    let page = browser.open(&checkout).await;
    assert!(page.contains("You have subscribed already."));
    let page = browser.open("/checkout/cs_nothing").await;
    assert!(page.contains("There is no such checkout."));
}

#[tokio::test]
async fn the_portal_is_clicked_through() {
    let browser = Browser::start().await;
    let (api, fake) = (&browser.api, &browser.api.fake);
    let (customer, session) = api.checkout().await;
    fake.complete_checkout(&session, Card::FailsLater).unwrap();
    assert_eq!(api.report(&customer, "a", 700).await, 200);
    let portal = browser.portal(&customer).await;
    let page = browser.open(&portal).await;
    assert!(page.contains("There is none yet."), "{page}");
    assert!(page.contains("<a href=\"http://127.0.0.1:1/back\">"));
    let press = async |form: &str| browser.press(&portal, form.to_owned()).await;
    let cancelled = press("do=cancel").await;
    assert_eq!(cancelled.as_deref(), Ok(&*portal));
    let page = browser.open(&portal).await;
    assert!(page.contains("1 December 2026, 00:00:00 UTC"), "{page}");
    press("do=resume").await.unwrap();
    fake.advance_to(NEXT_MONTH + 2 * HOUR).await;
    let page = browser.open(&portal).await;
    assert!(page.contains("<td>open</td><td>3.50 USD</td>"), "{page}");
    let refused = press(&format!("{DECLINED}card")).await.unwrap_err();
    assert!(refused.contains("Your card was declined."));
    press(&format!("{WORKS}card")).await.unwrap();
    press("do=pay").await.unwrap();
    let page = browser.open(&portal).await;
    assert!(page.contains("<td>paid</td><td>3.50 USD</td>"), "{page}");
    assert!(!page.contains("Pay open invoices"));
    press("do=cancel").await.unwrap();
    fake.advance_to(NEXT_MONTH + 40 * 24 * HOUR).await;
    assert!(browser.open(&portal).await.contains("canceled"));
    let page = browser.open("/portal/bps_nothing").await;
    assert!(page.contains("There is no such page of the portal."));
}

#[tokio::test]
async fn the_clock_is_moved_and_invoices_are_shown() {
    let browser = Browser::start().await;
    let (api, fake) = (&browser.api, &browser.api.fake);
    let page = browser.open("/").await;
    assert!(page.contains("29 November 2026, 07:30:00 UTC"), "{page}");
    assert!(page.contains("Nothing has been billed yet."));
    let (customer, session) = api.checkout().await;
    fake.complete_checkout(&session, Card::Works).unwrap();
    assert_eq!(api.report(&customer, "a", 700).await, 200);
    let to = browser.press("/clock", "by=month".to_owned()).await;
    assert_eq!(to.as_deref(), Ok("/"));
    assert_eq!(fake.now(), NEXT_MONTH);
    let page = browser.open("/").await;
    assert!(
        page.contains("<caption>No number yet: draft</caption>"),
        "{page}"
    );
    browser.press("/clock", "by=3600".to_owned()).await.unwrap();
    browser.press("/clock", "by=3600".to_owned()).await.unwrap();
    let invoice = &fake.invoices()[0];
    let number = invoice["number"].as_str().unwrap();
    let url = invoice["hosted_invoice_url"].as_str().unwrap();
    let path = url.strip_prefix(&fake.url()).unwrap();
    for page in [browser.open("/").await, browser.open(path).await] {
        assert!(
            page.contains(&format!("<caption>{number}: paid</caption>")),
            "{page}"
        );
        assert!(page.contains("<td>700 × 0.005 USD</td><td>3.50 USD</td>"));
    }
    for path in ["/invoices/in_nothing", "/nothing"] {
        assert!(browser.open(path).await.contains("<h1>Not found</h1>"));
    }
}

#[tokio::test]
async fn what_people_write_is_no_html() {
    let browser = Browser::start().await;
    let api = &browser.api;
    let meter = "display_name=Compute&event_name=c&default_aggregation[formula]=sum";
    let meter = api.post("/v1/billing/meters", meter).await;
    api.post("/v1/products", "id=p&name=%3Cscript%3E%22%26%27")
        .await;
    let price = format!(
        "currency=usd&product=p&unit_amount=1&recurring[interval]=month\
         &recurring[usage_type]=metered&recurring[meter]={}",
        meter["id"].as_str().unwrap()
    );
    let price = api.post("/v1/prices", &price).await;
    let session = format!(
        "mode=subscription&line_items[0][price]={}&success_url=http://127.0.0.1:1/ok",
        price["id"].as_str().unwrap()
    );
    let session = api.post("/v1/checkout/sessions", &session).await;
    let path = format!("/checkout/{}", session["id"].as_str().unwrap());
    let page = browser.open(&path).await;
    assert!(page.contains("&lt;script&gt;&quot;&amp;&#39;"), "{page}");
}
