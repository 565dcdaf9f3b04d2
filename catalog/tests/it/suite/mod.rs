//! What the catalog does, whatever database it lies in. The module above says which one that is.

mod activity;
mod archive;
mod billing;
mod broadcast;
pub(crate) mod control_events;
mod database;
mod deletions;
mod history;
mod invitations;
mod isolation;
mod key_makers;
mod key_people;
mod key_rotation;
mod keys;
mod logs;
mod members;
mod operations;
mod passwords;
mod quotas;
mod rebuild;
mod second_factors;
mod sessions;
mod storage;
mod tenant_deletions;
mod tenants;
pub(crate) mod usage;
mod versions;
mod views;

use std::sync::Arc;

use catalog::access::{Access, Actor, Role};
use catalog::clock::{Clock as _, ManualClock};
use catalog::dump::DumpRow;
use catalog::{
    Catalog, CatalogLimits, Context, Invitee, Log, NewInvitation, NewLog, NewTenant, NewVersion,
    Page, Retention, Version, VersionError, View,
};
use protocol::view::{ComponentReport, World};
use protocol::{ComponentDigest, LogId, Name, RequestId, TenantId, Timestamp, UserId, VersionId};

use super::database::TestDatabase;

const TABLES: [&str; 13] = [
    "tenants",
    "tenant_deletions",
    "billing_accounts",
    "users",
    "email_verifications",
    "password_resets",
    "memberships",
    "invitations",
    "keys",
    "earlier_secrets",
    "logs",
    "views",
    "versions",
];

/// A catalog in a database of its own, with a clock that stands still.
pub(crate) struct Fixture {
    pub(crate) catalog: Catalog,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) database: TestDatabase,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with_limits(CatalogLimits::default()).await
    }

    pub(crate) async fn with_limits(limits: CatalogLimits) -> Self {
        Self::on(TestDatabase::new().await, limits).await
    }

    pub(crate) async fn on(database: TestDatabase, limits: CatalogLimits) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000_000)));
        let catalog = database.open(clock.clone(), limits).await.unwrap();
        Self {
            catalog,
            clock,
            database,
        }
    }

    /// Every row of every read-model table, as text in a fixed order.
    async fn dump(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in TABLES {
            let found = self.database.rows(table).await;
            rows.extend(found.into_iter().map(|row| format!("{table}: {row}")));
        }
        rows.sort();
        rows
    }

    /// Everything that a backup keeps.
    async fn backup(&self) -> Vec<DumpRow> {
        let mut dump = self.catalog.dump().await.unwrap();
        let mut rows = Vec::new();
        loop {
            let page = dump.next().await.unwrap();
            if page.is_empty() {
                return rows;
            }
            rows.extend(page);
        }
    }

    /// A tenant and its owner.
    pub(crate) async fn tenant(&self, short_name: &str) -> Access {
        self.tenant_and_owner(short_name).await.0
    }

    async fn tenant_and_owner(&self, short_name: &str) -> (Access, UserId) {
        let new = new_tenant(short_name, &format!("owner@{short_name}.example"));
        let (tenant, user) = self
            .catalog
            .create_tenant(RequestId::generate(), new)
            .await
            .unwrap();
        (owner_of(tenant, user), user)
    }

    /// Someone who accepts an invitation.
    pub(crate) async fn member(&self, inviter: &Access, email: &str, role: Role) -> Access {
        let token_sha256 = *RequestId::generate().as_bytes();
        let token_sha256 = [token_sha256, token_sha256].concat().try_into().unwrap();
        let new = NewInvitation {
            email: email.to_owned(),
            role,
            token_sha256: [0; 32],
            mailed_sha256: token_sha256,
            expires_at: self.in_seconds(60),
        };
        let invited = self.catalog.invite(inviter, by(inviter), new).await;
        invited.unwrap();
        let invitee = match self.catalog.user_by_email(email).await.unwrap() {
            Some(person) => Invitee::Known(person.id),
            None => Invitee::New {
                password_hash: "$argon2id$hash".to_owned(),
            },
        };
        let accepted = self
            .catalog
            .accept_invitation(RequestId::generate(), token_sha256, invitee)
            .await;
        let user = accepted.unwrap().user;
        Access {
            tenant: inviter.tenant,
            actor: Actor::User(user),
            role,
            logs: None,
            secret: None,
        }
    }

    pub(crate) async fn log(&self, access: &Access, name: &str) -> Log {
        self.catalog
            .create_log(access, by(access), new_log(name))
            .await
            .unwrap()
    }

    pub(crate) async fn upload(&self, access: &Access, log: LogId, view: &str) -> (View, Version) {
        self.catalog
            .upload_version(access, by(access), log, name(view), new_version(1))
            .await
            .unwrap()
    }

    /// Makes a version the live one.
    pub(crate) async fn activate(
        &self,
        access: &Access,
        id: VersionId,
    ) -> Result<(), VersionError> {
        self.catalog
            .activate_versions(access.tenant, system(), &[id])
            .await
    }

    fn in_seconds(&self, seconds: u64) -> Timestamp {
        Timestamp(self.clock.now().as_micros() + seconds * 1_000_000)
    }
}

pub(crate) fn new_tenant(short_name: &str, email: &str) -> NewTenant {
    NewTenant {
        short_name: short_name.to_owned(),
        owner_email: email.to_owned(),
        owner_password_hash: "$argon2id$hash".to_owned(),
        email_verified: false,
    }
}

pub(crate) fn owner_of(tenant: TenantId, user: UserId) -> Access {
    Access {
        tenant,
        actor: Actor::User(user),
        role: Role::Owner,
        logs: None,
        secret: None,
    }
}

/// The person that acts.
fn user_of(access: &Access) -> UserId {
    match access.actor {
        Actor::User(user) => user,
        other => panic!("{other:?} is no person"),
    }
}

fn with_role(access: &Access, role: Role) -> Access {
    Access {
        role,
        ..access.clone()
    }
}

/// What a key that is limited to some logs would have.
fn limited_to(access: &Access, logs: &[LogId]) -> Access {
    Access {
        logs: Some(Arc::from(logs)),
        ..access.clone()
    }
}

pub(crate) fn by(access: &Access) -> Context {
    Context {
        actor: access.actor,
        request_id: RequestId::generate(),
    }
}

pub(crate) fn system() -> Context {
    Context::system(RequestId::generate())
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn new_log(text: &str) -> NewLog {
    NewLog {
        name: name(text),
        description: None,
        retention: Retention::KeepHot,
    }
}

pub(crate) fn new_version(component: u8) -> NewVersion {
    NewVersion {
        component: ComponentDigest::of(&[component]),
        component_bytes: 1_234,
        report: ComponentReport {
            world: World::V1,
            imports: vec!["wasi:clocks/wall-clock@0.2.0".to_owned()],
            languages: vec!["Rust 1.95.0".to_owned()],
        },
        content_type: Some("application/json".to_owned()),
        config: bytes::Bytes::from_static(br#"{"month":true}"#),
    }
}

/// A page behind a cursor.
fn page(limit: u32, cursor: Option<String>) -> Page {
    Page { limit, cursor }
}
