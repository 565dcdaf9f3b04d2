//! `DELETE /tenants/me`: closing a tenant, restoring it, and what its deletion takes with it.

use std::time::Duration;

use protocol::TenantDeletionId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, send};
use crate::server::{PASSWORD, Server, unlimited};

async fn delete(client: &Client, body: Value) -> Answer {
    send(client.request(Method::DELETE, "/tenants/me").json(&body)).await
}

async fn log_in(server: &Server, tenant: Option<&str>) -> Answer {
    let body = json!({
        "email": "acme@example.org", "password": "correct horse", "tenant_id": tenant
    });
    server.anonymous().post_json("/auth/login", body).await
}

/// Waits until a deletion has done all that needs no archiver.
async fn until_archive(server: &Server, link: &str) -> Value {
    for _ in 0..600 {
        let job = server.anonymous().get(link).await.expect(200).json();
        if job["step"] == "archive" {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the deletion does not get on");
}

#[tokio::test]
async fn a_tenant_is_closed_and_restored() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    owner.post("/logs/a/append", "x").await.expect(200);
    let member = owner.with_role("member").await;
    let job = delete(&owner, json!({ "short_name": "acme" }))
        .await
        .expect(202)
        .json();
    assert_eq!(
        (&job["state"], &job["step"]),
        (&json!("scheduled"), &json!("scheduled"))
    );
    let days = |field: &str| -> jiff::Timestamp { job[field].as_str().unwrap().parse().unwrap() };
    let grace = days("delete_at").duration_since(days("requested_at"));
    assert!(grace.as_secs().abs_diff(7 * 24 * 3_600) < 60, "{grace}");
    // Nothing works but looking at it.
    for client in [&owner, &member] {
        for path in ["/logs", "/logs/a", "/logs/a/events", "/keys"] {
            let answer = client.get(path).await.expect_error(403, "tenant_closed");
            let text = answer.json()["error"].as_str().unwrap().to_owned();
            assert!(text.contains(job["delete_at"].as_str().unwrap()), "{text}");
            assert!(text.contains("POST /tenants/me/restore"), "{text}");
        }
        client
            .post("/logs/a/append", "y")
            .await
            .expect_error(403, "tenant_closed");
        let me = client.get("/tenants/me").await.expect(200).json();
        assert_eq!(me["deletion"]["job_id"], job["job_id"]);
    }
    let link = job["link"].as_str().unwrap();
    let seen = server.anonymous().get(link).await.expect(200).json();
    assert_eq!(seen, job);
    // It is the owner's to take back. Asked again, it changes nothing.
    member
        .post("/tenants/me/restore", "")
        .await
        .expect_error(403, "forbidden");
    let again = delete(&owner, json!({ "short_name": "acme" })).await;
    assert_eq!(again.expect(202).json()["delete_at"], job["delete_at"]);
    log_in(&server, None).await.expect(200);
    for _ in 0..2 {
        let restored = owner.post("/tenants/me/restore", "").await.expect(200);
        assert_eq!(restored.json()["deletion"], Value::Null);
    }
    let events = member.get("/logs/a/events").await.expect(200).json();
    assert_eq!(events["events"][0]["data"], "x");
    server
        .anonymous()
        .get(link)
        .await
        .expect_error(404, "deletion_not_found");
}

#[tokio::test]
async fn only_the_owner_who_names_the_tenant_deletes_it() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let admin = owner.with_role("admin").await;
    delete(&admin, json!({ "short_name": "acme" }))
        .await
        .expect_error(403, "forbidden");
    for body in [json!({ "short_name": "acme2" }), json!({}), json!([])] {
        delete(&owner, body)
            .await
            .expect_error(400, "invalid_request");
    }
    let me = owner.get("/tenants/me").await.expect(200).json();
    assert_eq!(me["deletion"], Value::Null);
    let nobodys = format!("/tenant-deletions/{}", TenantDeletionId::generate());
    server
        .anonymous()
        .get(&nobodys)
        .await
        .expect_error(404, "deletion_not_found");
}

/// What a key can do by mistake, or by whoever stole it, can be taken back.
#[tokio::test]
async fn only_a_person_deletes_a_tenant_at_once_and_no_key_of_some_logs_does_at_all() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let body = json!({ "name": "x", "role": "owner", "logs": ["a"] });
    let made = owner.post_json("/keys", body).await.expect(201).json();
    let limited = server.with_token(made["key"].as_str().unwrap());
    let now = json!({ "short_name": "acme", "immediately": true });
    let exchange = json!({ "api_key": owner.token() });
    let issued = server.anonymous().post_json("/auth/token", exchange).await;
    let issued = issued.expect(200).json();
    let token = server.with_token(issued["access_token"].as_str().unwrap());
    for key in [&owner, &token] {
        let refused = delete(key, now.clone()).await;
        refused.expect_error(403, "person_only");
    }
    for body in [&now, &json!({ "short_name": "acme" })] {
        let refused = delete(&limited, body.clone()).await;
        refused.expect_error(403, "forbidden");
    }
    let me = owner.get("/tenants/me").await.expect(200).json();
    assert_eq!(me["deletion"], Value::Null);
    delete(&owner, json!({ "short_name": "acme" }))
        .await
        .expect(202);
    limited
        .post("/tenants/me/restore", "")
        .await
        .expect_error(403, "forbidden");
    owner.post("/tenants/me/restore", "").await.expect(200);
    let session = server.log_in("acme@example.org").await;
    let job = delete(&session, now).await.expect(202).json();
    until_archive(&server, job["link"].as_str().unwrap()).await;
}

