//! Recording changes: control events and what they do to the read model, in one transaction.
//!
//! A [`Change`] is the only way to write control events and the only caller of [`apply`] besides
//! the rebuild. It holds a [`Turn`] from before it reads what it decides by until its events are
//! told, so what is told of one tenant has the order of the commits.

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
use super::entity::control_event;
use super::error::{ChangeError, is_unanswered};
use super::event::{self, ControlEvent, RecordedEvent};
use super::settle::{Outcome, settle};
use super::turn::{HeldTurn, Turn};
use super::{Catalog, CatalogError, Context, apply};

/// How often a change is tried that the database undoes in favour of another one.
const ATTEMPTS: u32 = 5;

/// The longest pause before the second attempt; it grows with every further one.
const PAUSE: Duration = Duration::from_millis(20);

/// A transaction that writes. Dropping it undoes everything.
pub(super) struct Change {
    catalog: Catalog,
    connection: Connection<DatabaseTransaction>,
    turn: Turn,
    held: HeldTurn,
    /// The time of all its events.
    at: Timestamp,
    /// The newest sequence of every tenant that it recorded something for.
    sequences: HashMap<TenantId, u64>,
    recorded: Vec<Arc<RecordedEvent>>,
}

impl Catalog {
    /// Makes a change in a turn once those before it are done: `work` decides, writes and commits.
    /// It runs again when the database undid it because of a deadlock or a conflict with another
    /// transaction, so it must not change anything else.
    pub(super) async fn change<T, E, F>(
        &self,
        turn: Turn,
        work: impl Fn(Change) -> F,
    ) -> Result<T, E>
    where
        E: From<CatalogError>,
        F: Future<Output = Result<T, E>>,
    {
        let mut attempt = 1;
        loop {
            let contended = Arc::default();
            let outcome = match self.begin(turn, &contended).await {
                Ok(change) => work(change).await,
                Err(error) => Err(error.into()),
            };
            if outcome.is_ok() || attempt == ATTEMPTS || !contended.load(Ordering::Relaxed) {
                return outcome;
            }
            tokio::time::sleep(PAUSE.mul_f64(f64::from(attempt) * rand::random::<f64>())).await;
            attempt += 1;
        }
    }

    async fn begin(&self, turn: Turn, contended: &Arc<AtomicBool>) -> Result<Change, CatalogError> {
        let held = self.turns().wait(turn).await?;
        let connection = self.writer().begin(Arc::clone(contended)).await?;
        turn.lock(&connection).await?;
        Ok(Change {
            catalog: self.clone(),
            connection,
            turn,
            held,
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

    /// The transaction, for work that may take any time.
    pub(super) async fn without_deadline(&self) -> Result<&DatabaseTransaction, CatalogError> {
        Ok(self.connection.without_deadline().await?)
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
            .exec_without_returning(&self.connection)
            .await?;
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

    /// Commits, then tells every receiver. Once begun it runs to its end even if the caller goes
    /// away: a change that was committed and not told would leave stale caches behind.
    pub(super) async fn commit(self) -> Result<(), CatalogError> {
        let commit = self.catalog.tasks().spawn(self.commit_and_tell());
        commit
            .await
            .map_err(|error| CatalogError::Unavailable(error.to_string()))?
    }

    async fn commit_and_tell(self) -> Result<(), CatalogError> {
        // A file has no connection that could be lost.
        let shared = self.connection.get_database_backend() == DbBackend::Postgres;
        let outcome = match self.connection.commit().await {
            Ok(()) => Outcome::Committed,
            Err(error) if shared && is_unanswered(&error) => {
                settle(&self.catalog, self.turn, &self.recorded, &error).await
            }
            Err(error) => Outcome::Undone(error.into()),
        };
        let result = match outcome {
            Outcome::Committed => Ok(()),
            Outcome::Undone(error) => return Err(error),
            // A cache that forgets something in vain is slower, and one that does not is wrong.
            Outcome::Unknown(error) => Err(error),
        };
        for event in self.recorded {
            // Without a receiver nobody caches anything.
            let _ = self.catalog.sender().send(event);
        }
        drop(self.held);
        result
    }
}

/// The sequence of the tenant's newest control event; 0 if it has none.
pub(super) async fn newest_sequence(
    sql: &impl ConnectionTrait,
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
