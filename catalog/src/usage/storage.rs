//! Storage: how many bytes of events each log holds, and since when.
//!
//! An event counts from the second of its timestamp until the second in which its log is deleted. It
//! is counted in the transaction that records the segment with it, so once, and never before it is
//! archived: that is about half a minute after it was appended, under the hour in which it was. Merging
//! blocks or writing them again changes nothing. Events that a log held when it was deleted, and that
//! no segment had yet, are counted before they are removed ([`Catalog::meter_deleted_log`]).

use std::collections::{BTreeMap, HashMap};

use protocol::meter::{HOUR_SECONDS, Hour, Meter};
use protocol::{Frame, LogId, Sequence, TenantId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Additions, Amount, UsageKey};
use crate::column::{from_time, from_u64, to_sequence, to_time, to_u64};
use crate::entity::storage_level::{ActiveModel, Column, Entity};
use crate::entity::{log, one, values};
use crate::lock::Lock;
use crate::record::Change;
use crate::{Catalog, CatalogError};

/// Logs that are looked at at a time.
const LOGS_AT_A_TIME: u64 = 500;

/// Events of a log that were stored in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub log: LogId,
    pub hour: Hour,
    pub bytes: u64,
    /// What the events make until the hour ends.
    pub byte_seconds: u64,
    /// The newest of them.
    pub last: Sequence,
}

impl Stored {
    /// Bytes of a log that are stored since a time.
    pub fn since(log: LogId, time: Timestamp, bytes: u64, last: Sequence) -> Self {
        Self {
            log,
            hour: Hour::of(time),
            bytes,
            byte_seconds: bytes.saturating_mul(seconds_left(time)),
            last,
        }
    }

    /// What frames of a log hold, hour by hour.
    pub fn of_frames<'a>(frames: impl IntoIterator<Item = &'a Frame>) -> Vec<Self> {
        let mut hours: BTreeMap<Hour, Self> = BTreeMap::new();
        for frame in frames {
            let bytes = frame.events().map(|event| event.bytes.len() as u64).sum();
            let new = Self::since(frame.log(), frame.timestamp(), bytes, frame.last());
            let sum = hours.entry(new.hour).or_insert(Self {
                bytes: 0,
                byte_seconds: 0,
                ..new
            });
            sum.bytes += new.bytes;
            sum.byte_seconds = sum.byte_seconds.saturating_add(new.byte_seconds);
            sum.last = sum.last.max(new.last);
        }
        hours.into_values().collect()
    }
}

/// A log that was deleted, with events that may not be metered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletedLog {
    pub log: LogId,
    /// The newest event that is metered.
    pub through: Sequence,
    pub deleted_at: Timestamp,
}

impl Amount {
    /// What so many bytes more, or less, make from a time until its hour ends.
    fn stored_since(at: Timestamp, bytes: i64) -> Self {
        Self {
            amount: bytes.saturating_mul(from_u64(seconds_left(at))),
            level: bytes,
        }
    }
}

/// Seconds from a time until its hour ends, of which the second that it lies in is the first.
fn seconds_left(time: Timestamp) -> u64 {
    HOUR_SECONDS - time.as_micros() / 1_000_000 % HOUR_SECONDS
}

