//! Views: named folds over a log, with their versions.

use std::collections::HashMap;

use protocol::{LogId, Name, TenantId, Timestamp, VersionId, ViewId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::column::{to_time, to_u64, to_word};
use super::deletion::Deletion;
use super::entity::{version, view};
use super::event::ControlEvent;
use super::page::List;
use super::turn::Turn;
use super::version::{Version, to_version};
use super::{
    Catalog, CatalogError, Context, Page, Paged, deletion, deletion_job, log as logs, scope,
};
use crate::access::Access;

/// Versions in one page of views, beyond which the page ends early.
const VERSIONS_PER_PAGE: u64 = 2_000;

/// A view with all its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub id: ViewId,
    pub tenant: TenantId,
    pub log: LogId,
    pub name: Name,
    pub created_at: Timestamp,
    /// The version that answers queries; `None` until the first build ends well.
    pub live: Option<VersionId>,
    /// Newest first.
    pub versions: Vec<Version>,
}

impl View {
    /// The version that answers queries.
    #[must_use]
    pub fn live_version(&self) -> Option<&Version> {
        let live = self.live?;
        self.versions.iter().find(|version| version.id == live)
    }
}

/// Why a view was not deleted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ViewError {
    #[error("the log has no such view")]
    NotFound,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Catalog {
    /// A view of a log.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub async fn view(
        &self,
        access: &Access,
        log: LogId,
        name: &Name,
    ) -> Result<Option<View>, CatalogError> {
        find(self.readers(), access, log, name).await
    }

    /// The views of a log by their names; none for a log that the holder does not reach. A page may
    /// hold fewer than it could when the views have very many versions.
    ///
    /// # Errors
    /// When the cursor is not from this list.
    pub async fn views(
        &self,
        access: &Access,
        log: LogId,
        page: Page,
    ) -> Result<Paged<View>, CatalogError> {
        let list = List::new("views", access.tenant, log.as_bytes());
        let after = list.after_text(&page)?;
        let rows = scope::views(access, log)
            .apply_if(after, |query, name| {
                query.filter(view::Column::Name.gt(name))
            })
            .order_by_asc(view::Column::Name)
            .limit(page.size() as u64 + 1)
            .all(self.readers())
            .await?;
        let (mut rows, mut next_cursor) =
            list.cut(&page, rows, |row| row.name.clone().into_bytes());
        let fitting = self.fitting(&rows).await?;
        if fitting < rows.len() {
            rows.truncate(fitting);
            next_cursor = rows.last().map(|row| list.cursor(row.name.as_bytes()));
        }
        let mut versions: HashMap<Uuid, Vec<Version>> = HashMap::new();
        for row in versions_of(self.readers(), rows.iter().map(|row| row.id)).await? {
            versions
                .entry(row.view_id)
                .or_default()
                .push(to_version(row)?);
        }
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let versions = versions.remove(&row.id).unwrap_or_default();
            items.push(to_view(row, versions)?);
        }
        Ok(Paged { items, next_cursor })
    }

    /// How many of the views fit into one page with their versions; at least one.
    async fn fitting(&self, rows: &[view::Model]) -> Result<usize, CatalogError> {
        let counts: Vec<(Uuid, i64)> = version::Entity::find()
            .select_only()
            .column(version::Column::ViewId)
            .column_as(version::Column::Id.count(), "versions")
            .filter(version::Column::ViewId.is_in(rows.iter().map(|row| row.id)))
            .group_by(version::Column::ViewId)
            .into_tuple()
            .all(self.readers())
            .await?;
        let counts: HashMap<Uuid, i64> = counts.into_iter().collect();
        let mut total = 0;
        let fitting = rows.iter().take_while(|row| {
            total += counts.get(&row.id).copied().map_or(0, to_u64);
            total <= VERSIONS_PER_PAGE
        });
        Ok(fitting.count().max(1))
    }

    /// Deletes a view with all its versions. What they left in the object store is named in the
    /// deletion, which stays until [`Catalog::finish_deletion`]; its job says how far it is.
    ///
    /// # Errors
    /// When the holder reaches no such view.
    pub async fn delete_view(
        &self,
        access: &Access,
        context: Context,
        log: LogId,
        name: &Name,
    ) -> Result<Deletion, ViewError> {
        self.change(Turn::Tenant(access.tenant), move |mut change| async move {
            let view = scope::views(access, log)
                .filter(view::Column::Name.eq(name.as_str()))
                .one(change.sql())
                .await
                .map_err(CatalogError::from)?
                .ok_or(ViewError::NotFound)?;
            let view = ViewId(view.id);
            let of = logs::find(change.sql(), access, log)
                .await?
                .ok_or(ViewError::NotFound)?;
            let deletion = deletion::of_view(&change, access.tenant, view).await?;
            deletion_job::begin(&change, &deletion, (log, &of.name), Some((view, name))).await?;
            let event = ControlEvent::ViewDeleted {
                view,
                log,
                name: name.clone(),
            };
            let recorded = change.record(access.tenant, context, event).await;
            recorded.map_err(CatalogError::from)?;
            change.commit().await?;
            Ok(deletion)
        })
        .await
    }
}

pub(super) async fn find(
    sql: &impl ConnectionTrait,
    access: &Access,
    log: LogId,
    name: &Name,
) -> Result<Option<View>, CatalogError> {
    let row = scope::views(access, log)
        .filter(view::Column::Name.eq(name.as_str()))
        .one(sql)
        .await?;
    match row {
        Some(row) => Ok(Some(with_versions(sql, row).await?)),
        None => Ok(None),
    }
}

pub(super) async fn with_versions(
    sql: &impl ConnectionTrait,
    row: view::Model,
) -> Result<View, CatalogError> {
    let versions = versions_of(sql, [row.id]).await?;
    let versions = versions
        .into_iter()
        .map(to_version)
        .collect::<Result<_, _>>()?;
    to_view(row, versions)
}

/// Newest first within each view.
async fn versions_of(
    sql: &impl ConnectionTrait,
    views: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<version::Model>, CatalogError> {
    Ok(version::Entity::find()
        .filter(version::Column::ViewId.is_in(views))
        .order_by_desc(version::Column::Number)
        .all(sql)
        .await?)
}

fn to_view(row: view::Model, versions: Vec<Version>) -> Result<View, CatalogError> {
    Ok(View {
        id: ViewId(row.id),
        tenant: TenantId(row.tenant_id),
        log: LogId(row.log_id),
        name: to_word(&row.name)?,
        created_at: to_time(row.created_at),
        live: row.live_version_id.map(VersionId),
        versions,
    })
}
