//! Compiled components in the object store. Operational: what is lost is compiled again.

use protocol::{ArtifactDigest, ComponentDigest};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::column::{from_u64, to_digest, to_u64};
use super::entity::artifact::{ActiveModel, Column, Entity, Model};
use super::entity::{delete, insert, one, values};
use super::lock::Lock;
use super::{Catalog, CatalogError};

/// What a compiled artifact must look like before it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArtifactRecord {
    /// The hash of its bytes.
    pub sha256: [u8; 32],
    pub bytes: u64,
}

impl Catalog {
    /// What is known about an artifact.
    pub async fn artifact(
        &self,
        digest: ArtifactDigest,
    ) -> Result<Option<ArtifactRecord>, CatalogError> {
        let row = Entity::find_by_id(digest.0.to_vec());
        let row = one(self.readers(), row).await?;
        row.map(to_record).transpose()
    }

    /// The artifacts that were compiled from a component, by whatever engine.
    pub async fn artifacts_of(
        &self,
        component: ComponentDigest,
    ) -> Result<Vec<ArtifactDigest>, CatalogError> {
        let rows = Entity::find().filter(Column::Component.eq(component.0.to_vec()));
        let rows = values(self.readers(), rows, Column::Digest).await?;
        let digests = rows.into_iter().map(to_digest);
        digests.map(|digest| digest.map(ArtifactDigest)).collect()
    }

    /// Writes down an artifact and what it was compiled from, in place of what was known about it.
    pub async fn record_artifact(
        &self,
        digest: ArtifactDigest,
        component: ComponentDigest,
        record: ArtifactRecord,
    ) -> Result<(), CatalogError> {
        self.change(Lock::Artifact(digest), move |change| async move {
            let sql = change.sql();
            Entity::delete_by_id(digest.0.to_vec()).exec(sql).await?;
            let row = ActiveModel {
                digest: Set(digest.0.to_vec()),
                sha256: Set(record.sha256.to_vec()),
                bytes: Set(from_u64(record.bytes)),
                component: Set(Some(component.0.to_vec())),
            };
            insert(sql, row).await?;
            change.commit(()).await
        })
        .await
    }

    /// Deletes the row of an artifact.
    pub async fn forget_artifact(&self, digest: ArtifactDigest) -> Result<(), CatalogError> {
        self.change(Lock::Artifact(digest), move |change| async move {
            delete::<Entity>(change.sql(), Column::Digest.eq(digest.0.to_vec())).await?;
            change.commit(()).await
        })
        .await
    }
}

fn to_record(row: Model) -> Result<ArtifactRecord, CatalogError> {
    Ok(ArtifactRecord {
        sha256: to_digest(row.sha256)?,
        bytes: to_u64(row.bytes),
    })
}
