//! Recording changes: control events and what they do to the read model, in one transaction.
//!
//! A [`Change`] is the only way to write control events and the only caller of [`apply`] besides
//! the rebuild. It holds its [`Lock`] from before it reads what it decides by until its events are
//! published, so what is published of one tenant has the order of the commits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::{TenantId, Timestamp};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::column::{from_actor, from_time, from_u64, to_u64};
use super::connection::Connection;
use super::entity::{control_event, insert, values};
use super::error::{ChangeError, is_unanswered};
use super::event::{self, ControlEvent, RecordedEvent};
use super::lock::{LocalGuard, Lock};
use super::uncertain_commit::{CommitStatus, resolve};
use super::{Catalog, CatalogError, Context, Refusal, apply};

/// How often a change is tried that the database undoes in favour of another one.
const ATTEMPTS: u32 = 5;

/// The longest pause before the second attempt; it grows with every further one.
const PAUSE: Duration = Duration::from_millis(20);

/// A transaction that writes. Dropping it undoes everything.
pub(super) struct Change {
    catalog: Catalog,
    connection: Connection<DatabaseTransaction>,
    lock: Lock,
    guard: LocalGuard,
    /// The time of all its events.
    at: Timestamp,
    /// The newest sequence of every tenant that it recorded something for.
    sequences: HashMap<TenantId, u64>,
    recorded: Vec<Arc<RecordedEvent>>,
}

impl Catalog {
    /// Makes a change under a lock, once those before it are done: `work` decides, writes and
    /// commits.
    /// It runs again when the database undid it because of a deadlock or a conflict with another
    /// transaction, so it must not change anything else.
    pub(super) async fn change<T, E, F>(
        &self,
        lock: Lock,
        work: impl Fn(Change) -> F,
    ) -> Result<T, E>
    where
        E: From<CatalogError>,
        F: Future<Output = Result<T, E>>,
    {
        let mut attempt = 1;
        loop {
            let contended = Arc::default();
            let result = match self.begin(lock, &contended).await {
                Ok(change) => work(change).await,
                Err(error) => Err(error.into()),
            };
            if result.is_ok() || attempt == ATTEMPTS || !contended.load(Ordering::Relaxed) {
                return result;
            }
            tokio::time::sleep(PAUSE.mul_f64(f64::from(attempt) * rand::random::<f64>())).await;
            attempt += 1;
        }
    }

    async fn begin(&self, lock: Lock, contended: &Arc<AtomicBool>) -> Result<Change, CatalogError> {
        let guard = self.0.locks.acquire(lock).await?;
        let connection = self.0.writer.begin(Arc::clone(contended)).await?;
        lock.take(&connection).await?;
        Ok(Change {
            catalog: self.clone(),
            connection,
            lock,
            guard,
            at: self.now(),
            sequences: HashMap::new(),
            recorded: Vec::new(),
        })
    }
}

impl Change {
    /// The transaction, for reading what the change depends on and for operational rows.
    pub(super) fn sql(&self) -> &Connection<DatabaseTransaction> {
        &self.connection
    }

    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// Appends an event to the tenant's control events and applies it.
    pub(super) async fn record(
        &mut self,
        tenant: TenantId,
        context: Context,
        event: ControlEvent,
    ) -> Result<(), CatalogError> {
        Ok(self.try_record(tenant, context, event).await?)
    }

    /// Like [`Change::record`], for an event with a value of a caller's choosing that may be taken:
    /// that of a column, which is refused then.
    pub(super) async fn record_unique(
        &mut self,
        tenant: TenantId,
        context: Context,
        event: ControlEvent,
        (column, refusal): (&str, Refusal),
    ) -> Result<(), Refusal> {
        match self.try_record(tenant, context, event).await {
            Err(ChangeError::Taken(message)) if message.contains(column) => Err(refusal),
            recorded => Ok(recorded.map_err(CatalogError::from)?),
        }
    }

    async fn try_record(
        &mut self,
        tenant: TenantId,
        context: Context,
        event: ControlEvent,
    ) -> Result<(), ChangeError> {
        let sequence = self.next_sequence(tenant).await?;
        let recorded = RecordedEvent {
            tenant,
            sequence,
            at: self.at,
            actor: context.actor,
            request_id: context.request_id,
            event,
        };
        let (actor_kind, actor_id) = from_actor(recorded.actor);
        let row = control_event::ActiveModel {
            position: NotSet,
            tenant_id: Set(tenant.0),
            sequence: Set(from_u64(sequence)),
            at: Set(from_time(self.at)),
            actor_kind: Set(actor_kind),
            actor_id: Set(actor_id),
            request_id: Set(context.request_id.0),
            kind: Set(recorded.event.kind().to_owned()),
            version: Set(event::VERSION),
            payload: Set(recorded.event.encode()?),
        };
        insert(&self.connection, row).await?;
        apply::apply(&self.connection, &recorded).await?;
        self.recorded.push(Arc::new(recorded));
        Ok(())
    }

    async fn next_sequence(&mut self, tenant: TenantId) -> Result<u64, CatalogError> {
        let newest = match self.sequences.get(&tenant) {
            Some(newest) => *newest,
            None => newest_sequence(&self.connection, tenant).await?,
        };
        self.sequences.insert(tenant, newest + 1);
        Ok(newest + 1)
    }

    /// Commits, then publishes to every receiver, and gives back what was made. Once begun it runs to
    /// its end even if the caller goes away: a change that was committed and not published would leave
    /// stale caches behind.
    pub(super) async fn commit<T, E: From<CatalogError>>(self, made: T) -> Result<T, E> {
        let tasks = self.catalog.0.tasks.clone();
        let commit = tasks.spawn(self.commit_and_publish());
        commit
            .await
            .map_err(|error| CatalogError::Unavailable(error.to_string()))??;
        Ok(made)
    }

    async fn commit_and_publish(self) -> Result<(), CatalogError> {
        // A file has no connection that could be lost.
        let shared = self.connection.get_database_backend() == DbBackend::Postgres;
        let status = match self.connection.commit().await {
            Ok(()) => CommitStatus::Committed,
            Err(error) if shared && is_unanswered(&error) => {
                resolve(&self.catalog, self.lock, &self.recorded, &error).await
            }
            Err(error) => CommitStatus::RolledBack(error.into()),
        };
        let result = match status {
            CommitStatus::Committed => Ok(()),
            CommitStatus::RolledBack(error) => return Err(error),
            // A cache that is invalidated in vain is slower, and one that is not is wrong.
            CommitStatus::Unknown(error) => Err(error),
        };
        for event in self.recorded {
            // Without a receiver nobody caches anything.
            let _ = self.catalog.0.changes.send(event);
        }
        drop(self.guard);
        result
    }
}

/// The sequence of the tenant's newest control event; 0 if it has none.
pub(super) async fn newest_sequence(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
) -> Result<u64, CatalogError> {
    let newest = control_event::Entity::find()
        .filter(control_event::Column::TenantId.eq(tenant.0))
        .order_by_desc(control_event::Column::Sequence)
        .limit(1);
    let newest = values(sql, newest, control_event::Column::Sequence).await?;
    Ok(newest.first().copied().map_or(0, to_u64))
}
