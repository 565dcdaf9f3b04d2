//! Logs, and the views on them.

use protocol::LogId;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DeleteResult, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    QueryTrait,
};

use super::super::column::{corrupt, from_time};
use super::super::entity::{log, tenant, version, view};
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};

pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::LogCreated {
            log,
            name,
            description,
            retention,
        } => {
            let row = log::ActiveModel {
                id: Set(log.0),
                tenant_id: Set(recorded.tenant.0),
                name: Set(name.as_str().to_owned()),
                description: Set(description.clone()),
                retention: Set(retention.as_str().to_owned()),
                created_at: Set(from_time(recorded.at)),
                updated_at: Set(from_time(recorded.at)),
            };
            log::Entity::insert(row).exec_without_returning(sql).await?;
            count(sql, recorded, tenant::Column::LogCount, 1).await?;
        }
        ControlEvent::LogUpdated {
            log,
            description,
            retention,
        } => {
            log::Entity::update_many()
                .col_expr(log::Column::Description, Expr::value(description.clone()))
                .col_expr(log::Column::Retention, Expr::value(retention.as_str()))
                .col_expr(log::Column::UpdatedAt, Expr::value(from_time(recorded.at)))
                .filter(log::Column::Id.eq(log.0))
                .exec(sql)
                .await?;
        }
        ControlEvent::LogDeleted { log, .. } => delete(sql, recorded, *log).await?,
        ControlEvent::ViewCreated { view, log, name } => {
            let row = view::ActiveModel {
                id: Set(view.0),
                tenant_id: Set(recorded.tenant.0),
                log_id: Set(log.0),
                name: Set(name.as_str().to_owned()),
                created_at: Set(from_time(recorded.at)),
                live_version_id: Set(None),
            };
            view::Entity::insert(row)
                .exec_without_returning(sql)
                .await?;
            count(sql, recorded, tenant::Column::ViewCount, 1).await?;
        }
        ControlEvent::ViewDeleted { view, .. } => {
            version::Entity::delete_many()
                .filter(version::Column::ViewId.eq(view.0))
                .exec(sql)
                .await?;
            let deleted = view::Entity::delete_by_id(view.0).exec(sql).await?;
            count_deleted(sql, recorded, tenant::Column::ViewCount, &deleted).await?;
        }
        other => return Err(corrupt(format!("{} is not about a log", other.kind())).into()),
    }
    Ok(())
}

async fn delete(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    log: LogId,
) -> Result<(), ChangeError> {
    let views = view::Entity::find()
        .select_only()
        .column(view::Column::Id)
        .filter(view::Column::LogId.eq(log.0))
        .into_query();
    version::Entity::delete_many()
        .filter(version::Column::ViewId.in_subquery(views))
        .exec(sql)
        .await?;
    let deleted = view::Entity::delete_many()
        .filter(view::Column::LogId.eq(log.0))
        .exec(sql)
        .await?;
    count_deleted(sql, recorded, tenant::Column::ViewCount, &deleted).await?;
    let deleted = log::Entity::delete_by_id(log.0).exec(sql).await?;
    count_deleted(sql, recorded, tenant::Column::LogCount, &deleted).await
}

async fn count_deleted(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    column: tenant::Column,
    deleted: &DeleteResult,
) -> Result<(), ChangeError> {
    let deleted = i64::try_from(deleted.rows_affected).unwrap_or(i64::MAX);
    count(sql, recorded, column, -deleted).await
}

/// Keeps the number of the tenant's logs or views.
async fn count(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    column: tenant::Column,
    more: i64,
) -> Result<(), ChangeError> {
    tenant::Entity::update_many()
        .col_expr(column, Expr::col(column).add(more))
        .filter(tenant::Column::Id.eq(recorded.tenant.0))
        .exec(sql)
        .await?;
    Ok(())
}
