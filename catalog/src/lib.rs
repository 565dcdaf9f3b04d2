//! The catalog: tenants, people, keys, logs and views, in SQL.
//!
//! It lies in a SQLite file (`sqlite`) or in a PostgreSQL database that many nodes share
//! (`postgres`). Above the opening nothing tells them apart but a change's [`lock`].
//!
//! It is event-sourced. Every change appends [`ControlEvent`]s and applies them to the read model
//! in one transaction (`record`); `apply` is the only code that writes read-model tables, so
//! [`Catalog::rebuild`] can derive them again. Operational rows (sessions, second factors, artifacts,
//! snapshots, compute, pending deletions and their jobs, last use of keys, activity) are no part of that:
//! they change often, and losing them loses no one's data. The ledger of use and the bills are none
//! either: they have records of their own.
//!
//! Rows of a tenant are reached through an [`Access`](access::Access) alone (`scope`), or by
//! a [`TenantId`](protocol::TenantId) where the system itself works. Something that another tenant
//! owns, or that a key is not limited to, is answered exactly like something that does not exist.
//! Roles are the caller's to check, but for ceilings: of a new key, of an invitation, and of who acts
//! on which member.

pub mod access;
mod activity;
mod apply;
pub mod archive;
mod artifact;
mod audit;
mod billing;
#[cfg(feature = "bulk")]
mod bulk;
pub mod clock;
mod column;
mod connection;
mod deletion;
pub mod dump;
mod email;
mod entity;
mod error;
mod event;
mod invitation;
mod key;
mod limits;
mod lock;
mod log;
mod member;
mod model;
mod open;
mod page;
mod password;
mod permissions;
mod postgres;
mod quota;
mod rebuild;
mod record;
mod refusal;
mod removal;
mod scope;
mod second_factor;
mod secret;
mod session;
mod snapshot;
mod sqlite;
mod stored_bytes;
mod tenant;
mod tenant_deletion;
mod uncertain_commit;
mod upload;
mod usage;
mod user;
mod version;
mod version_state;
mod view;

use std::sync::Arc;

use protocol::{RequestId, Timestamp, UserId};
use sea_orm::DatabaseConnection;
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use self::access::Actor;
pub use self::activity::{ActiveMinute, Activity, KEPT as ACTIVITY_KEPT, Minute};
pub use self::artifact::ArtifactRecord;
pub use self::audit::{AuditActor, AuditFilter};
pub use self::billing::{
    BillUpdate, Claimed, MeterEvent, MeterEventKey, MeterEventState, MonthBill, SETTLE_AFTER,
    Webhook,
};
use self::clock::SharedClock;
use self::connection::Connection;
pub use self::deletion::Deletion;
pub use self::error::CatalogError;
pub use self::event::{ControlEvent, PEOPLE, RecordedEvent};
pub use self::invitation::{Accepted, Invitation, Invitee, NewInvitation, OpenInvitation};
pub use self::key::{Key, NewKey};
pub use self::limits::CatalogLimits;
use self::lock::LocalLocks;
pub use self::log::{Log, LogChanges, LogRef, NewLog};
pub use self::member::Member;
pub use self::model::{
    Adjustment, Bill, BillStatus, BillingAccount, Invoice, MeterBill, Standing, Subscription,
    SubscriptionStatus,
};
pub use self::model::{DeletionId, DeletionStep, QuotaOverrides, Quotas, Retention, VersionState};
pub use self::page::{PAGE_LIMIT_MAX, Page, Paged};
pub use self::postgres::PostgresOptions;
pub use self::rebuild::{RebuildReport, TableReport};
pub use self::refusal::Refusal;
pub use self::removal::Removal;
pub use self::second_factor::{SECRET_BYTES, SecondFactor, SecondFactorCode};
pub use self::session::{Authenticated, NewSession, Origin, Session};
pub use self::tenant::{NewTenant, Tenant, TenantUse};
pub use self::tenant_deletion::TenantDeletion;
pub use self::upload::NewVersion;
pub use self::usage::{
    DeletedLog, Fold, Measured, Stored, Taken, Usage, UsageBatch, UsageFilter, UsageKey,
    UsageRecord, UsageReporter, VersionUse,
};
pub use self::user::{Membership, User};
pub use self::version::Version;
pub use self::version_state::VersionError;
pub use self::view::{View, ViewState};

/// Who makes a change, and in which request: stands in its control events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    pub actor: Actor,
    pub request_id: RequestId,
}

impl Context {
    /// A change that a person makes.
    fn user(user: UserId, request_id: RequestId) -> Self {
        Self {
            actor: Actor::User(user),
            request_id,
        }
    }

    /// A change that the system makes on its own.
    #[must_use]
    pub fn system(request_id: RequestId) -> Self {
        Self {
            actor: Actor::System,
            request_id,
        }
    }
}

/// The catalog. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    /// For SQLite one connection, so that writers queue here instead of in its busy handler; for
    /// PostgreSQL the pool that the readers use too.
    writer: Connection<DatabaseConnection>,
    readers: Connection<DatabaseConnection>,
    locks: LocalLocks,
    clock: SharedClock,
    limits: CatalogLimits,
    changes: broadcast::Sender<Arc<RecordedEvent>>,
    /// Commits that are under way; closing waits for them.
    tasks: TaskTracker,
}

impl Catalog {
    /// Every control event once it is committed, in the order of the commits. A receiver that lags
    /// must drop everything that it caches.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Arc<RecordedEvent>> {
        self.0.changes.subscribe()
    }

    #[must_use]
    pub fn limits(&self) -> &CatalogLimits {
        &self.0.limits
    }

    fn readers(&self) -> &Connection<DatabaseConnection> {
        &self.0.readers
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalog").finish_non_exhaustive()
    }
}
