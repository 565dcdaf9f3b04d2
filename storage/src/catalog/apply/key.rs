//! API keys.

use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait};

use super::super::column::{corrupt, from_actor, from_logs, from_time};
use super::super::entity::key;
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};

pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::KeyCreated {
            key,
            name,
            role,
            logs,
            expires_at,
            sha256,
        } => {
            let (created_by_kind, created_by_id) = from_actor(recorded.actor);
            let row = key::ActiveModel {
                id: Set(key.0),
                tenant_id: Set(recorded.tenant.0),
                name: Set(name.clone()),
                role: Set(role.as_str().to_owned()),
                logs: Set(from_logs(logs.as_deref())?),
                created_by_kind: Set(created_by_kind),
                created_by_id: Set(created_by_id),
                created_at: Set(from_time(recorded.at)),
                expires_at: Set(expires_at.map(from_time)),
                sha256: Set(sha256.to_vec()),
            };
            key::Entity::insert(row).exec_without_returning(sql).await?;
        }
        ControlEvent::KeyRevoked { key, .. } => {
            key::Entity::delete_by_id(key.0).exec(sql).await?;
        }
        other => return Err(corrupt(format!("{} is not about a key", other.kind())).into()),
    }
    Ok(())
}
