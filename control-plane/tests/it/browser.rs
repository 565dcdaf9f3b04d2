//! What a browser gets: the pages of the console, and a session in a cookie that counts for them alone.

use protocol::{TenantId, UserId};
use reqwest::Method;
use reqwest::header::{COOKIE, ORIGIN};
use serde_json::json;

use crate::client::{Answer, Client, send};
use crate::server::{PASSWORD, Server};

/// Logs in as a page of the origin does.
async fn log_in(anyone: &Client, origin: &str) -> Answer {
    let body = json!({ "email": "acme@example.org", "password": PASSWORD, "cookie": true });
    let request = anyone.request(Method::POST, "/auth/login");
    send(request.header(ORIGIN, origin).json(&body)).await
}

/// The cookie as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browsers_session_is_in_a_cookie_that_no_script_reads() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    let answer = log_in(&anyone, &server.address).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!answer.text().contains("pt_"), "{}", answer.text());
    assert_eq!(answer.json()["expires_in"], 7 * 24 * 3_600);
    let set = answer.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-primatomic=pt_"), "{set}");
    assert!(
        set.ends_with("; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Strict"),
        "{set}"
    );

    let cookie = cookie(&answer);
    let with_cookie = |method, path: &str| anyone.request(method, path).header(COOKIE, &cookie);
    let tenant = send(with_cookie(Method::GET, "/tenants/me")).await;
    assert_eq!(tenant.json()["short_name"], "acme");
    let log = json!({ "name": "x" });
    let write = with_cookie(Method::POST, "/logs").json(&log);
    let written = send(write.header(ORIGIN, &server.address)).await;
    assert_eq!(written.status, 201, "{}", written.text());

    // A token in the header wins: the cookie is not looked at.
    let both = with_cookie(Method::GET, "/tenants/me").bearer_auth("pt_unknown");
    send(both).await.expect_error(401, "unauthenticated");

    let out = with_cookie(Method::POST, "/auth/logout").header(ORIGIN, &server.address);
    let out = send(out).await;
    assert_eq!(out.status, 200, "{}", out.text());
    let set = out.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-primatomic=; Max-Age=0;"), "{set}");
    let after = send(with_cookie(Method::GET, "/tenants/me")).await;
    after.expect_error(401, "unauthenticated");
}

#[tokio::test]
async fn another_page_can_do_nothing_with_the_cookie() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let anyone = server.anonymous();
    let foreign = "https://evil.example";
    log_in(&anyone, foreign)
        .await
        .expect_error(403, "foreign_origin");
    let cookie = cookie(&log_in(&anyone, &server.address).await);

    let paths = [
        (Method::POST, "/logs"),
        (Method::DELETE, "/tenants/me"),
        (Method::POST, "/auth/logout"),
    ];
    for (method, path) in paths {
        for origin in [Some(foreign), Some("null"), None] {
            let request = anyone.request(method.clone(), path).header(COOKIE, &cookie);
            let request = request.json(&json!({ "name": "x", "short_name": "acme" }));
            let request = match origin {
                Some(origin) => request.header(ORIGIN, origin),
                None => request,
            };
            send(request).await.expect_error(403, "foreign_origin");
        }
    }
    // Reading is for the pages as well: not for a frame or a window that was opened elsewhere, and not
    // for a window of its own, in which an answer of a view would be a page.
    for site in ["cross-site", "same-site", "none"] {
        let request = anyone.request(Method::GET, "/logs").header(COOKIE, &cookie);
        let answer = send(request.header("sec-fetch-site", site)).await;
        answer.expect_error(403, "foreign_origin");
    }
    let still = anyone.request(Method::GET, "/logs").header(COOKIE, &cookie);
    assert_eq!(send(still).await.status, 200);
}

#[tokio::test]
async fn a_link_logs_in_once() {
    let server = Server::start().await;
    let tenant = server.tenant("acme").await;
    let members = tenant.get("/tenants/me/members").await.json();
    let owner = members["members"][0]["user_id"].as_str().unwrap();
    let id = tenant.get("/tenants/me").await.json();
    let id = id["tenant_id"].as_str().unwrap();
    let (tenant, owner) = (
        TenantId(id.parse().unwrap()),
        UserId(owner.parse().unwrap()),
    );
    let link = server.control.login_link(tenant, owner);
    let (page, token) = link.split_once("?token=").unwrap();
    assert!(page.ends_with("/console/login"), "{page}");
    let anyone = server.anonymous();
    let open = async |origin: &str| {
        let request = anyone.request(Method::POST, "/auth/link");
        send(
            request
                .header(ORIGIN, origin)
                .json(&json!({ "token": token })),
        )
        .await
    };
    open("https://evil.example")
        .await
        .expect_error(403, "foreign_origin");
    let opened = open(&server.address).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    let cookie = cookie(&opened);
    let me = anyone
        .request(Method::GET, "/tenants/me")
        .header(COOKIE, cookie);
    assert_eq!(send(me).await.json()["role"], "owner");
    open(&server.address)
        .await
        .expect_error(400, "invalid_token");
}

#[tokio::test]
async fn the_console_is_one_page_at_every_address_of_its_own() {
    let server = Server::start().await;
    let anyone = server.anonymous();
    let mut nonces = Vec::new();
    for path in [
        "/console/",
        "/console/logs/x.wasm.y",
        "/console/login?token=pl_x",
    ] {
        let page = anyone.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; "),
            "{policy}"
        );
        assert_eq!(page.header("referrer-policy").unwrap(), "no-referrer");
        assert_eq!(page.header("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(page.header("cache-control").unwrap(), "no-store");
        let nonce = policy.split("'nonce-").nth(1).unwrap();
        let nonce = nonce.split('\'').next().unwrap().to_owned();
        assert!(page.text().contains(&nonce), "{path}");
        nonces.push(nonce);
    }
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
    let gone = anyone
        .request(Method::GET, "/console/assets/gone.js")
        .send()
        .await
        .unwrap();
    assert_eq!(gone.status(), 404);
    anyone
        .post("/console/", "")
        .await
        .expect_error(405, "method_not_allowed");
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.no_proxy().build().unwrap();
    let root = http
        .get(format!("{}/", server.address))
        .send()
        .await
        .unwrap();
    assert_eq!(root.headers()["location"], "/console/");
}
