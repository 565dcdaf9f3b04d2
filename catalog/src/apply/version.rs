//! Versions of views.

use protocol::{Timestamp, VersionId, ViewId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::super::column::{corrupt, from_json, from_time, from_u64};
use super::super::entity::{version, view};
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};
use super::super::version::VersionState;
use protocol::view::Halt;

pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::VersionUploaded { .. } => insert(sql, recorded).await,
        ControlEvent::VersionActivated { version, view } => {
            activate(sql, *version, *view, recorded.at).await
        }
        ControlEvent::VersionFailed { version, halt, .. } => {
            set_halt(sql, *version, halt).await?;
            set_state(sql, *version, VersionState::Failed).await
        }
        ControlEvent::VersionHalted { version, halt, .. } => set_halt(sql, *version, halt).await,
        ControlEvent::VersionRetired { version, view } => {
            view::Entity::update_many()
                .col_expr(view::Column::LiveVersionId, Expr::value(None::<uuid::Uuid>))
                .filter(view::Column::Id.eq(view.0))
                .filter(view::Column::LiveVersionId.eq(version.0))
                .exec(sql)
                .await?;
            set_state(sql, *version, VersionState::Retired).await
        }
        ControlEvent::VersionRemoved { version, .. } => {
            version::Entity::delete_by_id(version.0).exec(sql).await?;
            Ok(())
        }
        other => Err(corrupt(format!("{} is not about a version", other.kind())).into()),
    }
}

async fn insert(sql: &impl ConnectionTrait, recorded: &RecordedEvent) -> Result<(), ChangeError> {
    let ControlEvent::VersionUploaded {
        version,
        view,
        log,
        number,
        component,
        component_bytes,
        world,
        imports,
        languages,
        content_type,
        config,
    } = &recorded.event
    else {
        return Err(corrupt(format!("{} is no upload", recorded.event.kind())).into());
    };
    let row = version::ActiveModel {
        id: Set(version.0),
        tenant_id: Set(recorded.tenant.0),
        log_id: Set(log.0),
        view_id: Set(view.0),
        number: Set(i64::from(*number)),
        component: Set(component.0.to_vec()),
        component_bytes: Set(from_u64(*component_bytes)),
        world: Set(from_json(world)?),
        imports: Set(from_json(imports)?),
        languages: Set(from_json(languages)?),
        content_type: Set(content_type.clone()),
        config: Set(config.clone()),
        state: Set(VersionState::Building.as_str().to_owned()),
        halted_sequence: Set(None),
        halted_message: Set(None),
        created_at: Set(from_time(recorded.at)),
        activated_at: Set(None),
    };
    version::Entity::insert(row)
        .exec_without_returning(sql)
        .await?;
    Ok(())
}

async fn activate(
    sql: &impl ConnectionTrait,
    version: VersionId,
    view: ViewId,
    at: Timestamp,
) -> Result<(), ChangeError> {
    view::Entity::update_many()
        .col_expr(view::Column::LiveVersionId, Expr::value(version.0))
        .filter(view::Column::Id.eq(view.0))
        .exec(sql)
        .await?;
    version::Entity::update_many()
        .col_expr(version::Column::ActivatedAt, Expr::value(from_time(at)))
        .col_expr(
            version::Column::State,
            Expr::value(VersionState::Live.as_str()),
        )
        .filter(version::Column::Id.eq(version.0))
        .exec(sql)
        .await?;
    Ok(())
}

async fn set_halt(
    sql: &impl ConnectionTrait,
    version: VersionId,
    halt: &Halt,
) -> Result<(), ChangeError> {
    let sequence = from_u64(halt.sequence.get());
    version::Entity::update_many()
        .col_expr(version::Column::HaltedSequence, Expr::value(sequence))
        .col_expr(
            version::Column::HaltedMessage,
            Expr::value(halt.message.clone()),
        )
        .filter(version::Column::Id.eq(version.0))
        .exec(sql)
        .await?;
    Ok(())
}

async fn set_state(
    sql: &impl ConnectionTrait,
    version: VersionId,
    state: VersionState,
) -> Result<(), ChangeError> {
    version::Entity::update_many()
        .col_expr(version::Column::State, Expr::value(state.as_str()))
        .filter(version::Column::Id.eq(version.0))
        .exec(sql)
        .await?;
    Ok(())
}
