//! How the archive is doing.

use protocol::{Position, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::column::{to_time, to_u64};
use crate::entity::{archive_id, archive_segment, archive_shard, count, insert};
use crate::lock::Lock;
use crate::{Catalog, CatalogError};

/// One shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardStatus {
    pub shard: u16,
    /// Through which it is archived, and where it ended when its archiver looked last.
    pub position: Position,
    pub end: Position,
    /// The time of the oldest frame that is not archived.
    pub pending_since: Option<Timestamp>,
    /// Who archives it, and until when; `None` when nobody does.
    pub holder: Option<(Uuid, Timestamp)>,
    /// When its archiver looked last.
    pub updated_at: Timestamp,
}

/// The whole archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveStatus {
    pub shards: Vec<ShardStatus>,
    /// Segments that hold something, and their bytes.
    pub segments: u64,
    pub bytes: u64,
    /// Segments that are to be removed.
    pub retired: u64,
    /// Segments that hold bytes of deleted logs.
    pub to_erase: u64,
}

impl Catalog {
    /// Names the archive of this catalog, for ever.
    pub async fn archive_id(&self) -> Result<Uuid, CatalogError> {
        if let Some(row) = archive_id::Entity::find().one(self.readers()).await? {
            return Ok(row.id);
        }
        self.change(Lock::Shard(0), move |change| async move {
            let sql = change.sql();
            if let Some(row) = archive_id::Entity::find().one(sql).await? {
                return Ok(row.id);
            }
            let id = Uuid::now_v7();
            insert(sql, archive_id::ActiveModel { id: Set(id) }).await?;
            change.commit(id).await
        })
        .await
    }

    /// How far every shard is archived.
    pub async fn archive_status(&self) -> Result<ArchiveStatus, CatalogError> {
        let shards = archive_shard::Entity::find()
            .order_by_asc(archive_shard::Column::Shard)
            .all(self.readers())
            .await?;
        let now = self.now();
        let shards = shards
            .into_iter()
            .map(|row| ShardStatus {
                shard: u16::try_from(row.shard).unwrap_or_default(),
                position: Position(to_u64(row.position)),
                end: Position(to_u64(row.end_position)),
                pending_since: row.pending_since.map(to_time),
                holder: row
                    .holder
                    .map(|holder| (holder, to_time(row.lease_until)))
                    .filter(|(_, until)| *until > now),
                updated_at: to_time(row.updated_at),
            })
            .collect();
        let live = archive_segment::Column::RetiredAt.is_null();
        let counted: Option<(i64, Option<i64>)> = archive_segment::Entity::find()
            .select_only()
            .column_as(archive_segment::Column::Id.count(), "segments")
            .column_as(
                archive_segment::Column::Bytes
                    .sum()
                    .cast_as(Alias::new("bigint")),
                "bytes",
            )
            .filter(live.clone())
            .into_tuple()
            .one(self.readers())
            .await?;
        let (segments, bytes) = counted.unwrap_or_default();
        let retired = archive_segment::Column::RetiredAt.is_not_null();
        let to_erase = live.and(archive_segment::Column::EraseSince.is_not_null());
        Ok(ArchiveStatus {
            shards,
            segments: to_u64(segments),
            bytes: to_u64(bytes.unwrap_or_default()),
            retired: count::<archive_segment::Entity>(self.readers(), retired).await?,
            to_erase: count::<archive_segment::Entity>(self.readers(), to_erase).await?,
        })
    }
}
