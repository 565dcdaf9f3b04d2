//! Logs.

use protocol::LogId;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::ReadModel;
use crate::column::from_u64;
use crate::entity::log::{ActiveModel, Column, Entity};
use crate::entity::tenant;
use crate::error::ChangeError;
use crate::event::LogCreated;
use crate::model::Retention;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn create_log(&self, new: &LogCreated) -> Result<(), ChangeError> {
        let row = ActiveModel {
            id: Set(new.log.0),
            tenant_id: Set(self.recorded.tenant.0),
            name: Set(new.name.as_str().to_owned()),
            description: Set(new.description.clone()),
            retention: Set(new.retention.to_string()),
            created_at: Set(self.at()),
            updated_at: Set(self.at()),
        };
        self.insert(row).await?;
        self.count(tenant::Column::LogCount, 1).await
    }

    pub(super) async fn update_log(
        &self,
        log: LogId,
        description: Option<&str>,
        retention: Retention,
    ) -> Result<(), ChangeError> {
        let rows = Entity::update_many()
            .col_expr(Column::Description, Expr::value(description))
            .col_expr(Column::Retention, Expr::value(retention.into_str()))
            .col_expr(Column::UpdatedAt, Expr::value(self.at()))
            .filter(Column::Id.eq(log.0));
        self.update(rows).await
    }

    pub(super) async fn delete_log(&self, log: LogId) -> Result<(), ChangeError> {
        self.delete_views_of_log(log).await?;
        let deleted = Entity::delete_by_id(log.0).exec(self.sql).await?;
        let fewer = -from_u64(deleted.rows_affected);
        self.count(tenant::Column::LogCount, fewer).await
    }
}