/// Counts what a segment holds of logs that exist, whose tenants are given.
pub(crate) async fn add_stored(
    sql: &impl ConnectionTrait,
    tenants: &HashMap<LogId, TenantId>,
    stored: &[Stored],
) -> Result<(), CatalogError> {
    let mut additions = Additions::default();
    let mut levels: BTreeMap<LogId, (TenantId, u64, Sequence)> = BTreeMap::new();
    for it in stored {
        let Some(tenant) = tenants.get(&it.log) else {
            continue;
        };
        additions.add(
            key(*tenant, it.log, it.hour),
            Amount {
                amount: from_u64(it.byte_seconds),
                level: from_u64(it.bytes),
            },
        );
        let (_, bytes, through) = levels.entry(it.log).or_insert((*tenant, 0, it.last));
        *bytes += it.bytes;
        *through = it.last.max(*through);
    }
    additions.write(sql).await?;
    let raised = OnConflict::column(Column::LogId)
        .value(
            Column::Bytes,
            Expr::col((Entity, Column::Bytes)).add(excluded(Column::Bytes)),
        )
        .value(Column::Through, excluded(Column::Through))
        .to_owned();
    let rows: Vec<_> = levels
        .into_iter()
        .map(|(log, (tenant, bytes, through))| level(tenant, log, bytes, through, None))
        .collect();
    for rows in rows.chunks(super::ROWS_PER_STATEMENT) {
        Entity::insert_many(rows.iter().cloned())
            .on_conflict(raised.clone())
            .exec_without_returning(sql)
            .await?;
    }
    Ok(())
}

/// Ends what a log stores, in the transaction that deletes it. It is archived through `archived`.
pub(crate) async fn forget_log(
    change: &Change,
    tenant: TenantId,
    log: LogId,
    archived: Sequence,
) -> Result<(), CatalogError> {
    let (sql, at) = (change.sql(), change.at());
    let row = one(sql, Entity::find_by_id(log.0)).await?;
    let bytes = row.as_ref().map_or(0, |row| row.bytes);
    let mut additions = Additions::default();
    additions.add(
        key(tenant, log, Hour::of(at)),
        Amount::stored_since(at, -bytes),
    );
    additions.write(sql).await?;
    let through = row.map_or(Ok(archived), |row| to_sequence(row.through))?;
    let through = std::cmp::max(through, archived);
    let ended = OnConflict::column(Column::LogId)
        .update_columns([Column::Bytes, Column::Through, Column::DeletedAt])
        .to_owned();
    Entity::insert(level(tenant, log, 0, through, Some(at)))
        .on_conflict(ended)
        .exec_without_returning(sql)
        .await?;
    Ok(())
}

impl Catalog {
    /// What is known of the storage of a log that was deleted; `None` when all of it is metered.
    pub async fn deleted_log(&self, log: LogId) -> Result<Option<DeletedLog>, CatalogError> {
        let row = one(self.readers(), Entity::find_by_id(log.0)).await?;
        let Some((row, deleted_at)) = row.and_then(|row| row.deleted_at.map(|at| (row, at))) else {
            return Ok(None);
        };
        Ok(Some(DeletedLog {
            log,
            through: to_sequence(row.through)?,
            deleted_at: to_time(deleted_at),
        }))
    }

    /// Counts the events of a deleted log that no segment had: from their times until the log was
    /// deleted. Doing it again does nothing.
    pub async fn meter_deleted_log(
        &self,
        deleted: DeletedLog,
        stored: &[Stored],
    ) -> Result<(), CatalogError> {
        self.change(Lock::StorageLevel(deleted.log), move |change| async move {
            let sql = change.sql();
            let Some(row) = one(sql, Entity::find_by_id(deleted.log.0)).await? else {
                return Ok(());
            };
            let tenant = TenantId(row.tenant_id);
            let at = deleted.deleted_at;
            let mut additions = Additions::default();
            for it in stored {
                additions.add(
                    key(tenant, it.log, it.hour),
                    Amount {
                        amount: from_u64(it.byte_seconds),
                        level: from_u64(it.bytes),
                    },
                );
                additions.add(
                    key(tenant, it.log, Hour::of(at)),
                    Amount::stored_since(at, -from_u64(it.bytes)),
                );
            }
            additions.write(sql).await?;
            Entity::delete_by_id(deleted.log.0).exec(sql).await?;
            change.commit(()).await
        })
        .await
    }
}

