//! Locks: what a change may rely on while it decides.
//!
//! Changes read, decide and then write: is the name free, how many logs are there, which sequence
//! comes next. On SQLite that is safe because one transaction writes at a time. On PostgreSQL many
//! nodes write at once, so every change names the [`Lock`] that its decision belongs to and holds
//! it until it is committed: as an advisory lock of the transaction, which the server releases
//! when the transaction ends in whatever way, a killed node included. Two changes under one lock
//! never overlap, on any node; changes under different ones do. So under a lock everything is as
//! serial as on SQLite, and sequences are dense without a counter row.
//!
//! Why not `SERIALIZABLE`: it would make every change optimistic, and fail and repeat those of a
//! busy tenant. Why not one lock for all: tenants would wait for each other across all nodes.
//!
//! All locks of a change are taken at its beginning, in one order, after a shared one that a
//! rebuild takes alone. The default isolation, `READ COMMITTED`, is a must: a statement then sees
//! what was committed before it began, and hence all changes that had the lock before. Deadlocks are
//! left to rows that changes under different locks share; such a change is repeated (`record`).
//!
//! Within one process, locks are also mutexes, which are held until the change was published: what is
//! published under a lock has the order of its commits. Several locks may share one mutex.

use std::sync::Arc;
use std::time::Duration;

use protocol::{ArtifactDigest, ComponentDigest, LogId, TenantId, UserId, VersionId};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use super::CatalogError;
use super::event::PEOPLE;
use super::model::DeletionId;

/// How long a change waits for those before it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What two changes must not decide about at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lock {
    /// The control events of a tenant and everything that it owns.
    Tenant(TenantId),
    /// The control events about people, and names that are unique among all tenants.
    People,
    /// A tenant and people: someone is registered and becomes its member.
    TenantAndPeople(TenantId),
    /// The batches of use of one node.
    UsageSource(Uuid),
    /// The records of use of a tenant.
    Usage(TenantId),
    /// The bills of a tenant, and what they report.
    Billing(TenantId),
    /// Which meter events are being sent.
    Outbox,
    Webhooks,
    /// What is stored of a log that was deleted.
    StorageLevel(LogId),
    /// What is known of the snapshots of a version.
    Snapshots(VersionId),
    Artifact(ArtifactDigest),
    /// Whether any version runs a component.
    Component(ComponentDigest),
    /// A version of a tenant that runs a component.
    Upload(TenantId, ComponentDigest),
    Removal(DeletionId),
    Deletions,
    /// What is archived of a shard, and who archives it.
    Shard(u16),
    Session([u8; 32]),
    /// Which codes a person has used.
    SecondFactor(UserId),
    KeyUses,
    StoredBytes,
    Activity,
    /// Everything: no other change is under way.
    All,
}

impl Lock {
    /// Numbers that stand for the lock on every node, ascending. Two locks that share one by chance
    /// wait for each other in vain, which does no harm.
    fn numbers(self) -> Vec<i64> {
        let people = number("tenant", PEOPLE.as_bytes());
        let mut numbers = match self {
            Self::Tenant(id) => vec![number("tenant", id.as_bytes())],
            Self::People => vec![people],
            Self::TenantAndPeople(id) => vec![people, number("tenant", id.as_bytes())],
            Self::UsageSource(id) => vec![number("worker", id.as_bytes())],
            Self::Usage(id) => vec![number("usage", id.as_bytes())],
            Self::Billing(id) => vec![number("billing", id.as_bytes())],
            Self::Outbox => vec![number("outbox", b"")],
            Self::Webhooks => vec![number("webhooks", b"")],
            Self::StorageLevel(id) => vec![number("storage-level", id.as_bytes())],
            Self::Snapshots(id) => vec![number("snapshots", id.as_bytes())],
            Self::Artifact(digest) => vec![number("artifact", &digest.0)],
            Self::Component(digest) => vec![number("component", &digest.0)],
            Self::Upload(id, digest) => vec![
                number("tenant", id.as_bytes()),
                number("component", &digest.0),
            ],
            Self::Removal(id) => vec![number("deletion", id.0.as_bytes())],
            Self::Deletions => vec![number("deletion jobs", b"")],
            Self::Shard(shard) => vec![number("shard", &shard.to_le_bytes())],
            Self::Session(token_sha256) => vec![number("session", &token_sha256)],
            Self::SecondFactor(id) => vec![number("second-factor", id.as_bytes())],
            Self::KeyUses => vec![number("key uses", b"")],
            Self::StoredBytes => vec![number("stored bytes", b"")],
            Self::Activity => vec![number("activity", b"")],
            Self::All => Vec::new(),
        };
        numbers.sort_unstable();
        numbers
    }

