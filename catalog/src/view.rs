//! Views: named folds over a log, with their versions.

use std::collections::HashMap;

use protocol::view::VersionSpec;
use protocol::{LogId, Name, TenantId, Timestamp, VersionId, ViewId};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use strum::IntoStaticStr;
use uuid::Uuid;

use super::column::{to_time, to_u64, to_word};
use super::entity::{one, version, view};
use super::event::ControlEvent;
use super::lock::Lock;
use super::model::VersionState;
use super::page::List;
use super::removal::Removal;
use super::version::{Version, to_version};
use super::{
    Catalog, CatalogError, Context, Page, Paged, Refusal, deletion, log as logs, removal, scope,
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

/// What a view does, as far as the catalog knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr)]
pub enum ViewState {
    /// It has a live version, which did not halt.
    Live,
    /// It has no live version yet, and one is being built.
    Building,
    /// Its live version halted, or it has none and no build is under way.
    Failed,
}

impl ViewState {
    /// The views of a tenant in this state.
    fn condition(self, tenant: TenantId) -> Condition {
        let versions = |column, condition: SimpleExpr| {
            let versions = scope::versions(tenant).filter(condition);
            versions.select_only().column(column).into_query()
        };
        let halted = || {
            let halted = version::Column::HaltedSequence.is_not_null();
            versions(version::Column::Id, halted)
        };
        let building = || {
            let state = VersionState::Building.to_string();
            versions(version::Column::ViewId, version::Column::State.eq(state))
        };
        let (id, live) = (view::Column::Id, view::Column::LiveVersionId);
        match self {
            Self::Live => Condition::all()
                .add(live.is_not_null())
                .add(live.not_in_subquery(halted())),
            Self::Building => Condition::all()
                .add(live.is_null())
                .add(id.in_subquery(building())),
            Self::Failed => Condition::any().add(live.in_subquery(halted())).add(
                Condition::all()
                    .add(live.is_null())
                    .add(id.not_in_subquery(building())),
            ),
        }
    }
}

impl Version {
    /// What a worker must know to run the version.
    #[must_use]
    pub fn spec(&self, view: &View) -> VersionSpec {
        self.spec_in(view.tenant, view.log, view.id)
    }
}

impl Catalog {
    /// A view of a log.
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
    pub async fn views(
        &self,
        access: &Access,
        log: LogId,
        page: Page,
    ) -> Result<Paged<View>, CatalogError> {
        let list = List::new("views", access.tenant, log.as_bytes());
        let order = (view::Column::Name, Order::Asc);
        let name = |row: &view::Model| row.name.clone();
        let views = scope::views(access, log);
        let rows = list.read(self.readers(), &page, views, order, name);
        self.with_versions(rows.await?, |row| list.cursor(row.name.as_bytes()))
            .await
    }

    /// The views of all logs that the holder reaches, the newest first; those in one state, if one is
    /// named. A cursor belongs to its state.
    pub async fn all_views(
        &self,
        access: &Access,
        state: Option<ViewState>,
        page: Page,
    ) -> Result<Paged<View>, CatalogError> {
        let word: &str = state.map_or("", Into::into);
        let list = List::new("all views", access.tenant, word.as_bytes());
        let order = (view::Column::Id, Order::Desc);
        let mut views = scope::all_views(access);
        if let Some(state) = state {
            views = views.filter(state.condition(access.tenant));
        }
        let rows = list.read(self.readers(), &page, views, order, |row| row.id);
        self.with_versions(rows.await?, |row| list.cursor(row.id.as_bytes()))
            .await
    }

    /// The views of a page with their versions.
    async fn with_versions(
        &self,
        mut paged: Paged<view::Model>,
        cursor: impl Fn(&view::Model) -> String,
    ) -> Result<Paged<View>, CatalogError> {
        let rows = &mut paged.items;
        let fitting = self.fitting(rows).await?;
        if fitting < rows.len() {
            rows.truncate(fitting);
            paged.next_cursor = rows.last().map(cursor);
        }
        let mut versions: HashMap<Uuid, Vec<Version>> = HashMap::new();
        for row in versions_of(self.readers(), rows.iter().map(|row| row.id)).await? {
            let of_view = versions.entry(row.view_id).or_default();
            of_view.push(to_version(row)?);
        }
        paged.try_map(|row| {
            let versions = versions.remove(&row.id).unwrap_or_default();
            to_view(row, versions)
        })
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

    /// Deletes a view with all its versions. The removal names what they left in the object store,
    /// and stays until [`Catalog::finish_removal`]; the [`Deletion`](crate::Deletion) with the same
    /// id says how far it is.
    pub async fn delete_view(
        &self,
        access: &Access,
        context: Context,
        log: LogId,
        name: &Name,
    ) -> Result<Removal, Refusal> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let view = scope::views(access, log).filter(view::Column::Name.eq(name.as_str()));
            let view = one(change.sql(), view)
                .await?
                .ok_or(Refusal::ViewNotFound)?;
            let view = ViewId(view.id);
            let of = logs::find(change.sql(), access, log).await?;
            let removal = removal::of_view(&change, access.tenant, view).await?;
            deletion::begin(&change, &removal, (log, &of.name), Some((view, name))).await?;
            let event = ControlEvent::ViewDeleted {
                view,
                log,
                name: name.clone(),
            };
            change.record(access.tenant, context, event).await?;
            change.commit(removal).await
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
    let row = scope::views(access, log).filter(view::Column::Name.eq(name.as_str()));
    let Some(row) = one(sql, row).await? else {
        return Ok(None);
    };
    let versions = versions_of(sql, [row.id]).await?.into_iter();
    let versions = versions.map(to_version).collect::<Result<_, _>>()?;
    to_view(row, versions).map(Some)
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
