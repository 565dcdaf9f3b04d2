//! For every operation of the document, what each kind of caller gets: nobody, another tenant, keys
//! of every role, a key of other logs, and keys that have ended. A new operation that has no entry
//! here fails.

use protocol::api_key::ApiKey;
use protocol::{InvitationId, RequestId, TenantId, Timestamp, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use storage::access::{Access, Actor, Role};
use storage::catalog::{Context, Invitee, NewInvitation, NewKey};

use crate::client::{Answer, Client, send};
use crate::openapi::operations;
use crate::server::Server;

/// What callers get.
struct Expected {
    operation: &'static str,
    /// With `{n}` in place of a number that is never used twice.
    body: &'static str,
    /// A role that is too low, where there is one.
    too_low: Option<&'static str>,
    /// Whether it reaches something that belongs to a tenant.
    owned: bool,
    /// The status for those that it is for.
    allowed: u16,
    /// The status for an admin's key of other logs, where it is not that of a log that is not there,
    /// or `allowed`.
    limited: Option<u16>,
}

const fn entry(operation: &'static str, too_low: Option<&'static str>, owned: bool) -> Expected {
    Expected {
        operation,
        body: "",
        too_low,
        owned,
        allowed: 200,
        limited: None,
    }
}

const READER: Option<&str> = Some("read-only");
const MEMBER: Option<&str> = Some("member");

/// Operations that need no token.
const PUBLIC: &[&str] = &[
    "createTenant",
    "getTenantDeletion",
    "login",
    "exchangeKey",
    "verifyEmail",
    "resendVerification",
    "forgotPassword",
    "resetPassword",
    "getInvitation",
    "acceptInvitation",
    "health",
    "healthLive",
    "healthReady",
];

/// All others. `logout` and `getTenant`, and the lists, concern the caller alone.
const PRIVATE: &[Expected] = &[
    entry("getTenant", None, false),
    Expected {
        // It is not the tenant's name, or the tenant would be closed to those who come later.
        body: r#"{"short_name": "other"}"#,
        allowed: 400,
        limited: Some(403),
        ..entry("deleteTenant", Some("admin"), false)
    },
    Expected {
        limited: Some(403),
        ..entry("restoreTenant", Some("admin"), false)
    },
    Expected {
        limited: Some(403),
        ..entry("readAudit", MEMBER, false)
    },
    Expected {
        // A key has no session that could be ended.
        allowed: 401,
        ..entry("logout", None, false)
    },
    entry("listKeys", None, false),
    Expected {
        body: r#"{"name": "x"}"#,
        allowed: 201,
        limited: Some(403),
        ..entry("createKey", READER, false)
    },
    Expected {
        limited: Some(403),
        ..entry("rotateKey", READER, true)
    },
    entry("revokeKey", READER, true),
    entry("listMembers", None, false),
    Expected {
        body: r#"{"role": "read-only"}"#,
        limited: Some(403),
        ..entry("changeMemberRole", MEMBER, true)
    },
    Expected {
        limited: Some(403),
        ..entry("removeMember", MEMBER, true)
    },
    Expected {
        limited: Some(403),
        ..entry("listInvitations", MEMBER, false)
    },
    Expected {
        body: r#"{"email": "new-{n}@example.org"}"#,
        // No key may, whatever its role.
        allowed: 403,
        ..entry("createInvitation", None, false)
    },
    Expected {
        limited: Some(403),
        ..entry("revokeInvitation", MEMBER, true)
    },
    entry("listLogs", None, false),
    Expected {
        body: r#"{"name": "new-{n}"}"#,
        allowed: 201,
        limited: Some(403),
        ..entry("createLog", READER, false)
    },
    Expected {
        allowed: 201,
        limited: Some(403),
        ..entry("createLogByName", READER, false)
    },
    entry("getLog", None, true),
    Expected {
        body: "{}",
        ..entry("updateLog", READER, true)
    },
    entry("deleteLog", MEMBER, true),
    Expected {
        body: "x",
        ..entry("append", READER, true)
    },
    Expected {
        body: "x",
        ..entry("appendBatch", READER, true)
    },
    entry("readEvents", None, true),
    Expected {
        body: "x",
        // It is no component.
        allowed: 422,
        ..entry("uploadView", READER, true)
    },
    entry("listViews", None, true),
    entry("getView", None, true),
    entry("deleteView", READER, true),
    entry("queryView", None, true),
    entry("queryViewByGet", None, true),
];

/// Something to call an operation on: made for one call, because some calls end it.
struct Target {
    log: String,
    key: String,
    member: String,
    invitation: String,
    number: usize,
}

impl Target {
    /// A log of the tenant, with a view if the operation is about one, a key that `maker` made, and a
    /// member or an invitation.
    async fn new(
        server: &Server,
        owner: &Client,
        maker: &Client,
        template: &str,
        number: usize,
    ) -> Self {
        let log = format!("log-{number}");
        owner.log(&log).await;
        if template.contains("{view}") {
            let path = format!("/logs/{log}/views/v");
            let uploaded = owner.post(&path, example_views::COUNTER).await;
            uploaded.expect(201);
        }
        let made = maker.post_json("/keys", json!({ "name": "target" })).await;
        let made = made.expect(201).json();
        let (mut member, mut invitation) = (String::new(), String::new());
        if template.contains("{user_id}") {
            member = server.new_member(owner, number).await.to_string();
        }
        if template.contains("/invitations/{id}") {
            let (id, _) = server.new_invitation(owner, number, "i").await;
            invitation = id.to_string();
        }
        Self {
            log,
            key: made["id"].as_str().unwrap().to_owned(),
            member,
            invitation,
            number,
        }
    }

    /// The path of an operation on it.
    fn path(&self, template: &str, operation: &str) -> String {
        let log = match operation {
            "createLogByName" => format!("made-{}", self.number),
            _ => self.log.clone(),
        };
        let mut path = template
            .replace("{log}", &log)
            .replace("{view}", "v")
            .replace("{user_id}", &self.member)
            .replace(
                "/invitations/{id}",
                &format!("/invitations/{}", self.invitation),
            )
            .replace("{id}", &self.key);
        if path.ends_with("append_batch") {
            path.push_str("?delimiter=,");
        }
        path
    }
}

impl Server {
    /// The owner of a tenant in person.
    async fn owner_of(&self, owner: &Client) -> Access {
        let id = |value: &Value| value.as_str().unwrap().parse().unwrap();
        let tenant = owner.get("/tenants/me").await.json();
        let keys = owner.get("/keys?limit=1000").await.json();
        let first = keys["keys"].as_array().unwrap().last().unwrap();
        Access {
            tenant: TenantId(id(&tenant["tenant_id"])),
            actor: Actor::User(UserId(id(&first["created_by"]["id"]))),
            role: Role::Owner,
            logs: None,
        }
    }

    /// An invitation and the hash of its token.
    async fn new_invitation(
        &self,
        owner: &Client,
        number: usize,
        name: &str,
    ) -> (InvitationId, [u8; 32]) {
        let owner = self.owner_of(owner).await;
        let token_sha256 = Sha256::digest(format!("{name}{number}")).into();
        let new = NewInvitation {
            email: format!("{name}{number}@example.org"),
            role: Role::Member,
            token_sha256,
            expires_at: Timestamp(4_000_000_000_000_000),
        };
        let invited = self.catalog.invite(&owner, by(&owner), new).await.unwrap();
        (invited.id, token_sha256)
    }

    /// A member that nobody can log in as.
    async fn new_member(&self, owner: &Client, number: usize) -> UserId {
        let (_, token_sha256) = self.new_invitation(owner, number, "m").await;
        let invitee = Invitee::New {
            password_hash: "none".to_owned(),
        };
        let accepted = self
            .catalog
            .accept_invitation(RequestId::generate(), token_sha256, invitee)
            .await;
        accepted.unwrap().1
    }

    /// A key of the tenant that expired a moment ago.
    async fn expired_key(&self, owner: &Client) -> Client {
        let owner = self.owner_of(owner).await;
        let secret = ApiKey::generate();
        let new = NewKey {
            name: "expired".to_owned(),
            role: Role::Owner,
            logs: None,
            expires_at: Some(Timestamp(1_700_000_000_000_000)),
            sha256: Sha256::digest(secret.expose()).into(),
        };
        self.catalog
            .create_key(&owner, by(&owner), new)
            .await
            .unwrap();
        self.with_token(secret.expose())
    }
}

fn by(access: &Access) -> Context {
    Context {
        actor: access.actor,
        request_id: RequestId::generate(),
    }
}

/// A caller, and what it gets.
struct Caller {
    name: &'static str,
    client: Client,
    status: fn(&Expected, template: &str) -> u16,
}

fn ended(_: &Expected, _: &str) -> u16 {
    401
}

fn reader(expected: &Expected, _: &str) -> u16 {
    match expected.too_low {
        Some(_) => 403,
        None => expected.allowed,
    }
}

fn member(expected: &Expected, _: &str) -> u16 {
    match expected.too_low {
        Some("member" | "admin") => 403,
        _ => expected.allowed,
    }
}

fn admin(expected: &Expected, _: &str) -> u16 {
    match expected.too_low {
        Some("admin") => 403,
        _ => expected.allowed,
    }
}

fn owner(expected: &Expected, _: &str) -> u16 {
    expected.allowed
}

/// Who is not found to be in the tenant acts in an own one.
fn stranger(expected: &Expected, _: &str) -> u16 {
    if expected.owned {
        404
    } else {
        expected.allowed
    }
}

fn limited(expected: &Expected, template: &str) -> u16 {
    match expected.limited {
        Some(status) => status,
        None if template.contains("{log}") => 404,
        None => expected.allowed,
    }
}

async fn callers(server: &Server, acme: &Client) -> Vec<Caller> {
    let other = server.tenant("stranger").await;
    acme.log("other").await;
    let body = json!({ "name": "limited", "role": "admin", "logs": ["other"] });
    let made = acme.post_json("/keys", body).await.expect(201).json();
    let of_other_logs = server.with_token(made["key"].as_str().unwrap());
    let revoked = acme.with_role("owner").await;
    revoked.get("/tenants/me").await.expect(200);
    let keys = acme.get("/keys").await.json();
    let newest = keys["keys"][0]["id"].as_str().unwrap();
    acme.delete(&format!("/keys/{newest}")).await.expect(200);
    let caller = |name, client, status| Caller {
        name,
        client,
        status,
    };
    vec![
        caller("nobody", server.anonymous(), ended),
        caller("an expired key", server.expired_key(acme).await, ended),
        caller("a revoked key", revoked, ended),
        caller("another tenant", other, stranger),
        caller("a key of other logs", of_other_logs, limited),
        caller("a reader's key", acme.with_role("read-only").await, reader),
        caller("a member's key", acme.with_role("member").await, member),
        caller("an admin's key", acme.with_role("admin").await, admin),
        caller("an owner's key", acme.clone(), owner),
    ]
}

async fn call(client: &Client, method: &str, path: &str, body: String) -> Answer {
    let method: Method = method.parse().unwrap();
    send(client.request(method, path).body(body)).await
}

#[tokio::test]
async fn every_operation_is_closed_to_those_it_is_not_for() {
    let server = Server::start().await;
    let acme = server.tenant("acme").await;
    let callers = callers(&server, &acme).await;
    let mut number = 0;
    let mut covered = Vec::new();
    for (method, template, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let is_public = operation["security"].as_array().is_none_or(Vec::is_empty);
        if PUBLIC.contains(&id) {
            assert!(is_public, "{id} asks for a token");
            continue;
        }
        let expected = PRIVATE.iter().find(|it| it.operation == id);
        let expected = expected.unwrap_or_else(|| panic!("{id} has no entry"));
        assert!(!is_public, "{id} asks for no token");
        covered.push(id.to_owned());
        for caller in &callers {
            let status = (caller.status)(expected, &template);
            // Below admin, one acts on the own keys alone.
            let maker = match caller.name {
                "a member's key" => &caller.client,
                _ => &acme,
            };
            number += 1;
            let target = Target::new(&server, &acme, maker, &template, number).await;
            let path = target.path(&template, id);
            let body = expected.body.replace("{n}", &number.to_string());
            let answer = call(&caller.client, &method, &path, body).await;
            let text = answer.text();
            assert_eq!(answer.status, status, "{id} for {}: {text}", caller.name);
            // What belongs to someone else is what is not there.
            let missing = match template.as_str() {
                it if it.contains("{log}") => "log_not_found",
                it if it.contains("/members/") => "member_not_found",
                it if it.contains("/invitations/") => "invitation_not_found",
                _ => "key_not_found",
            };
            match status {
                401 => assert_eq!(answer.code(), "unauthenticated", "{id}"),
                403 => assert_eq!(answer.code(), "forbidden", "{id}"),
                404 => assert_eq!(answer.code(), missing, "{id}"),
                _ => {}
            }
        }
    }
    for entry in PRIVATE {
        let is_known = covered.iter().any(|id| id == entry.operation);
        assert!(is_known, "{} is no operation any more", entry.operation);
    }
}

#[tokio::test]
async fn what_belongs_to_another_tenant_looks_like_what_does_not_exist() {
    let server = Server::start().await;
    let owner = server.tenant("acme").await;
    let stranger = server.tenant("stranger").await;
    let log = owner.log("a").await;
    let theirs = stranger.get(&format!("/logs/{log}")).await.error();
    let nobodys = "/logs/0192f0c1-4d2e-7c3a-9b1f-2a4b6c8d0e1f";
    assert_eq!(theirs, stranger.get(nobodys).await.error());
    let logs: Value = stranger.get("/logs").await.json();
    assert_eq!(logs["logs"], serde_json::json!([]));
    // The same name is another log.
    stranger.log("a").await;
    stranger.post("/logs/a/append", "x").await.expect(200);
    assert_eq!(owner.get("/logs/a").await.json()["head_sequence"], 0);
}
