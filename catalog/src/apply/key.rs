//! API keys.

use protocol::{KeyId, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::super::column::{corrupt, from_actor, from_logs, from_time};
use super::super::entity::key;
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};
use super::secret;
use crate::access::Actor;

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
            person,
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
                rotated_at: Set(None),
                expires_at: Set(expires_at.map(from_time)),
                sha256: Set(sha256.to_vec()),
                user_id: Set(person_behind(sql, recorded.actor, *person).await?),
            };
            key::Entity::insert(row).exec_without_returning(sql).await?;
        }
        ControlEvent::KeyRotated {
            key,
            sha256,
            earlier_until,
            person,
            ..
        } => {
            let person = person_behind(sql, recorded.actor, *person).await?;
            let before = rotate(sql, recorded, *key, sha256, person).await?;
            match earlier_until {
                Some(until) => secret::keep(sql, recorded, before, *until).await?,
                None => secret::forget(sql, *key).await?,
            }
        }
        ControlEvent::KeyRevoked { key, .. } => {
            secret::forget(sql, *key).await?;
            key::Entity::delete_by_id(key.0).exec(sql).await?;
        }
        ControlEvent::KeyRoleLowered { key, role } => {
            key::Entity::update_many()
                .col_expr(key::Column::Role, Expr::value(role.as_str()))
                .filter(key::Column::Id.eq(key.0))
                .exec(sql)
                .await?;
        }
        other => return Err(corrupt(format!("{} is not about a key", other.kind())).into()),
    }
    Ok(())
}

/// The person who makes or rotates a key, or who stands behind the key that does. The first events of
/// keys that keys made did not say who that is: then it is whoever is behind the maker.
async fn person_behind(
    sql: &impl ConnectionTrait,
    maker: Actor,
    said: Option<UserId>,
) -> Result<Option<Uuid>, ChangeError> {
    match (maker, said) {
        (_, Some(person)) | (Actor::User(person), None) => Ok(Some(person.0)),
        (Actor::ApiKey(key), None) => {
            let maker = key::Entity::find_by_id(key.0).one(sql).await?;
            Ok(maker.and_then(|maker| maker.user_id))
        }
        (Actor::System, None) => Ok(None),
    }
}

/// Gives a key another secret, which is that of a person; gives the key as it was before.
async fn rotate(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    id: KeyId,
    sha256: &[u8; 32],
    person: Option<Uuid>,
) -> Result<key::Model, ChangeError> {
    let Some(before) = key::Entity::find_by_id(id.0).one(sql).await? else {
        return Err(corrupt(format!("key {id} is not there to be rotated")).into());
    };
    key::Entity::update_many()
        .col_expr(key::Column::Sha256, Expr::value(sha256.to_vec()))
        .col_expr(key::Column::RotatedAt, Expr::value(from_time(recorded.at)))
        .col_expr(key::Column::UserId, Expr::value(person))
        .filter(key::Column::Id.eq(id.0))
        .exec(sql)
        .await?;
    Ok(before)
}