#[tokio::test]
async fn a_live_tail_ends_when_the_tenant_is_closed() {
    let server = Server::with(control_plane::Options {
        heartbeat: Duration::from_millis(50),
        ..unlimited()
    })
    .await;
    let owner = server.tenant("acme").await;
    owner.log("a").await;
    let tail = owner
        .request(Method::GET, "/logs/a/events")
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    delete(&owner, json!({ "short_name": "acme" }))
        .await
        .expect(202);
    let ended = tokio::time::timeout(Duration::from_secs(30), tail.bytes());
    ended.await.expect("the tail goes on").unwrap();
}

#[tokio::test]
async fn a_deleted_tenant_is_gone_for_good() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let tenant = owner.get("/tenants/me").await.json()["tenant_id"].clone();
    owner.log("a").await;
    owner.post("/logs/a/append", "x").await.expect(200);
    let session = log_in(&server, None).await.expect(200).json();
    let session = server.with_token(session["access_token"].as_str().unwrap());
    let body = json!({ "short_name": "acme", "immediately": true });
    let job = delete(&session, body).await.expect(202).json();
    let link = job["link"].as_str().unwrap();
    let job = until_archive(&server, link).await;
    assert_eq!(job["state"], "running");
    assert_eq!(
        (&job["logs_left"], &job["removals_left"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(job["finished_at"], Value::Null);
    for client in [&owner, &session] {
        client
            .get("/tenants/me")
            .await
            .expect_error(401, "unauthenticated");
    }
    // Who asks for the tenant is told that it is gone; the person is not known any more.
    let told = log_in(&server, tenant.as_str())
        .await
        .expect_error(410, "tenant_deleted");
    let text = told.json()["error"].as_str().unwrap().to_owned();
    assert!(text.contains(link), "{text}");
    log_in(&server, None)
        .await
        .expect_error(401, "invalid_credentials");
    // Its name and its address are free.
    server.tenant("acme").await;
    assert!(server.catalog.rebuild().await.unwrap().equal());
}

/// Somebody who is a member of two tenants stays when one of them goes; somebody who was only invited
/// to it does not.
#[tokio::test]
async fn a_member_of_another_tenant_stays() {
    let server = Server::start().await;
    server.tenant("acme").await;
    let owner = server.log_in("acme@example.org").await;
    let ada = server.tenant("ada").await;
    ada.log("hers").await;
    let mut tokens = Vec::new();
    for email in ["ada@example.org", "invited@example.org"] {
        let body = json!({ "email": email });
        let sent = owner.post_json("/tenants/me/invitations", body).await;
        let token = sent.expect(201).json()["token"].clone();
        tokens.push(token.as_str().unwrap().to_owned());
    }
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    let accept = format!("/invitations/{}/accept", tokens[0]);
    let anyone = server.anonymous();
    anyone.post_json(&accept, body.clone()).await.expect(200);
    let tenants = async || {
        let login = anyone.post_json("/auth/login", body.clone()).await;
        login.expect(200).json()["tenants"].clone()
    };
    assert_eq!(tenants().await.as_array().unwrap().len(), 2);
    while server.mails().len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let tenant = owner.get("/tenants/me").await.json()["tenant_id"].clone();
    let gone = json!({ "short_name": "acme", "immediately": true });
    let job = delete(&owner, gone).await.expect(202).json();
    until_archive(&server, job["link"].as_str().unwrap()).await;
    let left = tenants().await;
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["short_name"], "ada");
    let session = server.log_in("ada@example.org").await;
    for client in [&ada, &session] {
        let logs = client.get("/logs").await.expect(200).json();
        assert_eq!(logs["logs"][0]["log_name"], "hers");
    }
    let mut asked = body.clone();
    asked["tenant_id"] = tenant;
    anyone
        .post_json("/auth/login", asked)
        .await
        .expect_error(410, "tenant_deleted");
    let late = format!("/invitations/{}", tokens[1]);
    anyone.get(&late).await.expect_error(400, "invalid_token");
    // Mails that spoke of the tenant are gone, whoever they were to.
    for _ in 0..500 {
        if server.mails().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.mails(), [""; 0]);
    assert!(server.catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn a_tenant_goes_when_its_time_comes_and_a_restart_does_not_matter() {
    let grace = |seconds| control_plane::Options {
        deletion_grace: Duration::from_secs(seconds),
        ..unlimited()
    };
    let server = Server::with(grace(2)).await;
    let owner = server.tenant("acme").await;
    let job = delete(&owner, json!({ "short_name": "acme" }))
        .await
        .expect(202)
        .json();
    assert_eq!(job["state"], "scheduled");
    let directory = server.stop().await;
    let server = Server::in_directory(directory, grace(2)).await;
    until_archive(&server, job["link"].as_str().unwrap()).await;
    log_in(&server, None)
        .await
        .expect_error(401, "invalid_credentials");
}
