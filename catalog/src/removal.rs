//! Pending removals of bytes: what is gone from the catalog and must still go from the event log and
//! the object store.
//!
//! A removal is stored in the transaction that deletes the rows, so nothing is ever forgotten: it is
//! listed until somebody removed the bytes and says so. Removing them again does no harm.
//!
//! Its table is named `deletions`.

use protocol::{ComponentDigest, LogId, TenantId, Timestamp, VersionId, ViewId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::column::{from_json, from_time, to_digest, to_json, to_time};
use super::entity::{
    all, delete, deletion, exists, insert, snapshot, snapshot_check, values, version, view,
};
use super::lock::Lock;
use super::model::DeletionId;
use super::record::Change;
use super::{Catalog, CatalogError};

/// Values of one statement: databases bound how many it may have.
const VERSIONS_PER_STATEMENT: usize = 500;

/// Bytes that nobody needs any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    pub id: DeletionId,
    pub tenant: TenantId,
    /// The log whose events go; `None` when it stays.
    pub log: Option<LogId>,
    /// The versions whose snapshots go.
    pub versions: Vec<VersionId>,
    /// Components that these versions ran. Equal components share one object, so each goes only if
    /// [`Catalog::component_in_use`] denies it.
    pub components: Vec<ComponentDigest>,
    pub created_at: Timestamp,
}

impl Catalog {
    /// Removals that are not finished, oldest first.
    pub async fn pending_removals(&self, limit: u32) -> Result<Vec<Removal>, CatalogError> {
        let rows = deletion::Entity::find()
            .order_by_asc(deletion::Column::Id)
            .limit(u64::from(limit));
        all(self.readers(), rows, to_removal).await
    }

    /// Ends a removal whose bytes are gone, with what is known of the snapshots that were among
    /// them.
    pub async fn finish_removal(&self, removal: &Removal) -> Result<(), CatalogError> {
        let id = removal.id;
        self.change(Lock::Removal(id), move |change| async move {
            let sql = change.sql();
            for versions in removal.versions.chunks(VERSIONS_PER_STATEMENT) {
                let versions = || versions.iter().map(|version| version.0);
                let snapshots = snapshot::Column::VersionId.is_in(versions());
                delete::<snapshot::Entity>(sql, snapshots).await?;
                let checks = snapshot_check::Column::VersionId.is_in(versions());
                delete::<snapshot_check::Entity>(sql, checks).await?;
            }
            deletion::Entity::delete_by_id(id.0).exec(sql).await?;
            change.commit(()).await
        })
        .await
    }

    /// Whether a version of any tenant runs a component.
    pub async fn component_in_use(&self, component: ComponentDigest) -> Result<bool, CatalogError> {
        exists::<version::Entity>(self.readers(), runs(component)).await
    }

    /// Does something if no version of any tenant runs a component; no version begins to, on any
    /// node, before it is done. It must not ask the catalog.
    pub async fn if_unused<E, F>(
        &self,
        component: ComponentDigest,
        work: impl Fn() -> F,
    ) -> Result<(), E>
    where
        E: From<CatalogError>,
        F: Future<Output = Result<(), E>>,
    {
        let work = &work;
        self.change(Lock::Component(component), move |change| async move {
            if !exists::<version::Entity>(change.sql(), runs(component)).await? {
                work().await?;
            }
            change.commit(()).await
        })
        .await
    }
}

fn runs(component: ComponentDigest) -> Expr {
    version::Column::Component.eq(component.0.to_vec())
}

/// Stores the removal of what a log leaves; to be called while its versions are still there.
pub(super) async fn of_log(
    change: &Change,
    tenant: TenantId,
    log: LogId,
) -> Result<Removal, CatalogError> {
    let views = view::Entity::find().filter(view::Column::LogId.eq(log.0));
    let views = values(change.sql(), views, view::Column::Id).await?;
    let versions = versions_of(change.sql(), views).await?;
    store(change, tenant, Some(log), versions).await
}

/// Stores the removal of what a view leaves; to be called while its versions are still there.
pub(super) async fn of_view(
    change: &Change,
    tenant: TenantId,
    view: ViewId,
) -> Result<Removal, CatalogError> {
    let versions = versions_of(change.sql(), vec![view.0]).await?;
    store(change, tenant, None, versions).await
}

/// Stores the removal of what one version leaves.
pub(super) async fn of_version(
    change: &Change,
    tenant: TenantId,
    version: VersionId,
    component: ComponentDigest,
) -> Result<Removal, CatalogError> {
    store(change, tenant, None, vec![(version, component)]).await
}

async fn versions_of(
    sql: &impl ConnectionTrait,
    views: Vec<Uuid>,
) -> Result<Vec<(VersionId, ComponentDigest)>, CatalogError> {
    let rows: Vec<(Uuid, Vec<u8>)> = version::Entity::find()
        .select_only()
        .columns([version::Column::Id, version::Column::Component])
        .filter(version::Column::ViewId.is_in(views))
        .order_by_asc(version::Column::Id)
        .into_tuple()
        .all(sql)
        .await?;
    rows.into_iter()
        .map(|(id, component)| Ok((VersionId(id), ComponentDigest(to_digest(component)?))))
        .collect()
}

async fn store(
    change: &Change,
    tenant: TenantId,
    log: Option<LogId>,
    versions: Vec<(VersionId, ComponentDigest)>,
) -> Result<Removal, CatalogError> {
    let (versions, mut components): (Vec<_>, Vec<_>) = versions.into_iter().unzip();
    components.sort_unstable();
    components.dedup();
    let removal = Removal {
        id: DeletionId(Uuid::now_v7()),
        tenant,
        log,
        versions,
        components,
        created_at: change.at(),
    };
    let row = deletion::ActiveModel {
        id: Set(removal.id.0),
        tenant_id: Set(tenant.0),
        log_id: Set(log.map(|log| log.0)),
        versions: Set(from_json(&removal.versions)?),
        components: Set(from_json(&removal.components)?),
        created_at: Set(from_time(removal.created_at)),
    };
    insert(change.sql(), row).await?;
    Ok(removal)
}

fn to_removal(row: deletion::Model) -> Result<Removal, CatalogError> {
    Ok(Removal {
        id: DeletionId(row.id),
        tenant: TenantId(row.tenant_id),
        log: row.log_id.map(LogId),
        versions: to_json(&row.versions)?,
        components: to_json(&row.components)?,
        created_at: to_time(row.created_at),
    })
}
