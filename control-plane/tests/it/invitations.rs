//! `/tenants/me/invitations` and `/invitations`.

use control_plane::Options;
use serde_json::{Value, json};

use crate::client::{Client, send};
use crate::server::{PASSWORD, Server, unlimited};

async fn invite(client: &Client, email: &str, role: &str) -> Value {
    let body = json!({ "email": email, "role": role });
    let answer = client.post_json("/tenants/me/invitations", body).await;
    answer.expect(201).json()
}

fn accept(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

async fn owner(server: &Server, name: &str) -> Client {
    server.tenant(name).await;
    server.log_in(&format!("{name}@example.org")).await
}

#[tokio::test]
async fn someone_is_invited_by_mail_accepts_and_logs_in() {
    let server = Server::start().await;
    let owner = owner(&server, "acme").await;
    let sent = invite(&owner, "Grace@Example.org", "admin").await;
    assert_eq!(
        (&sent["email"], &sent["role"]),
        (&json!("grace@example.org"), &json!("admin"))
    );
    let token = server.mailed_token("invite").await;
    let url = sent["invite_url"].as_str().unwrap();
    let own = sent["token"].as_str().unwrap();
    assert!(url.ends_with(&format!("/invite?token={own}")), "{url}");
    assert_ne!(own, token, "the inviter never has what was mailed");
    let listed = owner.get("/tenants/me/invitations").await.expect(200);
    assert!(!listed.text().contains(&token) && !listed.text().contains(own));
    assert_eq!(listed.json()["invitations"][0]["id"], sent["id"]);

    let anyone = server.anonymous();
    let path = format!("/invitations/{token}");
    let offer = anyone.get(&path).await.expect(200).json();
    assert_eq!(
        (&offer["short_name"], &offer["email"], &offer["role"]),
        (&json!("acme"), &json!("grace@example.org"), &json!("admin"))
    );
    let path = format!("{path}/accept");
    for (body, status, code) in [
        (accept("eve@example.org", PASSWORD), 400, "invalid_email"),
        (
            accept("grace@example.org", "short"),
            400,
            "invalid_password",
        ),
        (
            accept("grace@example.org", "password1"),
            400,
            "common_password",
        ),
    ] {
        let answer = anyone.post_json(&path, body).await;
        answer.expect_error(status, code);
    }
    let body = accept("GRACE@example.org", PASSWORD);
    let accepted = anyone.post_json(&path, body.clone()).await;
    let accepted = accepted.expect(200).json();
    assert_eq!(
        (&accepted["short_name"], &accepted["role"]),
        (&json!("acme"), &json!("admin"))
    );
    assert_eq!(accepted["email_verified"], true);
    for token in [&*token, own] {
        let path = format!("/invitations/{token}/accept");
        let again = anyone.post_json(&path, body.clone()).await;
        again.expect_error(400, "invalid_token");
    }
    let grace = server.log_in("grace@example.org").await;
    let me = grace.get("/tenants/me").await.expect(200).json();
    assert_eq!(
        (&me["short_name"], &me["role"]),
        (&json!("acme"), &json!("admin"))
    );
    let listed = owner.get("/tenants/me/invitations").await.expect(200);
    assert_eq!(listed.json()["invitations"], json!([]));
    let body = json!({ "email": "grace@example.org" });
    owner
        .post_json("/tenants/me/invitations", body)
        .await
        .expect_error(409, "already_member");
}

/// Whoever invites an address of somebody else does not own it by that.
#[tokio::test]
async fn an_address_is_verified_by_its_mail_alone() {
    let server = Server::start().await;
    let mallory = owner(&server, "mallory").await;
    let anyone = server.anonymous();
    let (new, known) = ("ceo@example.org", "cfo@example.org");
    let sign_up = json!({ "owner_email": known, "owner_password": PASSWORD, "short_name": "cfo" });
    let signed_up = anyone.post_json("/tenants", sign_up).await;
    signed_up.expect(201);
    for email in [new, known] {
        let sent = invite(&mallory, email, "member").await;
        let token = sent["token"].as_str().unwrap();
        let offer = anyone.get(&format!("/invitations/{token}")).await;
        assert_eq!(offer.expect(200).json()["email"], email);
        let path = format!("/invitations/{token}/accept");
        let accepted = anyone.post_json(&path, accept(email, PASSWORD)).await;
        assert_eq!(accepted.expect(200).json()["email_verified"], false);
        let login = accept(email, PASSWORD);
        let refused = anyone.post_json("/auth/login", login.clone()).await;
        refused.expect_error(403, "email_not_verified");
        // Both tokens are used up; the mail that verifies has one of its own.
        let mailed = server.mailed_token_to(email, "invite").await;
        let late = anyone.get(&format!("/invitations/{mailed}")).await;
        late.expect_error(400, "invalid_token");
        let token = server.mailed_token_to(email, "verify").await;
        let verify = json!({ "token": token });
        let verified = anyone.post_json("/auth/verify-email", verify).await;
        verified.expect(200);
        anyone.post_json("/auth/login", login).await.expect(200);
    }
    assert!(server.catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn nobody_comes_back_by_an_invitation_of_their_own() {
    let server = Server::start().await;
    let acme = owner(&server, "acme").await;
    let mallory = server.join(&acme, "mallory@example.org", "admin").await;
    let anyone = server.anonymous();
    let members = acme.get("/tenants/me/members").await.expect(200).json();
    let path = format!(
        "/tenants/me/members/{}",
        members["members"][1]["user_id"].as_str().unwrap()
    );
    let lower = async |role: &str| {
        let request = acme.request(reqwest::Method::PATCH, &path);
        send(request.json(&json!({ "role": role })))
            .await
            .expect(200);
    };
    for lowers in [true, false] {
        let sent = invite(&mallory, "mallory2@example.org", "admin").await;
        let mailed = server
            .mailed_token_to("mallory2@example.org", "invite")
            .await;
        if lowers {
            lower("member").await;
            lower("admin").await;
        } else {
            acme.delete(&path).await.expect(200);
        }
        for token in [sent["token"].as_str().unwrap(), &mailed] {
            let path = format!("/invitations/{token}");
            anyone.get(&path).await.expect_error(400, "invalid_token");
            let body = accept("mallory2@example.org", PASSWORD);
            let refused = anyone.post_json(&format!("{path}/accept"), body).await;
            refused.expect_error(400, "invalid_token");
        }
        let open = acme.get("/tenants/me/invitations").await.expect(200).json();
        assert_eq!(open["invitations"], json!([]));
    }
}

#[tokio::test]
async fn a_known_address_proves_its_password_and_chooses_a_tenant_then() {
    let server = Server::start().await;
    let (acme, _) = (owner(&server, "acme").await, owner(&server, "other").await);
    let sent = invite(&acme, "other@example.org", "read-only").await;
    let path = format!("/invitations/{}/accept", sent["token"].as_str().unwrap());
    let anyone = server.anonymous();
    let wrong = accept("other@example.org", "battery staple");
    anyone
        .post_json(&path, wrong)
        .await
        .expect_error(401, "invalid_credentials");
    let right = accept("other@example.org", PASSWORD);
    anyone.post_json(&path, right).await.expect(200);
    let login = json!({ "email": "other@example.org", "password": PASSWORD });
    let answer = anyone.post_json("/auth/login", login.clone()).await;
    let answer = answer.expect(200).json();
    assert_eq!(answer["access_token"], Value::Null);
    let tenants = answer["tenants"].as_array().unwrap();
    let roles: Vec<_> = tenants
        .iter()
        .map(|it| (it["short_name"].as_str().unwrap(), &it["role"]))
        .collect();
    assert_eq!(
        roles,
        [("acme", &json!("read-only")), ("other", &json!("owner"))]
    );
    for (tenant, role) in [(0, "read-only"), (1, "owner")] {
        let mut login = login.clone();
        login["tenant_id"] = tenants[tenant]["tenant_id"].clone();
        let answer = anyone.post_json("/auth/login", login).await;
        let token = answer.expect(200).json()["access_token"].clone();
        let client = server.with_token(token.as_str().unwrap());
        let me = client.get("/tenants/me").await.expect(200).json();
        assert_eq!(me["role"], role);
    }
    let mut login = login;
    login["tenant_id"] = json!(uuid::Uuid::nil());
    anyone
        .post_json("/auth/login", login)
        .await
        .expect_error(404, "not_found");
}

#[tokio::test]
async fn an_invitation_is_refused_where_it_must_be() {
    let server = Server::start().await;
    let key = server.tenant("acme").await;
    let owner = server.log_in("acme@example.org").await;
    let admin = server.join(&owner, "a@example.org", "admin").await;
    let member = server.join(&owner, "b@example.org", "member").await;
    let path = "/tenants/me/invitations";
    for (client, body, status, code) in [
        (
            &key,
            json!({ "email": "x@example.org" }),
            403,
            "person_only",
        ),
        (
            &member,
            json!({ "email": "x@example.org" }),
            403,
            "forbidden",
        ),
        (
            &owner,
            json!({ "email": "x@example.org", "role": "owner" }),
            400,
            "invalid_request",
        ),
        (&owner, json!({ "email": "nobody" }), 400, "invalid_email"),
    ] {
        let answer = client.post_json(path, body).await;
        answer.expect_error(status, code);
    }
    member.get(path).await.expect_error(403, "forbidden");
    let sent = invite(&admin, "x@example.org", "admin").await;
    let path = format!("{path}/{}", sent["id"].as_str().unwrap());
    member.delete(&path).await.expect_error(403, "forbidden");
    owner.delete(&path).await.expect(200);
    owner
        .delete(&path)
        .await
        .expect_error(404, "invitation_not_found");
    let token = sent["token"].as_str().unwrap();
    let anyone = server.anonymous();
    for token in [token, "pi_made_up", "x"] {
        let path = format!("/invitations/{token}");
        anyone.get(&path).await.expect_error(400, "invalid_token");
        anyone
            .post_json(&format!("{path}/accept"), accept("x@example.org", PASSWORD))
            .await
            .expect_error(400, "invalid_token");
    }
}

#[tokio::test]
async fn an_invitation_expires() {
    let server = Server::with(Options {
        invitation_ttl: std::time::Duration::ZERO,
        ..unlimited()
    })
    .await;
    assert_eq!(Options::default().invitation_ttl.as_secs(), 7 * 24 * 3_600);
    let owner = owner(&server, "acme").await;
    let sent = invite(&owner, "x@example.org", "member").await;
    let path = format!("/invitations/{}/accept", sent["token"].as_str().unwrap());
    server
        .anonymous()
        .post_json(&path, accept("x@example.org", PASSWORD))
        .await
        .expect_error(400, "invalid_token");
}
