//! Who calls: nobody, API keys, people who logged in, and tokens that were exchanged for keys; of
//! every role, of another tenant, and such that have ended.

use catalog::NewKey;
use catalog::access::Role;
use control_plane::Credentials;
use protocol::Timestamp;
use protocol::api_key::ApiKey;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::table::Expected;
use super::target::{Tenant, by};
use crate::client::Client;
use crate::server::Server;

/// A caller, and what it gets.
pub(super) struct Caller {
    pub name: &'static str,
    credential: Credential,
    membership: Membership,
    client: Client,
}

/// How a caller shows who it is.
enum Credential {
    /// Not at all, or with something that has ended.
    Nothing,
    Key,
    /// By having logged in with this address.
    Session(&'static str),
    /// With a token that was exchanged for this key.
    Token(Client),
}

/// What a caller is in the tenant.
#[derive(Clone, Copy)]
enum Membership {
    Ended,
    Reader,
    Member,
    Admin,
    Owner,
    /// The owner of another tenant.
    Stranger,
    /// An owner as far as other logs go.
    OfOtherLogs,
}

impl Caller {
    /// The role, in whichever tenant.
    fn role(&self) -> Option<Role> {
        match self.membership {
            Membership::Reader => Some(Role::ReadOnly),
            Membership::Member => Some(Role::Member),
            Membership::Admin => Some(Role::Admin),
            Membership::Owner | Membership::Stranger | Membership::OfOtherLogs => Some(Role::Owner),
            Membership::Ended => None,
        }
    }

    /// Why an operation that needs such credentials is closed to the caller; `None` where it is open.
    pub(super) fn refused(&self, needed: Credentials) -> Option<(u16, &'static str)> {
        if matches!(self.membership, Membership::Ended) {
            return Some((401, "unauthenticated"));
        }
        let is_too_low = self.role() < needed.role;
        let is_limited = matches!(self.membership, Membership::OfOtherLogs);
        let is_person = matches!(self.credential, Credential::Session(_));
        if is_too_low {
            Some((403, "forbidden"))
        } else if needed.in_person && !is_person {
            Some((403, "person_only"))
        } else if needed.whole_tenant && is_limited {
            Some((403, "forbidden"))
        } else {
            None
        }
    }

    /// The status of an operation that is open to the caller.
    pub(super) fn expects(&self, expected: &Expected, template: &str) -> u16 {
        let is_key = matches!(self.credential, Credential::Key);
        if let Some(status) = expected.by_key.filter(|_| is_key) {
            return status;
        }
        match self.membership {
            // Who is not found to be in the tenant acts in an own one.
            Membership::Stranger if expected.owned => 404,
            Membership::OfOtherLogs if template.contains("{log}") => 404,
            Membership::OfOtherLogs => expected.limited.unwrap_or_else(|| {
                let id = expected.operation;
                panic!("{id} is open to keys of some logs, and the table does not say why")
            }),
            _ => expected.allowed,
        }
    }

    /// The client for one call. Who logs out gets a session for that alone, or all later calls would
    /// come from somebody who is logged out.
    pub(super) async fn client(&self, server: &Server, operation: &str) -> Client {
        match &self.credential {
            Credential::Session(email) if operation == "logout" => server.log_in(email).await,
            Credential::Token(key) if operation == "logout" => exchange(server, key).await,
            _ => self.client.clone(),
        }
    }

