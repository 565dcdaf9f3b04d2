//! The catalog on real SQLite files.

mod broadcast;
mod control_events;
mod database;
mod history;
mod isolation;
mod keys;
mod logs;
mod operations;
mod rebuild;
mod sessions;
mod tenants;
mod versions;
mod views;

use std::path::PathBuf;
use std::sync::Arc;

use protocol::{ComponentDigest, LogId, Name, RequestId, TenantId, Timestamp, UserId};
use rusqlite::Connection;
use storage::access::{Access, Actor, Role};
use storage::bus::{ComponentReport, World};
use storage::catalog::{
    Catalog, CatalogLimits, Context, Log, NewLog, NewTenant, NewVersion, Page, Retention, Version,
    View,
};
use storage::clock::{Clock as _, ManualClock};

/// A catalog in a directory of its own, with a clock that stands still.
struct Fixture {
    catalog: Catalog,
    clock: Arc<ManualClock>,
    directory: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        Self::with_limits(CatalogLimits::default()).await
    }

    async fn with_limits(limits: CatalogLimits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp(1_700_000_000_000_000)));
        let path = directory.path().join("catalog.db");
        let catalog = Catalog::open_sqlite_with(&path, clock.clone(), limits)
            .await
            .unwrap();
        Self {
            catalog,
            clock,
            directory,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("catalog.db")
    }

    /// A second way into the file, past the catalog.
    fn raw(&self) -> Connection {
        let raw = Connection::open(self.path()).unwrap();
        raw.busy_timeout(std::time::Duration::from_secs(10))
            .unwrap();
        raw
    }

    /// A tenant and its owner.
    async fn tenant(&self, short_name: &str) -> Access {
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

    async fn log(&self, access: &Access, name: &str) -> Log {
        self.catalog
            .create_log(access, by(access), new_log(name))
            .await
            .unwrap()
    }

    async fn upload(&self, access: &Access, log: LogId, view: &str) -> (View, Version) {
        self.catalog
            .upload_version(access, by(access), log, name(view), new_version(1))
            .await
            .unwrap()
    }

    fn in_seconds(&self, seconds: u64) -> Timestamp {
        Timestamp(self.clock.now().as_micros() + seconds * 1_000_000)
    }
}

fn new_tenant(short_name: &str, email: &str) -> NewTenant {
    NewTenant {
        short_name: short_name.to_owned(),
        owner_email: email.to_owned(),
        owner_password_hash: "$argon2id$hash".to_owned(),
        email_verified: false,
    }
}

fn owner_of(tenant: TenantId, user: UserId) -> Access {
    Access {
        tenant,
        actor: Actor::User(user),
        role: Role::Owner,
        logs: None,
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

fn by(access: &Access) -> Context {
    Context {
        actor: access.actor,
        request_id: RequestId::generate(),
    }
}

fn system() -> Context {
    Context::system(RequestId::generate())
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn new_log(text: &str) -> NewLog {
    NewLog {
        name: name(text),
        description: None,
        retention: Retention::KeepHot,
    }
}

fn new_version(component: u8) -> NewVersion {
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

/// Every row of every read-model table, as text in a fixed order.
fn dump(raw: &Connection) -> Vec<String> {
    let tables = [
        "tenants",
        "users",
        "email_verifications",
        "memberships",
        "keys",
        "logs",
        "views",
        "versions",
    ];
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = raw.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let found = statement
            .query_map([], |row| {
                let values: Result<Vec<rusqlite::types::Value>, _> =
                    (0..columns).map(|column| row.get(column)).collect();
                Ok(format!("{table}: {:?}", values?))
            })
            .unwrap();
        rows.extend(found.map(Result::unwrap));
    }
    rows.sort();
    rows
}
