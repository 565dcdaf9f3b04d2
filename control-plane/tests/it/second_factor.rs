//! `/account/second-factor`, `/account/recovery-codes`, and logging in with a code.

use std::time::Duration;

use catalog::clock::{Clock as _, SystemClock};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::client::{Answer, Client, send};
use crate::server::{PASSWORD, Server};

const EMAIL: &str = "acme@example.org";

async fn delete(client: &Client, path: &str, body: Value) -> Answer {
    send(client.request(Method::DELETE, path).json(&body)).await
}

async fn log_in(server: &Server, code: Option<&str>) -> Answer {
    let body = json!({ "email": EMAIL, "password": PASSWORD, "code": code });
    server.anonymous().post_json("/auth/login", body).await
}

/// What an authenticator shows (RFC 6238).
fn code(secret: &str, step: u64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0x0f);
    let bytes: [u8; 4] = hash[offset..offset + 4].try_into().unwrap();
    format!(
        "{:06}",
        (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000
    )
}

/// The present time step, of which at least half is left.
async fn step() -> u64 {
    loop {
        let seconds = SystemClock.now().as_micros() / 1_000_000;
        if seconds % 30 < 15 {
            return seconds / 30;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Someone with a second factor: the session that set it up, its secret, the recovery codes, and the step
/// whose code switched it on.
struct Enrolled {
    session: Client,
    secret: String,
    recovery_codes: Vec<String>,
    step: u64,
}

async fn enrol(server: &Server) -> Enrolled {
    let session = server.log_in(EMAIL).await;
    let body = json!({ "current_password": PASSWORD });
    let begun = session.post_json("/account/second-factor", body).await;
    let begun = begun.expect(200).json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let step = step().await;
    let body = json!({ "code": code(&secret, step - 1) });
    let confirmed = session.post_json("/account/second-factor/confirm", body);
    let confirmed = confirmed.await.expect(200).json();
    let recovery_codes = confirmed["recovery_codes"].as_array().unwrap();
    let recovery_codes = recovery_codes
        .iter()
        .map(|it| it.as_str().unwrap().to_owned());
    Enrolled {
        session,
        secret,
        recovery_codes: recovery_codes.collect(),
        step,
    }
}

#[tokio::test]
async fn a_login_takes_a_code_once_the_second_factor_is_on() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let owner = server.log_in(EMAIL).await;
    let path = "/account/second-factor";
    let wrong = json!({ "current_password": "wrong horse" });
    let wrong = owner.post_json(path, wrong).await;
    wrong.expect_error(401, "invalid_credentials");
    let early = json!({ "code": "000000" });
    let confirm = format!("{path}/confirm");
    let early = owner.post_json(&confirm, early).await;
    early.expect_error(409, "second_factor_off");
    let body = json!({ "current_password": PASSWORD });
    let begun = owner.post_json(path, body.clone()).await.expect(200).json();
    let url = begun["otpauth_url"].as_str().unwrap();
    let secret = begun["secret"].as_str().unwrap();
    assert!(
        url.starts_with("otpauth://totp/Primatomic:acme%40example.org?"),
        "{url}"
    );
    assert!(url.contains(secret), "{url}");
    // Nothing is asked for until it is confirmed, and who begins again has another secret.
    log_in(&server, None).await.expect(200);
    let enrolled = enrol(&server).await;
    assert_ne!(enrolled.secret, secret);
    for path in [path, &confirm] {
        let body = match path == confirm {
            true => json!({ "code": code(&enrolled.secret, enrolled.step) }),
            false => body.clone(),
        };
        let again = owner.post_json(path, body).await;
        again.expect_error(409, "second_factor_on");
    }

    let (secret, step) = (&enrolled.secret, enrolled.step);
    log_in(&server, None)
        .await
        .expect_error(401, "second_factor_required");
    // The code that switched it on was used by that; one of another time never works.
    for step in [step - 1, step - 5, step + 5] {
        let refused = log_in(&server, Some(&code(secret, step))).await;
        refused.expect_error(401, "invalid_credentials");
    }
    let present = code(secret, step);
    log_in(&server, Some(&present)).await.expect(200);
    let again = log_in(&server, Some(&present)).await;
    again.expect_error(401, "invalid_credentials");
    log_in(&server, Some(&code(secret, step + 1)))
        .await
        .expect(200);
    // Without the password a code is worth nothing, and tells nothing.
    let guessed = json!({ "email": EMAIL, "password": "wrong horse" });
    let guessed = server.anonymous().post_json("/auth/login", guessed).await;
    guessed.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn a_code_that_chooses_no_tenant_yet_is_not_used_up() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let enrolled = enrol(&server).await;
    server.tenant("other").await;
    let other = server.log_in("other@example.org").await;
    server.join_known(&other, EMAIL, "member").await;
    let present = code(&enrolled.secret, enrolled.step);
    let listed = log_in(&server, Some(&present)).await.expect(200).json();
    assert_eq!(listed["access_token"], Value::Null);
    let body = json!({
        "email": EMAIL, "password": PASSWORD, "code": present,
        "tenant_id": listed["tenants"][0]["tenant_id"]
    });
    let anyone = server.anonymous();
    let chosen = anyone.post_json("/auth/login", body.clone()).await;
    assert!(chosen.expect(200).json()["access_token"].is_string());
    let again = anyone.post_json("/auth/login", body).await;
    again.expect_error(401, "invalid_credentials");
}

#[tokio::test]
async fn recovery_codes_stand_in_for_the_authenticator_each_once() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let enrolled = enrol(&server).await;
    assert_eq!(enrolled.recovery_codes.len(), 10);
    let typed = enrolled.recovery_codes[0].replace('-', "").to_uppercase();
    log_in(&server, Some(&typed)).await.expect(200);
    let again = log_in(&server, Some(&enrolled.recovery_codes[0])).await;
    again.expect_error(401, "invalid_credentials");
    let account = enrolled.session.get("/account").await.expect(200).json();
    assert_eq!(
        (&account["second_factor"], &account["recovery_codes_left"]),
        (&json!(true), &json!(9))
    );
    let path = "/account/recovery-codes";
    let wrong = enrolled
        .session
        .post_json(path, json!({ "code": "000000" }));
    wrong.await.expect_error(401, "invalid_credentials");
    let body = json!({ "code": code(&enrolled.secret, enrolled.step) });
    let renewed = enrolled.session.post_json(path, body).await;
    let renewed = renewed.expect(200).json();
    let old = log_in(&server, Some(&enrolled.recovery_codes[1])).await;
    old.expect_error(401, "invalid_credentials");
    let new = renewed["recovery_codes"][9].as_str().unwrap();
    log_in(&server, Some(new)).await.expect(200);
}

#[tokio::test]
async fn the_second_factor_is_switched_off_by_both_and_by_nothing_less() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let enrolled = enrol(&server).await;
    let session = &enrolled.session;
    let path = "/account/second-factor";
    let right = &enrolled.recovery_codes[0];
    for (password, code) in [(PASSWORD, "000000"), ("wrong horse", right)] {
        let body = json!({ "current_password": password, "code": code });
        let refused = delete(session, path, body).await;
        refused.expect_error(401, "invalid_credentials");
    }
    // A new password by mail does not switch it off.
    let forgot = json!({ "email": EMAIL });
    let anyone = server.anonymous();
    let asked = anyone.post_json("/auth/forgot-password", forgot).await;
    asked.expect(200);
    let token = server.mailed_token("reset-password").await;
    let reset = json!({ "token": token, "password": PASSWORD });
    let reset = anyone.post_json("/auth/reset-password", reset).await;
    reset.expect(200);
    log_in(&server, None)
        .await
        .expect_error(401, "second_factor_required");
    let login = log_in(&server, Some(right)).await.expect(200).json();
    let session = server.with_token(login["access_token"].as_str().unwrap());
    let body = json!({
        "current_password": PASSWORD, "code": code(&enrolled.secret, enrolled.step)
    });
    delete(&session, path, body.clone()).await.expect(200);
    log_in(&server, None).await.expect(200);
    let again = delete(&session, path, body).await;
    again.expect_error(409, "second_factor_off");
    let account = session.get("/account").await.expect(200).json();
    assert_eq!(
        (&account["second_factor"], &account["recovery_codes_left"]),
        (&json!(false), &json!(0))
    );
}

#[tokio::test]
async fn wrong_codes_make_the_network_wait() {
    let server = Server::start().await;
    server.tenant("acme").await;
    enrol(&server).await;
    for _ in 0..20 {
        // What asks for a code neither counts nor ends the count.
        log_in(&server, None).await;
        let answer = log_in(&server, Some("000000")).await;
        if answer.status == 403 {
            answer.expect_error(403, "too_many_attempts");
            return;
        }
        answer.expect_error(401, "invalid_credentials");
    }
    panic!("nobody had to wait");
}
