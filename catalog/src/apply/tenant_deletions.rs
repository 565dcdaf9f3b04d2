//! Deletions of tenants.

use protocol::{TenantDeletionId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::ReadModel;
use crate::column::from_time;
use crate::entity::tenant_deletion::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::model::DeletionStep;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    /// Closes a tenant until a time, or moves the time.
    pub(super) async fn schedule_deletion(
        &self,
        deletion: TenantDeletionId,
        delete_at: Timestamp,
    ) -> Result<(), ChangeError> {
        self.set_delete_at(Some(delete_at)).await?;
        let moved = Entity::update_many()
            .col_expr(Column::DeleteAt, Expr::value(from_time(delete_at)))
            .filter(Column::Id.eq(deletion.0));
        let moved = moved.exec(self.sql).await?;
        if moved.rows_affected > 0 {
            return Ok(());
        }
        let row = ActiveModel {
            id: Set(deletion.0),
            tenant_id: Set(self.recorded.tenant.0),
            requested_at: Set(self.at()),
            delete_at: Set(from_time(delete_at)),
            step: Set(DeletionStep::Scheduled.to_string()),
            step_at: Set(self.at()),
        };
        self.insert(row).await
    }

    pub(super) async fn cancel_deletion(
        &self,
        deletion: TenantDeletionId,
    ) -> Result<(), ChangeError> {
        self.set_delete_at(None).await?;
        self.delete::<Entity>(Column::Id.eq(deletion.0)).await
    }

    pub(super) async fn start_deletion(
        &self,
        deletion: TenantDeletionId,
    ) -> Result<(), ChangeError> {
        self.end_access().await?;
        self.set_step(deletion, DeletionStep::Logs).await
    }

    /// Deletes the tenant itself. What came in since the deletion started goes as well.
    pub(super) async fn delete_tenant(
        &self,
        deletion: TenantDeletionId,
    ) -> Result<(), ChangeError> {
        self.end_access().await?;
        self.delete_billing_account().await?;
        self.delete_tenant_row().await?;
        self.set_step(deletion, DeletionStep::Records).await
    }

    pub(super) async fn set_step(
        &self,
        deletion: TenantDeletionId,
        step: DeletionStep,
    ) -> Result<(), ChangeError> {
        let rows = Entity::update_many()
            .col_expr(Column::Step, Expr::value(step.into_str()))
            .col_expr(Column::StepAt, Expr::value(self.at()))
            .filter(Column::Id.eq(deletion.0));
        self.update(rows).await
    }

    async fn end_access(&self) -> Result<(), ChangeError> {
        self.delete_keys().await?;
        self.delete_invitations().await?;
        self.delete_members().await
    }
}
