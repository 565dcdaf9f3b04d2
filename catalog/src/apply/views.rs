//! Views.

use protocol::{LogId, Name, VersionId, ViewId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use super::ReadModel;
use crate::column::from_u64;
use crate::entity::tenant;
use crate::entity::view::{ActiveModel, Column, Entity};
use crate::error::ChangeError;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn create_view(
        &self,
        view: ViewId,
        log: LogId,
        name: &Name,
    ) -> Result<(), ChangeError> {
        let row = ActiveModel {
            id: Set(view.0),
            tenant_id: Set(self.recorded.tenant.0),
            log_id: Set(log.0),
            name: Set(name.as_str().to_owned()),
            created_at: Set(self.at()),
            live_version_id: Set(None),
        };
        self.insert(row).await?;
        self.count(tenant::Column::ViewCount, 1).await
    }

    /// Makes a version the live one.
    pub(super) async fn activate_version(
        &self,
        version: VersionId,
        view: ViewId,
    ) -> Result<(), ChangeError> {
        self.set::<Entity>(Column::LiveVersionId, version.0, Column::Id.eq(view.0))
            .await?;
        self.set_live(version).await
    }

    /// Retires a version, and leaves its view without a live one if this is it.
    pub(super) async fn retire_version(
        &self,
        version: VersionId,
        view: ViewId,
    ) -> Result<(), ChangeError> {
        let live_in = Column::LiveVersionId.eq(version.0);
        let live_in = live_in.and(Column::Id.eq(view.0));
        self.set::<Entity>(Column::LiveVersionId, None::<Uuid>, live_in)
            .await?;
        self.set_retired(version).await
    }

    pub(super) async fn delete_view(&self, view: ViewId) -> Result<(), ChangeError> {
        self.delete_views(Column::Id.eq(view.0)).await
    }

    pub(super) async fn delete_views_of_log(&self, log: LogId) -> Result<(), ChangeError> {
        self.delete_views(Column::LogId.eq(log.0)).await
    }

    /// Deletes views with their versions.
    async fn delete_views(&self, condition: SimpleExpr) -> Result<(), ChangeError> {
        let views = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(condition.clone())
            .into_query();
        self.delete_versions_of_views(views).await?;
        let views = Entity::delete_many().filter(condition);
        let fewer = -from_u64(views.exec(self.sql).await?.rows_affected);
        self.count(tenant::Column::ViewCount, fewer).await
    }
}
