//! Finding blocks.

use protocol::frame::Head;
use protocol::{ChainHash, LogId, Sequence};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{ArchivedBlock, ROWS_PER_STATEMENT, to_block};
use crate::column::{from_u64, to_digest, to_sequence, to_time, to_u64, to_word};
use crate::entity::{all, archive_block, log};
use crate::{Catalog, CatalogError, Retention};

/// A log and how far it is archived.
#[derive(Clone, Copy, Debug)]
pub struct ArchivedEnd {
    pub log: LogId,
    pub retention: Retention,
    /// The state of the log after its last archived event; `None` when nothing is archived.
    pub head: Option<Head>,
}

impl Catalog {
    /// The blocks of a log in ascending order, beginning with the one that holds `from`.
    pub async fn archived_blocks(
        &self,
        log: LogId,
        from: Sequence,
        limit: u32,
    ) -> Result<Vec<ArchivedBlock>, CatalogError> {
        // Blocks don't overlap: the one that holds `from` is the last that begins at or before it.
        // In one statement, because blocks may be merged between two.
        let start = Query::select()
            .column(archive_block::Column::First)
            .from(archive_block::Entity)
            .and_where(Expr::col(archive_block::Column::LogId).eq(log.0))
            .and_where(Expr::col(archive_block::Column::First).lte(from_u64(from.get())))
            .order_by(archive_block::Column::First, Order::Desc)
            .limit(1)
            .to_owned();
        let start = Func::coalesce([Expr::from(start), Expr::value(0i64)]);
        let rows = archive_block::Entity::find()
            .filter(archive_block::Column::LogId.eq(log.0))
            .filter(Expr::col(archive_block::Column::First).gte(start))
            .filter(archive_block::Column::Last.gte(from_u64(from.get())))
            .order_by_asc(archive_block::Column::First)
            .limit(u64::from(limit));
        all(self.readers(), rows, to_block).await
    }

    /// The blocks of a log in descending order, beginning with the newest one whose first sequence
    /// is below `before`.
    pub async fn archived_blocks_back(
        &self,
        log: LogId,
        before: Sequence,
        limit: u32,
    ) -> Result<Vec<ArchivedBlock>, CatalogError> {
        let rows = archive_block::Entity::find()
            .filter(archive_block::Column::LogId.eq(log.0))
            .filter(archive_block::Column::First.lt(from_u64(before.get())))
            .order_by_desc(archive_block::Column::First)
            .limit(u64::from(limit));
        all(self.readers(), rows, to_block).await
    }

    /// The end of the archive of each of the logs. Logs that were deleted are left out.
    pub async fn archived_ends(&self, logs: &[LogId]) -> Result<Vec<ArchivedEnd>, CatalogError> {
        let mut ends = Vec::with_capacity(logs.len());
        for logs in logs.chunks(ROWS_PER_STATEMENT) {
            ends.extend(ends_of(self.readers(), logs).await?);
        }
        Ok(ends)
    }
}

/// One look into the index for each log, in one statement.
async fn ends_of(
    sql: &impl ConnectionTrait,
    logs: &[LogId],
) -> Result<Vec<ArchivedEnd>, CatalogError> {
    let of_log = Expr::col((archive_block::Entity, archive_block::Column::LogId))
        .equals((log::Entity, log::Column::Id));
    let newest = Query::select()
        .expr(Expr::col(archive_block::Column::First))
        .from(archive_block::Entity)
        .and_where(of_log.clone())
        .order_by(archive_block::Column::First, Order::Desc)
        .limit(1)
        .to_owned();
    let first = Expr::col((archive_block::Entity, archive_block::Column::First));
    let on = of_log.and(first.eq(Expr::from(newest)));
    let query = Query::select()
        .column((log::Entity, log::Column::Id))
        .column((log::Entity, log::Column::Retention))
        .column((archive_block::Entity, archive_block::Column::Last))
        .column((archive_block::Entity, archive_block::Column::LastAt))
        .column((archive_block::Entity, archive_block::Column::PayloadBytes))
        .column((archive_block::Entity, archive_block::Column::Chain))
        .from(log::Entity)
        .left_join(archive_block::Entity, on)
        .and_where(Expr::col((log::Entity, log::Column::Id)).is_in(logs.iter().map(|log| log.0)))
        .to_owned();
    let rows = sql.query_all(&query).await?;
    let mut ends = Vec::with_capacity(rows.len());
    for row in rows {
        let id: Uuid = row.try_get("", "id")?;
        let retention: String = row.try_get("", "retention")?;
        let last: Option<i64> = row.try_get("", "last")?;
        let head = match last {
            None => None,
            Some(last) => Some(Head {
                sequence: to_sequence(last)?,
                timestamp: to_time(row.try_get("", "last_at")?),
                payload_bytes: to_u64(row.try_get("", "payload_bytes")?),
                chain: ChainHash(to_digest(row.try_get("", "chain")?)?),
            }),
        };
        ends.push(ArchivedEnd {
            log: LogId(id),
            retention: to_word(&retention)?,
            head,
        });
    }
    Ok(ends)
}