    /// Whoever made the keys that this one acts on: below admin, one acts on the own keys alone.
    pub(super) fn maker<'a>(&'a self, tenant: &'a Tenant) -> &'a Client {
        match self.membership {
            Membership::Member => &self.client,
            _ => &tenant.client,
        }
    }
}

/// A short-lived token for a key.
async fn exchange(server: &Server, key: &Client) -> Client {
    let body = json!({ "api_key": key.token() });
    let issued = server.anonymous().post_json("/auth/token", body).await;
    let issued = issued.expect(200).json();
    server.with_token(issued["access_token"].as_str().unwrap())
}

/// A key of the tenant that expired a moment ago.
async fn expired_key(server: &Server, tenant: &Tenant) -> Client {
    let secret = ApiKey::generate();
    let new = NewKey {
        name: "expired".to_owned(),
        role: Role::Owner,
        logs: None,
        expires_at: Some(Timestamp(1_700_000_000_000_000)),
        sha256: Sha256::digest(secret.expose()).into(),
    };
    let context = by(&tenant.owner);
    let made = server.catalog.create_key(&tenant.owner, context, new).await;
    made.unwrap();
    server.with_token(secret.expose())
}

/// A key that was revoked, and a token that was exchanged for it before. Both are remembered.
async fn revoked_key(server: &Server, owner: &Client) -> (Client, Client) {
    let key = owner.with_role("owner").await;
    let token = exchange(server, &key).await;
    for client in [&key, &token] {
        client.get("/tenants/me").await.expect(200);
    }
    let keys = owner.get("/keys").await.json();
    let newest = keys["keys"][0]["id"].as_str().unwrap();
    owner.delete(&format!("/keys/{newest}")).await.expect(200);
    (key, token)
}

/// A session that was logged out. It is remembered, too.
async fn ended_session(server: &Server, email: &str) -> Client {
    let session = server.log_in(email).await;
    session.get("/tenants/me").await.expect(200);
    session.post("/auth/logout", "").await.expect(200);
    session
}

async fn key_of_other_logs(server: &Server, owner: &Client) -> Client {
    owner.log("other").await;
    let body = json!({ "name": "limited", "role": "owner", "logs": ["other"] });
    let made = owner.post_json("/keys", body).await.expect(201).json();
    server.with_token(made["key"].as_str().unwrap())
}

const OWNER: &str = "acme@example.org";
const ADMIN: &str = "admin@example.org";
const MEMBER: &str = "member@example.org";
const READER: &str = "reader@example.org";
const STRANGER: &str = "stranger@example.org";

/// All of them, for the tenant `acme`.
pub(super) async fn callers(server: &Server, acme: &Tenant) -> Vec<Caller> {
    let mut callers = without_access(server, acme).await;
    callers.extend(keys(server, acme).await);
    callers.extend(people(server).await);
    callers
}

fn caller(
    name: &'static str,
    credential: Credential,
    membership: Membership,
    client: Client,
) -> Caller {
    Caller {
        name,
        credential,
        membership,
        client,
    }
}

async fn without_access(server: &Server, acme: &Tenant) -> Vec<Caller> {
    let (key, token) = revoked_key(server, &acme.client).await;
    let ended = |name, client| caller(name, Credential::Nothing, Membership::Ended, client);
    vec![
        ended("nobody", server.anonymous()),
        ended("an expired key", expired_key(server, acme).await),
        ended("a revoked key", key),
        ended("a token of a revoked key", token),
        ended("a session that ended", ended_session(server, OWNER).await),
    ]
}

/// Keys, and tokens that were exchanged for them.
async fn keys(server: &Server, acme: &Tenant) -> Vec<Caller> {
    let owner = &acme.client;
    let of_other_logs = key_of_other_logs(server, owner).await;
    let admin = owner.with_role("admin").await;
    let key = |name, membership, client| caller(name, Credential::Key, membership, client);
    let mut callers = vec![
        key(
            "a key of another tenant",
            Membership::Stranger,
            server.tenant("stranger").await,
        ),
        key(
            "a reader's key",
            Membership::Reader,
            owner.with_role("read-only").await,
        ),
        key(
            "a member's key",
            Membership::Member,
            owner.with_role("member").await,
        ),
        key("an admin's key", Membership::Admin, admin.clone()),
        key("an owner's key", Membership::Owner, owner.clone()),
        key(
            "a key of other logs",
            Membership::OfOtherLogs,
            of_other_logs.clone(),
        ),
    ];
    for (name, membership, key) in [
        ("a token of an admin's key", Membership::Admin, admin),
        (
            "a token of a key of other logs",
            Membership::OfOtherLogs,
            of_other_logs,
        ),
    ] {
        let token = exchange(server, &key).await;
        callers.push(caller(name, Credential::Token(key), membership, token));
    }
    callers
}

/// People who logged in. Those of `acme` but its owner join it.
async fn people(server: &Server) -> Vec<Caller> {
    let owner = server.log_in(OWNER).await;
    let admin = server.join(&owner, ADMIN, "admin").await;
    let member = server.join(&owner, MEMBER, "member").await;
    let reader = server.join(&owner, READER, "read-only").await;
    let stranger = server.log_in(STRANGER).await;
    let session = |name, email, membership, client| {
        caller(name, Credential::Session(email), membership, client)
    };
    vec![
        session(
            "a session of another tenant",
            STRANGER,
            Membership::Stranger,
            stranger,
        ),
        session("a reader's session", READER, Membership::Reader, reader),
        session("a member's session", MEMBER, Membership::Member, member),
        session("an admin's session", ADMIN, Membership::Admin, admin),
        session("the owner's session", OWNER, Membership::Owner, owner),
    ]
}
