//! Deletions of tenants.

use protocol::{TenantDeletionId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::super::column::{corrupt, from_time};
use super::super::entity::{earlier_secret, invitation, key, membership, tenant, tenant_deletion};
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};
use super::super::tenant_deletion::DeletionStep;

pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::TenantDeletionScheduled {
            deletion,
            delete_at,
        } => {
            close(sql, recorded, Some(*delete_at)).await?;
            schedule(sql, recorded, *deletion, *delete_at).await
        }
        ControlEvent::TenantDeletionCancelled { deletion } => {
            close(sql, recorded, None).await?;
            tenant_deletion::Entity::delete_by_id(deletion.0)
                .exec(sql)
                .await?;
            Ok(())
        }
        ControlEvent::TenantDeletionStarted { deletion } => {
            take_access(sql, recorded).await?;
            set_step(sql, recorded, *deletion, DeletionStep::Logs).await
        }
        ControlEvent::TenantDeleted { deletion } => {
            take_access(sql, recorded).await?;
            tenant::Entity::delete_by_id(recorded.tenant.0)
                .exec(sql)
                .await?;
            set_step(sql, recorded, *deletion, DeletionStep::Records).await
        }
        ControlEvent::TenantErasureAdvanced { deletion, step } => {
            set_step(sql, recorded, *deletion, *step).await
        }
        other => Err(corrupt(format!("{} is about no deletion", other.kind())).into()),
    }
}

async fn close(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    delete_at: Option<Timestamp>,
) -> Result<(), ChangeError> {
    tenant::Entity::update_many()
        .col_expr(
            tenant::Column::DeleteAt,
            Expr::value(delete_at.map(from_time)),
        )
        .filter(tenant::Column::Id.eq(recorded.tenant.0))
        .exec(sql)
        .await?;
    Ok(())
}

async fn schedule(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    deletion: TenantDeletionId,
    delete_at: Timestamp,
) -> Result<(), ChangeError> {
    let moved = tenant_deletion::Entity::update_many()
        .col_expr(
            tenant_deletion::Column::DeleteAt,
            Expr::value(from_time(delete_at)),
        )
        .filter(tenant_deletion::Column::Id.eq(deletion.0))
        .exec(sql)
        .await?;
    if moved.rows_affected > 0 {
        return Ok(());
    }
    let row = tenant_deletion::ActiveModel {
        id: Set(deletion.0),
        tenant_id: Set(recorded.tenant.0),
        requested_at: Set(from_time(recorded.at)),
        delete_at: Set(from_time(delete_at)),
        step: Set(DeletionStep::Scheduled.as_str().to_owned()),
        step_at: Set(from_time(recorded.at)),
    };
    tenant_deletion::Entity::insert(row)
        .exec_without_returning(sql)
        .await?;
    Ok(())
}

/// Ends all that gives access to the tenant. What came in between the start of a deletion and its
/// end goes as well.
async fn take_access(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    let tenant = recorded.tenant.0;
    let keys = key::Entity::find()
        .select_only()
        .column(key::Column::Id)
        .filter(key::Column::TenantId.eq(tenant))
        .into_query();
    earlier_secret::Entity::delete_many()
        .filter(earlier_secret::Column::KeyId.in_subquery(keys))
        .exec(sql)
        .await?;
    key::Entity::delete_many()
        .filter(key::Column::TenantId.eq(tenant))
        .exec(sql)
        .await?;
    invitation::Entity::delete_many()
        .filter(invitation::Column::TenantId.eq(tenant))
        .exec(sql)
        .await?;
    membership::Entity::delete_many()
        .filter(membership::Column::TenantId.eq(tenant))
        .exec(sql)
        .await?;
    Ok(())
}

async fn set_step(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    deletion: TenantDeletionId,
    step: DeletionStep,
) -> Result<(), ChangeError> {
    tenant_deletion::Entity::update_many()
        .col_expr(tenant_deletion::Column::Step, Expr::value(step.as_str()))
        .col_expr(
            tenant_deletion::Column::StepAt,
            Expr::value(from_time(recorded.at)),
        )
        .filter(tenant_deletion::Column::Id.eq(deletion.0))
        .exec(sql)
        .await?;
    Ok(())
}
