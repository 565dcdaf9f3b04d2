//! What was used, what it costs, and what stops at the end of the free tier.

use std::time::{Duration, Instant};

use catalog::clock::{Clock as _, SystemClock};
use catalog::{Measured, UsageBatch, UsageKey};
use control_plane::{Options, PriceList};
use protocol::TenantId;
use protocol::meter::{Hour, Meter};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::client::{Answer, Client, send};
use crate::server::{Server, unlimited};

const TIMEOUT: Duration = Duration::from_secs(30);

/// 1 GB of answers.
pub(crate) const FREE_BYTES: u64 = 1_000_000_000;

pub(crate) fn prices() -> PriceList {
    let price = json!({
        "from": "2026-01",
        "currency": "usd",
        "storage_mb_hour": "0.000007",
        "compute_ms": "0.00003",
        "data_out_mb": "0.01",
    });
    serde_json::from_value(json!({ "prices": [price] })).unwrap()
}

pub(crate) async fn tenant_id(client: &Client) -> TenantId {
    let tenant = client.get("/tenants/me").await.expect(200).json();
    TenantId(tenant["tenant_id"].as_str().unwrap().parse().unwrap())
}

impl Server {
    async fn with_prices() -> Self {
        let options = Options {
            prices: Some(prices()),
            ..unlimited()
        };
        Self::with(options).await
    }

    /// Has a tenant use bytes of answers, in an hour of this month.
    pub(crate) async fn use_data_out(&self, tenant: TenantId, bytes: u64) {
        let key = UsageKey {
            tenant,
            hour: Hour::of(SystemClock.now()),
            meter: Meter::DataOut,
            log: None,
            view: None,
        };
        let batch = UsageBatch {
            source: Uuid::new_v4(),
            epoch: 1,
            counter: 1,
            measured: Measured {
                amounts: vec![(key, bytes)],
                versions: Vec::new(),
            },
        };
        assert!(self.catalog.record_usage(batch).await.unwrap());
    }
}

/// The records of a month are the figure.
#[tokio::test]
async fn a_figure_leads_to_its_records() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let tenant = tenant_id(&owner).await;
    for bytes in [5, 7] {
        server.use_data_out(tenant, bytes).await;
        server
            .catalog
            .seal_usage(Hour(u64::MAX >> 1))
            .await
            .unwrap();
    }
    server.use_data_out(tenant, 11).await;
    let used = owner.get("/billing/usage").await.expect(200).json();
    let month = used["month"].as_str().unwrap();
    let explain = async |query: &str| {
        let path = format!("/billing/usage/{month}/explain?meter={query}");
        owner.get(&path).await.expect(200).json()
    };
    let found = explain("data_out&limit=1").await;
    assert_eq!(
        (&found["total"], &found["unit"]),
        (&json!("23"), &json!("bytes"))
    );
    assert_eq!(found["not_recorded"], "11");
    assert_eq!(found["records"][0]["amount"], "5");
    let cursor = found["next_cursor"].as_str().unwrap();
    let next = explain(&format!("data_out&limit=1&cursor={cursor}")).await;
    let record = &next["records"][0];
    assert_eq!(
        (&record["sequence"], &record["amount"]),
        (&json!(2), &json!("7"))
    );
    assert_eq!(next["next_cursor"], Value::Null);
    assert_eq!(explain("compute").await["records"], json!([]));
    for query in [
        "",
        "?meter=money",
        "?meter=compute&cursor=x",
        "?meter=compute&by=day",
    ] {
        let path = format!("/billing/usage/{month}/explain{query}");
        assert_eq!(owner.get(&path).await.status, 400, "{query}");
    }
}

/// Asks until the answer has a status.
pub(crate) async fn until(status: u16, ask: impl AsyncFn() -> Answer) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = ask().await;
        if answer.status == status {
            return answer;
        }
        assert!(
            begun.elapsed() < TIMEOUT,
            "{} is not {status}",
            answer.status
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn usage_is_shown_by_month_log_and_step() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    server
        .use_data_out(tenant_id(&owner).await, 2_500_000)
        .await;
    let used = owner.get("/billing/usage").await.expect(200).json();
    assert_eq!(used["data_out_gb"], 0.0025);
    assert_eq!(used["exact"]["data_out_bytes"], "2500000");
    assert_eq!(used["free"]["data_out_gb"], 1.0);
    assert_eq!(used["free"]["data_out_gb_left"], 0.9975);
    // Without prices nothing costs anything.
    assert_eq!(used["cost"], Value::Null);
    assert_eq!(used["series"].as_array().unwrap().len(), 1);
    assert!(
        used["series"][0]["at"]
            .as_str()
            .unwrap()
            .ends_with("T00:00:00Z")
    );
    let hours = owner
        .get("/billing/usage?step=hour")
        .await
        .expect(200)
        .json();
    assert_eq!(hours["series"][0]["data_out_gb"], 0.0025);
    let of_log = owner.get("/billing/usage?log=a").await.expect(200).json();
    assert_eq!(of_log["exact"]["data_out_bytes"], "0");
    assert_eq!(of_log["free"], Value::Null);
    let earlier = owner
        .get("/billing/usage?month=2026-01")
        .await
        .expect(200)
        .json();
    assert_eq!(earlier["until"], "2026-02-01T00:00:00.000000Z");
    assert_eq!(earlier["exact"]["data_out_bytes"], "0");
    for (query, status, code) in [
        ("month=2999-01", 400, "invalid_request"),
        ("month=2026-1", 400, "invalid_request"),
        ("step=week", 400, "invalid_request"),
        ("view=v", 400, "invalid_request"),
        ("logs=a", 400, "invalid_request"),
        ("log=b", 404, "log_not_found"),
        ("log=a&view=v", 404, "view_not_found"),
    ] {
        let answer = owner.get(&format!("/billing/usage?{query}")).await;
        answer.expect_error(status, code);
    }
}

