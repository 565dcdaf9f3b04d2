//! Leases: at most one archiver works on a shard.
//!
//! A lease keeps archivers out of each other's way; it is not what keeps the archive right. Clocks
//! may differ and processes may hang, so every change to a shard is conditional on the lease's epoch
//! and on the position that the change goes on from.

use std::time::Duration;

use protocol::{Position, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::column::{from_time, from_u64, to_time, to_u64};
use crate::entity::{archive_shard, insert, one};
use crate::lock::LockKey;
use crate::{Catalog, CatalogError};

/// The right to archive a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardLease {
    pub shard: u16,
    pub holder: Uuid,
    /// Grows whenever the shard changes hands.
    pub epoch: u64,
    /// Through which the shard is archived.
    pub position: Position,
}

impl Catalog {
    /// Takes a shard that is free, was left, or whose holder has not renewed its lease; renews it
    /// for its holder. `None` while another one holds it.
    ///
    /// # Errors
    /// When the rows can't be read or written.
    pub async fn claim_shard(
        &self,
        shard: u16,
        holder: Uuid,
        lasts: Duration,
    ) -> Result<Option<ShardLease>, CatalogError> {
        self.change(LockKey::Shard(shard), move |change| async move {
            let sql = change.sql();
            let now = change.at();
            let until = from_time(now.saturating_add(lasts));
            let row = archive_shard::Entity::find_by_id(i32::from(shard));
            let Some(row) = one(sql, row).await? else {
                let row = archive_shard::ActiveModel {
                    shard: Set(shard.into()),
                    position: Set(0),
                    holder: Set(Some(holder)),
                    epoch: Set(1),
                    lease_until: Set(until),
                    end_position: Set(0),
                    pending_since: Set(None),
                    updated_at: Set(from_time(now)),
                };
                insert(sql, row).await?;
                change.commit().await?;
                return Ok(Some(ShardLease {
                    shard,
                    holder,
                    epoch: 1,
                    position: Position::START,
                }));
            };
            let own = row.holder == Some(holder);
            if !own && row.holder.is_some() && to_time(row.lease_until) > now {
                return Ok(None);
            }
            let epoch = if own { row.epoch } else { row.epoch + 1 };
            archive_shard::Entity::update_many()
                .col_expr(archive_shard::Column::Holder, Expr::value(holder))
                .col_expr(archive_shard::Column::Epoch, Expr::value(epoch))
                .col_expr(archive_shard::Column::LeaseUntil, Expr::value(until))
                .filter(archive_shard::Column::Shard.eq(i32::from(shard)))
                .exec(sql)
                .await?;
            change.commit().await?;
            Ok(Some(ShardLease {
                shard,
                holder,
                epoch: to_u64(epoch),
                position: Position(to_u64(row.position)),
            }))
        })
        .await
    }

    /// Renews a lease and writes down how far behind its shard is: where the shard ends, and since
    /// when the oldest frame waits. `false` when another one has the shard by now.
    ///
    /// # Errors
    /// When the row can't be written.
    pub async fn renew_shard(
        &self,
        lease: ShardLease,
        lasts: Duration,
        end: Position,
        pending_since: Option<Timestamp>,
    ) -> Result<bool, CatalogError> {
        self.change(LockKey::Shard(lease.shard), move |change| async move {
            let now = change.at();
            let until = from_time(now.saturating_add(lasts));
            let renewed = archive_shard::Entity::update_many()
                .col_expr(archive_shard::Column::LeaseUntil, Expr::value(until))
                .col_expr(
                    archive_shard::Column::EndPosition,
                    Expr::value(from_u64(end.0)),
                )
                .col_expr(
                    archive_shard::Column::PendingSince,
                    Expr::value(pending_since.map(from_time)),
                )
                .col_expr(
                    archive_shard::Column::UpdatedAt,
                    Expr::value(from_time(now)),
                )
                .filter(archive_shard::Column::Shard.eq(i32::from(lease.shard)))
                .filter(archive_shard::Column::Holder.eq(lease.holder))
                .filter(archive_shard::Column::Epoch.eq(from_u64(lease.epoch)))
                .exec(change.sql())
                .await?;
            change.commit().await?;
            Ok(renewed.rows_affected == 1)
        })
        .await
    }

    /// Gives a shard back, so that the next archiver need not wait.
    ///
    /// # Errors
    /// When the row can't be written.
    pub async fn release_shard(&self, lease: ShardLease) -> Result<(), CatalogError> {
        self.change(LockKey::Shard(lease.shard), move |change| async move {
            archive_shard::Entity::update_many()
                .col_expr(archive_shard::Column::LeaseUntil, Expr::value(0))
                .filter(archive_shard::Column::Shard.eq(i32::from(lease.shard)))
                .filter(archive_shard::Column::Holder.eq(lease.holder))
                .filter(archive_shard::Column::Epoch.eq(from_u64(lease.epoch)))
                .exec(change.sql())
                .await?;
            change.commit().await
        })
        .await
    }
}