impl Catalog {
    /// Ends what logs store that are gone, from now on: those that were deleted by a program that knew
    /// nothing of meters, or since the ledger of a backup. How many it were.
    pub async fn end_lost_storage(&self) -> Result<u64, CatalogError> {
        let (mut ended, mut after) = (0, Uuid::nil());
        loop {
            let levels = Entity::find()
                .filter(Column::LogId.gt(after))
                .filter(Column::DeletedAt.is_null())
                .order_by_asc(Column::LogId)
                .limit(LOGS_AT_A_TIME);
            let levels = values::<_, Uuid>(self.readers(), levels, Column::LogId).await?;
            let Some(last) = levels.last() else {
                return Ok(ended);
            };
            after = *last;
            let logs = log::Entity::find().filter(log::Column::Id.is_in(levels.iter().copied()));
            let logs: Vec<Uuid> = values(self.readers(), logs, log::Column::Id).await?;
            for lost in levels.iter().filter(|log| !logs.contains(log)) {
                self.end_level(LogId(*lost)).await?;
                ended += 1;
            }
        }
    }

    async fn end_level(&self, log: LogId) -> Result<(), CatalogError> {
        self.change(Lock::StorageLevel(log), move |change| async move {
            let (sql, at) = (change.sql(), change.at());
            let level = Entity::find_by_id(log.0).filter(Column::DeletedAt.is_null());
            let Some(row) = one(sql, level).await? else {
                return Ok(());
            };
            let mut additions = Additions::default();
            additions.add(
                key(TenantId(row.tenant_id), log, Hour::of(at)),
                Amount::stored_since(at, -row.bytes),
            );
            additions.write(sql).await?;
            Entity::delete_by_id(log.0).exec(sql).await?;
            change.commit(()).await
        })
        .await
    }
}

/// The bytes of those of the logs that are metered.
pub(crate) async fn levels(
    sql: &impl ConnectionTrait,
    logs: impl IntoIterator<Item = LogId>,
) -> Result<HashMap<LogId, u64>, CatalogError> {
    let levels = Entity::find().filter(Column::LogId.is_in(logs.into_iter().map(|log| log.0)));
    let levels = levels.all(sql).await?.into_iter();
    Ok(levels
        .map(|it| (LogId(it.log_id), to_u64(it.bytes)))
        .collect())
}

/// Brings the level of a log to `bytes`, from now on.
pub(crate) async fn set_level(
    change: &Change,
    tenant: TenantId,
    log: LogId,
    bytes: u64,
    through: Sequence,
) -> Result<(), CatalogError> {
    let (sql, at) = (change.sql(), change.at());
    let known = one(sql, Entity::find_by_id(log.0)).await?;
    let missing = from_u64(bytes) - known.map_or(0, |row| row.bytes);
    let mut additions = Additions::default();
    additions.add(
        key(tenant, log, Hour::of(at)),
        Amount::stored_since(at, missing),
    );
    additions.write(sql).await?;
    let replaced = OnConflict::column(Column::LogId)
        .update_columns([Column::Bytes, Column::Through])
        .to_owned();
    Entity::insert(level(tenant, log, bytes, through, None))
        .on_conflict(replaced)
        .exec_without_returning(sql)
        .await?;
    Ok(())
}

fn key(tenant: TenantId, log: LogId, hour: Hour) -> UsageKey {
    UsageKey {
        tenant,
        hour,
        meter: Meter::Storage,
        log: Some(log),
        view: None,
    }
}

fn level(
    tenant: TenantId,
    log: LogId,
    bytes: u64,
    through: Sequence,
    deleted_at: Option<Timestamp>,
) -> ActiveModel {
    ActiveModel {
        log_id: Set(log.0),
        tenant_id: Set(tenant.0),
        bytes: Set(from_u64(bytes)),
        through: Set(from_u64(through.get())),
        deleted_at: Set(deleted_at.map(from_time)),
    }
}

/// The value of a row that was to be inserted.
fn excluded(column: Column) -> Expr {
    Expr::col(("excluded", column))
}
