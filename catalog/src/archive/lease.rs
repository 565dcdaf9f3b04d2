//! Leases: at most one archiver works on a shard.
//!
//! A lease keeps archivers out of each other's way; it is not what keeps the archive right. Clocks
//! may differ and processes may hang, so every change to a shard is conditional on the lease's epoch
//! and on the position that the change goes on from.

use std::time::Duration;

use protocol::{Position, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::column::{from_time, from_u64, to_time, to_u64};
use crate::entity::archive_shard::{ActiveModel, Column, Entity};
use crate::entity::{insert, one, set};
use crate::lock::Lock;
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

impl ShardLease {
    /// The condition that its shard's row meets for as long as it holds.
    pub(super) fn holds(&self) -> Condition {
        Condition::all()
            .add(Column::Shard.eq(i32::from(self.shard)))
            .add(Column::Holder.eq(self.holder))
            .add(Column::Epoch.eq(from_u64(self.epoch)))
    }
}

impl Catalog {
    /// Takes a shard that is free, was left, or whose holder has not renewed its lease; renews it
    /// for its holder. `None` while another one holds it.
    pub async fn claim_shard(
        &self,
        shard: u16,
        holder: Uuid,
        lasts: Duration,
    ) -> Result<Option<ShardLease>, CatalogError> {
        self.change(Lock::Shard(shard), move |change| async move {
            let sql = change.sql();
            let now = change.at();
            let until = from_time(now.saturating_add(lasts));
            let row = one(sql, Entity::find_by_id(i32::from(shard))).await?;
            let (epoch, position) = if let Some(row) = row {
                let own = row.holder == Some(holder);
                if !own && row.holder.is_some() && to_time(row.lease_until) > now {
                    return Ok(None);
                }
                let epoch = if own { row.epoch } else { row.epoch + 1 };
                Entity::update_many()
                    .col_expr(Column::Holder, Expr::value(holder))
                    .col_expr(Column::Epoch, Expr::value(epoch))
                    .col_expr(Column::LeaseUntil, Expr::value(until))
                    .filter(Column::Shard.eq(i32::from(shard)))
                    .exec(sql)
                    .await?;
                (epoch, row.position)
            } else {
                let row = ActiveModel {
                    holder: Set(Some(holder)),
                    lease_until: Set(until),
                    ..unclaimed(shard, Position(0), now)
                };
                insert(sql, row).await?;
                (1, 0)
            };
            change
                .commit(Some(ShardLease {
                    shard,
                    holder,
                    epoch: to_u64(epoch),
                    position: Position(to_u64(position)),
                }))
                .await
        })
        .await
    }

    /// Renews a lease and writes down how far behind its shard is: where the shard ends, and since
    /// when the oldest frame waits. `false` when another one has the shard by now.
    pub async fn renew_shard(
        &self,
        lease: ShardLease,
        lasts: Duration,
        end: Position,
        pending_since: Option<Timestamp>,
    ) -> Result<bool, CatalogError> {
        self.change(Lock::Shard(lease.shard), move |change| async move {
            let now = change.at();
            let until = from_time(now.saturating_add(lasts));
            let pending_since = pending_since.map(from_time);
            let renewed = Entity::update_many()
                .col_expr(Column::LeaseUntil, Expr::value(until))
                .col_expr(Column::EndPosition, Expr::value(from_u64(end.0)))
                .col_expr(Column::PendingSince, Expr::value(pending_since))
                .col_expr(Column::UpdatedAt, Expr::value(from_time(now)))
                .filter(lease.holds())
                .exec(change.sql())
                .await?;
            change.commit(renewed.rows_affected == 1).await
        })
        .await
    }

    /// Gives a shard back, so that the next archiver need not wait.
    pub async fn release_shard(&self, lease: ShardLease) -> Result<(), CatalogError> {
        self.change(Lock::Shard(lease.shard), move |change| async move {
            set::<Entity>(change.sql(), Column::LeaseUntil, 0, lease.holds()).await?;
            change.commit(()).await
        })
        .await
    }
}

/// The row of a shard that nobody has claimed and that is archived through a position.
pub(super) fn unclaimed(shard: u16, position: Position, now: Timestamp) -> ActiveModel {
    ActiveModel {
        shard: Set(shard.into()),
        position: Set(from_u64(position.0)),
        holder: Set(None),
        epoch: Set(1),
        lease_until: Set(0),
        end_position: Set(from_u64(position.0)),
        pending_since: Set(None),
        updated_at: Set(from_time(now)),
    }
}