    /// Waits, in the transaction, for changes under the same lock on other nodes. SQLite lets one
    /// transaction write at a time anyway.
    pub(super) async fn take(self, sql: &impl ConnectionTrait) -> Result<(), DbErr> {
        if sql.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let all = if let Self::All = self {
            "pg_advisory_xact_lock($1)"
        } else {
            "pg_advisory_xact_lock_shared($1)"
        };
        let mut calls = vec![all.to_owned()];
        let mut values = vec![Value::from(number("all", b""))];
        for number in self.numbers() {
            values.push(number.into());
            calls.push(format!("pg_advisory_xact_lock(${})", values.len()));
        }
        let statement = format!("SELECT {}", calls.join(", "));
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, statement, values);
        sql.execute_raw(statement).await.map(|_| ())
    }
}

/// Locks of other programs in the same database have other numbers.
fn number(kind: &str, id: &[u8]) -> i64 {
    let hash = blake3::Hasher::new()
        .update(b"primatomic catalog ")
        .update(kind.as_bytes())
        .update(&[0])
        .update(id)
        .finalize();
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The locks of one process.
pub(super) struct LocalLocks(Vec<Arc<Mutex<()>>>);

/// Locks that are held until it is dropped.
pub(super) type LocalGuard = Vec<OwnedMutexGuard<()>>;

impl LocalLocks {
    /// Locks for so many changes at a time, at least one.
    pub(super) fn new(at_a_time: u32) -> Self {
        Self((0..at_a_time.max(1)).map(|_| Arc::default()).collect())
    }

    /// Waits for the changes under the same lock in this process.
    pub(super) async fn acquire(&self, lock: Lock) -> Result<LocalGuard, CatalogError> {
        tokio::time::timeout(TIMEOUT, self.hold(lock))
            .await
            .map_err(|_| CatalogError::Unavailable("too many changes wait already".to_owned()))
    }

    async fn hold(&self, lock: Lock) -> LocalGuard {
        let count = self.0.len() as u64;
        let index = |number: i64| usize::try_from(number.unsigned_abs() % count).unwrap_or(0);
        let mut indices: Vec<usize> = match lock {
            Lock::All => (0..self.0.len()).collect(),
            lock => lock.numbers().into_iter().map(index).collect(),
        };
        // In one order, so that two changes never deadlock.
        indices.sort_unstable();
        indices.dedup();
        let mut guards = Vec::with_capacity(indices.len());
        for index in indices {
            guards.push(Arc::clone(&self.0[index]).lock_owned().await);
        }
        guards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_that_share_something_share_a_number() {
        let tenant = TenantId::generate();
        let new = Lock::TenantAndPeople(tenant).numbers();
        assert!(new.contains(&Lock::Tenant(tenant).numbers()[0]));
        assert!(new.contains(&Lock::People.numbers()[0]));
        assert!(new.is_sorted());
        assert_eq!(Lock::People.numbers(), Lock::Tenant(PEOPLE).numbers());
        let other = Lock::Tenant(TenantId::generate()).numbers();
        assert_ne!(Lock::Tenant(tenant).numbers(), other);
    }

    #[tokio::test]
    async fn a_lock_is_held_by_one_and_all_by_nobody_else() {
        for at_a_time in [1, 8] {
            let locks = LocalLocks::new(at_a_time);
            let tenant = Lock::Tenant(TenantId::generate());
            let held = locks.hold(tenant).await;
            for waiting in [tenant, Lock::All] {
                assert!(has_to_wait(locks.hold(waiting)).await);
            }
            drop(held);
            let held = locks.hold(Lock::All).await;
            assert!(has_to_wait(locks.hold(tenant)).await);
            drop(held);
            locks.hold(tenant).await;
        }
    }

    /// Whether a future has to wait.
    async fn has_to_wait<T>(future: impl Future<Output = T>) -> bool {
        tokio::select! {
            biased;
            _ = future => false,
            () = std::future::ready(()) => true,
        }
    }
}
