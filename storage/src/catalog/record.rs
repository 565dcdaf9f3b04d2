//! Recording changes: control events and what they do to the read model, in one transaction.
//!
//! A [`Change`] is the only way to write control events and the only caller of [`apply`] besides
//! the rebuild. Changes of a process take turns, so that the broadcast after the commit has the
//! order of the commits. On SQLite `BEGIN IMMEDIATE` also keeps other processes out; on PostgreSQL
//! the unique index on `(tenant_id, sequence)` lets one of two racing transactions fail instead of
//! leaving a gap or a duplicate.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::{TenantId, Timestamp};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::OwnedMutexGuard;

use super::column::{from_actor, from_time, from_u64, to_u64};
use super::entity::control_event;
use super::error::ChangeError;
use super::event::{self, ControlEvent, RecordedEvent};
use super::{Catalog, CatalogError, Context, apply};

/// How long a change waits for those before it.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// A transaction that writes. Dropping it undoes everything.
pub(super) struct Change {
    catalog: Catalog,
    transaction: DatabaseTransaction,
    turn: OwnedMutexGuard<()>,
    /// The time of all its events.
    at: Timestamp,
    /// The newest sequence of every tenant that it recorded something for.
    sequences: HashMap<TenantId, u64>,
    recorded: Vec<Arc<RecordedEvent>>,
}

impl Catalog {
    /// Begins a change once those before it are done.
    pub(super) async fn change(&self) -> Result<Change, CatalogError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turn().lock_owned())
            .await
            .map_err(|_| CatalogError::Unavailable("too many changes wait already".to_owned()))?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.writer().begin_with_options(options).await?;
        Ok(Change {
            catalog: self.clone(),
            transaction,
            turn,
            at: self.now(),
            sequences: HashMap::new(),
            recorded: Vec::new(),
        })
    }
}

impl Change {
    /// The transaction, for reading what the change depends on and for operational rows.
    pub(super) fn sql(&self) -> &DatabaseTransaction {
        &self.transaction
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
        control_event::Entity::insert(row)
            .exec_without_returning(&self.transaction)
            .await?;
        apply::apply(&self.transaction, &recorded).await?;
        self.recorded.push(Arc::new(recorded));
        Ok(())
    }

    async fn next_sequence(&mut self, tenant: TenantId) -> Result<u64, CatalogError> {
        let newest = match self.sequences.get(&tenant) {
            Some(newest) => *newest,
            None => newest_sequence(&self.transaction, tenant).await?,
        };
        self.sequences.insert(tenant, newest + 1);
        Ok(newest + 1)
    }

    /// Commits, then tells every receiver. Once begun it runs to its end even if the caller goes
    /// away: a change that was committed and not told would leave stale caches behind.
    pub(super) async fn commit(self) -> Result<(), CatalogError> {
        let Self {
            catalog,
            transaction,
            turn,
            recorded,
            ..
        } = self;
        let tasks = catalog.tasks();
        let commit = tasks.spawn(async move {
            transaction.commit().await?;
            for event in recorded {
                // Without a receiver nobody caches anything.
                let _ = catalog.sender().send(event);
            }
            drop(turn);
            Ok(())
        });
        commit
            .await
            .map_err(|error| CatalogError::Unavailable(error.to_string()))?
    }
}

/// The sequence of the tenant's newest control event; 0 if it has none.
pub(super) async fn newest_sequence(
    sql: &impl sea_orm::ConnectionTrait,
    tenant: TenantId,
) -> Result<u64, CatalogError> {
    let newest: Option<i64> = control_event::Entity::find()
        .select_only()
        .column(control_event::Column::Sequence)
        .filter(control_event::Column::TenantId.eq(tenant.0))
        .order_by_desc(control_event::Column::Sequence)
        .limit(1)
        .into_tuple()
        .one(sql)
        .await?;
    Ok(newest.map_or(0, to_u64))
}