#[tokio::test]
async fn at_the_end_of_the_free_tier_queries_stop_then_appends_and_never_reading() {
    let server = Server::with_prices().await;
    let owner = server.tenant("acme").await;
    let other = server.tenant("other").await;
    for client in [&owner, &other] {
        client.log("a").await;
    }
    let tenant = tenant_id(&owner).await;
    let query = async || owner.post("/logs/a/views/v/query", "").await;
    let append = async || owner.post("/logs/a/append", "x").await;
    server.use_data_out(tenant, FREE_BYTES / 2).await;
    query().await.expect_error(404, "view_not_found");
    append().await.expect(200);
    let mails = async |count: usize| {
        let begun = Instant::now();
        loop {
            let _ = query().await;
            let mails = server.mails();
            let found = mails.iter().filter(|mail| mail.contains("free tier"));
            let found: Vec<String> = found.cloned().collect();
            if found.len() == count {
                return found;
            }
            assert!(begun.elapsed() < 3 * TIMEOUT, "{found:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    mails(1).await;
    server.use_data_out(tenant, FREE_BYTES / 2).await;
    let refused = until(402, query)
        .await
        .expect_error(402, "compute_limit_reached");
    let said = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(said.contains("queries and new views stop until"), "{said}");
    owner
        .post("/logs/a/views/v", "component")
        .await
        .expect_error(402, "compute_limit_reached");
    append().await.expect(200);
    assert_eq!(mails(3).await.len(), 3);
    server.use_data_out(tenant, FREE_BYTES / 10).await;
    until(402, append)
        .await
        .expect_error(402, "compute_limit_reached");
    owner.get("/logs/a/events").await.expect(200);
    owner.get("/logs").await.expect(200);
    let used = owner.get("/billing/usage").await.expect(200).json();
    assert_eq!(used["free"]["data_out_gb_left"], 0.0);
    // 100 MB beyond the free tier, at a hundredth of a cent.
    let cost = &used["cost"];
    assert_eq!(
        (&cost["cents"], &cost["data_out_cents"]),
        (&json!(1), &json!(1))
    );
    assert!(cost["forecast_cents"].as_u64().unwrap() >= 1, "{cost}");
    other.post("/logs/a/append", "x").await.expect(200);
}

#[tokio::test]
async fn without_prices_nothing_stops() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    server
        .use_data_out(tenant_id(&owner).await, 5 * FREE_BYTES)
        .await;
    owner.post("/logs/a/append", "x").await.expect(200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    owner.post("/logs/a/append", "x").await.expect(200);
    owner
        .post("/logs/a/views/v/query", "")
        .await
        .expect_error(404, "view_not_found");
}

/// A server of a tenant, and what it was told. It fails the first time.
async fn listening() -> (
    String,
    tokio::sync::mpsc::UnboundedReceiver<Value>,
    JoinSet<()>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut status = "500 Internal Server Error";
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            while !request.ends_with('}') {
                let mut buffer = [0; 4_096];
                let count = stream.read(&mut buffer).await.unwrap();
                request.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
            }
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            let _ = told.send(serde_json::from_str(body).unwrap());
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            status = "204 No Content";
        }
    });
    (url, heard, serving)
}

#[tokio::test]
async fn a_tenants_own_server_is_told_how_much_is_used() {
    let server = Server::with(Options {
        prices: Some(prices()),
        private_webhooks: true,
        ..unlimited()
    })
    .await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let (url, mut heard, _serving) = listening().await;
    let set = async |url: Value| {
        let request = owner.request(Method::PUT, "/billing/notices");
        send(request.json(&json!({ "webhook_url": url }))).await
    };
    set(json!("ftp://example.com"))
        .await
        .expect_error(400, "invalid_request");
    set(json!(url)).await.expect(200);
    let shown = owner.get("/billing/notices").await.expect(200).json();
    assert_eq!(shown["webhook_url"], json!(url));
    let tenant = tenant_id(&owner).await;
    server.use_data_out(tenant, FREE_BYTES * 6 / 10).await;
    owner.post("/logs/a/append", "x").await.expect(200);
    // The first call fails, and is repeated.
    let mut all = Vec::new();
    for _ in 0..2 {
        let next = tokio::time::timeout(TIMEOUT, heard.recv());
        all.push(next.await.unwrap().unwrap());
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(
        (&all[0]["of"], &all[0]["percent"]),
        (&json!("free_tier"), &json!(50))
    );
    assert_eq!(all[0]["type"], "spending.threshold");
    assert_eq!(all[0]["tenant_id"], json!(tenant.to_string()));
    // Nobody else's audit log or our own shows where.
    let events = owner.get("/tenants/me/audit").await.expect(200).text();
    assert!(!events.contains("/hook"), "{events}");
    set(Value::Null).await.expect(200);
}

#[tokio::test]
async fn a_webhook_leads_to_no_private_network() {
    let server = Server::with_prices().await;
    let owner = server.tenant("acme").await;
    for url in [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
    ] {
        let request = owner.request(Method::PUT, "/billing/notices");
        let answer = send(request.json(&json!({ "webhook_url": url }))).await;
        answer.expect_error(400, "invalid_request");
    }
}
