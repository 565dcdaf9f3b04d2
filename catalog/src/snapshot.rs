//! Snapshots in the object store, and how their verification went. Operational: a version without
//! snapshots is folded from its first event.

use protocol::{Sequence, VersionId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::column::{from_time, from_u64, plain, to_sequence, to_time, to_u64};
use super::entity::{all, insert, one, snapshot, snapshot_check};
use super::limits::within;
use super::lock::Lock;
use super::{Catalog, CatalogError};
use protocol::view::SnapshotInfo;

/// Snapshots of one version that are listed; workers keep far fewer.
const SNAPSHOTS_MAX: u64 = 10_000;

impl Catalog {
    /// Writes down a snapshot that is in the object store.
    pub async fn record_snapshot(
        &self,
        version: VersionId,
        info: SnapshotInfo,
    ) -> Result<(), CatalogError> {
        self.change(Lock::Snapshots(version), move |change| async move {
            let sql = change.sql();
            let id = (version.0, from_u64(info.sequence.get()));
            snapshot::Entity::delete_by_id(id).exec(sql).await?;
            let row = snapshot::ActiveModel {
                version_id: Set(id.0),
                sequence: Set(id.1),
                bytes: Set(from_u64(info.bytes)),
                created_at: Set(from_time(info.created_at)),
            };
            insert(sql, row).await?;
            change.commit(()).await
        })
        .await
    }

    /// The snapshots of a version, oldest first.
    pub async fn snapshots(&self, version: VersionId) -> Result<Vec<SnapshotInfo>, CatalogError> {
        let rows = snapshot::Entity::find()
            .filter(snapshot::Column::VersionId.eq(version.0))
            .order_by_asc(snapshot::Column::Sequence)
            .limit(SNAPSHOTS_MAX);
        all(self.readers(), rows, to_snapshot).await
    }

    /// Deletes the row of one snapshot.
    pub async fn forget_snapshot(
        &self,
        version: VersionId,
        sequence: Sequence,
    ) -> Result<(), CatalogError> {
        self.change(Lock::Snapshots(version), move |change| async move {
            let row = snapshot::Entity::delete_by_id((version.0, from_u64(sequence.get())));
            row.exec(change.sql()).await?;
            change.commit(()).await
        })
        .await
    }

    /// Why snapshots are off for a version; `None` when they are on.
    pub async fn snapshots_off(&self, version: VersionId) -> Result<Option<String>, CatalogError> {
        let row = self.snapshot_check(version).await?;
        Ok(row.and_then(|row| row.off_reason))
    }

    /// Turns snapshots off for a version.
    pub async fn set_snapshots_off(
        &self,
        version: VersionId,
        reason: &str,
    ) -> Result<(), CatalogError> {
        let limit = self.limits().halt_message_bytes;
        within("the reason", reason.len(), limit)?;
        self.store_snapshot_check(version, false, Some(plain(reason.to_owned())))
            .await
    }

    /// Whether a snapshot of the version survived the verification.
    pub async fn snapshots_verified(&self, version: VersionId) -> Result<bool, CatalogError> {
        let row = self.snapshot_check(version).await?;
        Ok(row.is_some_and(|row| row.verified))
    }

    /// Writes down that a snapshot of the version survived the verification.
    pub async fn set_snapshots_verified(&self, version: VersionId) -> Result<(), CatalogError> {
        self.store_snapshot_check(version, true, None).await
    }

    async fn snapshot_check(
        &self,
        version: VersionId,
    ) -> Result<Option<snapshot_check::Model>, CatalogError> {
        let row = snapshot_check::Entity::find_by_id(version.0);
        one(self.readers(), row).await
    }

    async fn store_snapshot_check(
        &self,
        version: VersionId,
        verified: bool,
        off_reason: Option<String>,
    ) -> Result<(), CatalogError> {
        let off_reason = &off_reason;
        self.change(Lock::Snapshots(version), move |change| async move {
            let sql = change.sql();
            let before = snapshot_check::Entity::delete_by_id(version.0);
            before.exec(sql).await?;
            let row = snapshot_check::ActiveModel {
                version_id: Set(version.0),
                verified: Set(verified),
                off_reason: Set(off_reason.clone()),
            };
            insert(sql, row).await?;
            change.commit(()).await
        })
        .await
    }
}

fn to_snapshot(row: snapshot::Model) -> Result<SnapshotInfo, CatalogError> {
    Ok(SnapshotInfo {
        sequence: to_sequence(row.sequence)?,
        bytes: to_u64(row.bytes),
        created_at: to_time(row.created_at),
    })
}
