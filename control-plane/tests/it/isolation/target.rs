//! Something to call an operation on: made for one call, because some calls end it.

use catalog::access::{Access, Actor, Role};
use catalog::{Context, Invitee, NewInvitation};
use protocol::{InvitationId, RequestId, TenantId, Timestamp, UserId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::Client;
use crate::server::Server;

/// The tenant that the operations are called on.
pub(super) struct Tenant {
    /// A key of its owner.
    pub client: Client,
    /// Its owner in person.
    pub owner: Access,
}

impl Tenant {
    pub(super) async fn new(server: &Server, name: &str) -> Self {
        let client = server.tenant(name).await;
        let id = |value: &Value| value.as_str().unwrap().parse().unwrap();
        let tenant = client.get("/tenants/me").await.json();
        let keys = client.get("/keys").await.json();
        let owner = Access {
            tenant: TenantId(id(&tenant["tenant_id"])),
            actor: Actor::User(UserId(id(&keys["keys"][0]["created_by"]["id"]))),
            role: Role::Owner,
            logs: None,
            secret: None,
        };
        Self { client, owner }
    }

    /// An invitation and the hash of its token.
    async fn invitation(
        &self,
        server: &Server,
        number: usize,
        name: &str,
    ) -> (InvitationId, [u8; 32]) {
        let token_sha256 = Sha256::digest(format!("{name}{number}")).into();
        let new = NewInvitation {
            email: format!("{name}{number}@example.org"),
            role: Role::Member,
            token_sha256,
            mailed_sha256: Sha256::digest(format!("mailed {name}{number}")).into(),
            expires_at: Timestamp(4_000_000_000_000_000),
        };
        let context = by(&self.owner);
        let invited = server.catalog.invite(&self.owner, context, new).await;
        (invited.unwrap().id, token_sha256)
    }

    /// A member that nobody can log in as.
    async fn member(&self, server: &Server, number: usize) -> UserId {
        let (_, token_sha256) = self.invitation(server, number, "m").await;
        let invitee = Invitee::New {
            password_hash: "none".to_owned(),
        };
        let accepted = server
            .catalog
            .accept_invitation(RequestId::generate(), token_sha256, invitee)
            .await;
        accepted.unwrap().user
    }
}

pub(super) fn by(access: &Access) -> Context {
    Context {
        actor: access.actor,
        request_id: RequestId::generate(),
    }
}

/// What the path of an operation names; empty where it names no such thing.
#[derive(Default)]
pub(super) struct Target {
    log: String,
    key: String,
    member: String,
    invitation: String,
    deletion: String,
    pub number: usize,
}

impl Target {
    /// Makes what the path of an operation names: a log of the tenant, with a view where there is one
    /// in the path, a key that `maker` made, a member, an invitation or a deletion.
    pub(super) async fn new(
        server: &Server,
        tenant: &Tenant,
        maker: &Client,
        template: &str,
        number: usize,
    ) -> Self {
        let mut target = Self {
            number,
            ..Self::default()
        };
        if template.contains("{log}") {
            target.log = format!("log-{number}");
            tenant.client.log(&target.log).await;
        }
        if template.contains("{view}") {
            let path = format!("/logs/{}/views/v", target.log);
            let uploaded = tenant.client.post(&path, example_views::counter()).await;
            uploaded.expect(201);
        }
        if template.contains("/keys/{id}") {
            let made = maker.post_json("/keys", json!({ "name": "target" })).await;
            target.key = made.expect(201).json()["id"].as_str().unwrap().to_owned();
        }
        if template.contains("{user_id}") {
            target.member = tenant.member(server, number).await.to_string();
        }
        if template.contains("/invitations/{id}") {
            let (id, _) = tenant.invitation(server, number, "i").await;
            target.invitation = id.to_string();
        }
        if template.contains("/deletions/{id}") {
            let log = format!("gone-{number}");
            tenant.client.log(&log).await;
            let deleted = tenant.client.delete(&format!("/logs/{log}")).await;
            let deleted = deleted.expect(200).json();
            target.deletion = deleted["job_id"].as_str().unwrap().to_owned();
        }
        target
    }

    /// The path of an operation on it.
    pub(super) fn path(&self, template: &str, operation: &str) -> String {
        let log = match operation {
            "createLogByName" => format!("made-{}", self.number),
            _ => self.log.clone(),
        };
        let mut path = template
            .replace("{log}", &log)
            .replace("{view}", "v")
            .replace("{month}/explain", "2026-01/explain?meter=compute")
            .replace("{user_id}", &self.member)
            .replace(
                "/invitations/{id}",
                &format!("/invitations/{}", self.invitation),
            )
            .replace(
                "/sessions/{id}",
                &format!("/sessions/{}", uuid::Uuid::nil()),
            )
            .replace("/deletions/{id}", &format!("/deletions/{}", self.deletion))
            .replace("{id}", &self.key);
        if path.ends_with("append_batch") {
            path.push_str("?delimiter=,");
        }
        path
    }
}
