//! `/account`: the own person, password, sessions and tenants.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, send};
use crate::server::{PASSWORD, Server};

const EMAIL: &str = "acme@example.org";

async fn put(client: &Client, path: &str, body: Value) -> Answer {
    send(client.request(Method::PUT, path).json(&body)).await
}

#[tokio::test]
async fn a_person_sees_who_they_are_and_no_key_does() {
    let server = Server::start().await;
    let key = server.tenant("acme").await;
    let owner = server.log_in(EMAIL).await;
    server.tenant("other").await;
    let other = server.log_in("other@example.org").await;
    server.join_known(&other, EMAIL, "read-only").await;
    let account = owner.get("/account").await.expect(200).json();
    assert_eq!(account["email"], EMAIL);
    assert_eq!(
        (&account["email_verified"], &account["second_factor"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(account["recovery_codes_left"], 0);
    let tenants = account["tenants"].as_array().unwrap().iter();
    let tenants: Vec<_> = tenants.map(|it| (&it["short_name"], &it["role"])).collect();
    assert_eq!(
        tenants,
        [
            (&json!("acme"), &json!("owner")),
            (&json!("other"), &json!("read-only"))
        ]
    );
    key.get("/account").await.expect_error(403, "person_only");
    // It is not the tenant's.
    let closing = json!({ "short_name": "acme" });
    let request = owner.request(Method::DELETE, "/tenants/me");
    send(request.json(&closing)).await.expect(202);
    owner.get("/account").await.expect(200);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let server = Server::start().await;
    let key = server.tenant("acme").await;
    let [one, two] = [server.log_in(EMAIL).await, server.log_in(EMAIL).await];
    two.get("/logs").await.expect(200);
    let path = "/account/password";
    for (current, new, status, code) in [
        ("wrong horse", "battery staple", 401, "invalid_credentials"),
        (PASSWORD, "short", 400, "invalid_password"),
        (PASSWORD, "password123", 400, "common_password"),
    ] {
        let body = json!({ "current_password": current, "new_password": new });
        put(&one, path, body).await.expect_error(status, code);
    }
    let body = json!({ "current_password": PASSWORD, "new_password": "battery staple" });
    put(&one, path, body).await.expect(200);
    for client in [&one, &key] {
        client.get("/logs").await.expect(200);
    }
    two.get("/logs").await.expect_error(401, "unauthenticated");
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let login = server.anonymous().post_json("/auth/login", body).await;
    login.expect_error(401, "invalid_credentials");
    let body = json!({ "email": EMAIL, "password": "battery staple" });
    let login = server.anonymous().post_json("/auth/login", body).await;
    login.expect(200);
    assert!(server.catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn wrong_passwords_count_as_those_of_logins_do() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let owner = server.log_in(EMAIL).await;
    let body = json!({ "current_password": "wrong horse", "new_password": "battery staple" });
    for _ in 0..20 {
        let answer = put(&owner, "/account/password", body.clone()).await;
        if answer.status == 403 {
            answer.expect_error(403, "too_many_attempts");
            return;
        }
        answer.expect_error(401, "invalid_credentials");
    }
    panic!("nobody had to wait");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let request = server.anonymous().request(Method::POST, "/auth/login");
    let request = request.header("user-agent", "curl/8.0 \u{e9}").json(&login);
    let token = send(request).await.expect(200).json()["access_token"].clone();
    let one = server.with_token(token.as_str().unwrap());
    let two = server.log_in(EMAIL).await;
    server.tenant("other").await;
    let stranger = server.log_in("other@example.org").await;
    let listed = two.get("/account/sessions").await.expect(200).json();
    let sessions = listed["sessions"].as_array().unwrap();
    let current: Vec<_> = sessions.iter().map(|it| &it["current"]).collect();
    assert_eq!(current, [&json!(true), &json!(false)]);
    let first = &sessions[1];
    assert_eq!(
        (&first["short_name"], &first["network"]),
        (&json!("acme"), &json!("127.0.0.1"))
    );
    assert!(
        first["user_agent"]
            .as_str()
            .unwrap()
            .starts_with("curl/8.0")
    );
    assert!(!listed.to_string().contains(token.as_str().unwrap()));
    let page = two
        .get("/account/sessions?limit=1")
        .await
        .expect(200)
        .json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/account/sessions?cursor={cursor}");
    let rest = two.get(&path).await.expect(200).json();
    assert_eq!(rest["sessions"][0]["id"], first["id"]);
    let theirs = stranger.get(&path).await;
    theirs.expect_error(400, "invalid_cursor");

    let path = format!("/account/sessions/{}", first["id"].as_str().unwrap());
    one.get("/logs").await.expect(200);
    let theirs = stranger.delete(&path).await;
    theirs.expect_error(404, "session_not_found");
    two.delete(&path).await.expect(200);
    one.get("/logs").await.expect_error(401, "unauthenticated");
    let again = two.delete(&path).await;
    again.expect_error(404, "session_not_found");
    two.get("/logs").await.expect(200);
}

#[tokio::test]
async fn a_person_goes_to_another_tenant_and_stays_logged_in_no_longer() {
    let server = Server::start().await;
    let key = server.tenant("acme").await;
    let acme = server.log_in(EMAIL).await;
    server.tenant("other").await;
    let other = server.log_in("other@example.org").await;
    server.join_known(&other, EMAIL, "member").await;
    let tenant = async |client: &Client| {
        let me = client.get("/tenants/me").await.expect(200).json();
        (me["tenant_id"].clone(), me["role"].clone())
    };
    let (id, _) = tenant(&other).await;
    let body = json!({ "tenant_id": id });
    let refused = key.post_json("/account/tenant", body.clone()).await;
    refused.expect_error(403, "person_only");
    let switched = acme.post_json("/account/tenant", body).await;
    let switched = switched.expect(200).json();
    assert_eq!(switched["token_type"], "Bearer");
    assert_eq!(switched["tenants"].as_array().unwrap().len(), 2);
    let there = server.with_token(switched["access_token"].as_str().unwrap());
    assert_eq!(tenant(&there).await, (id.clone(), json!("member")));
    assert_eq!(tenant(&acme).await.1, "owner");
    let listed = there.get("/account/sessions").await.expect(200).json();
    let ends = |number: usize| listed["sessions"][number]["expires_at"].as_str().unwrap();
    assert!(ends(0) <= ends(1), "{listed}");
    let nobodys = json!({ "tenant_id": uuid::Uuid::nil() });
    let nobodys = acme.post_json("/account/tenant", nobodys).await;
    nobodys.expect_error(404, "not_found");
    let strangers = json!({ "tenant_id": tenant(&acme).await.0 });
    let strangers = other.post_json("/account/tenant", strangers).await;
    strangers.expect_error(404, "not_found");
}
