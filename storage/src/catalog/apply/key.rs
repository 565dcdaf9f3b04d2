//! API keys and their secrets.

use protocol::{KeyId, Timestamp};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::super::column::{corrupt, from_actor, from_logs, from_time, from_u64};
use super::super::entity::{earlier_secret, key};
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};
use crate::access::Actor;

/// Earlier secrets of one key that work at a time; the oldest ends for another one.
const EARLIER_MAX: u64 = 4;

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
                rotated_at: Set(None),
                expires_at: Set(expires_at.map(from_time)),
                sha256: Set(sha256.to_vec()),
                user_id: Set(person_behind(sql, recorded.actor).await?),
            };
            key::Entity::insert(row).exec_without_returning(sql).await?;
        }
        ControlEvent::KeyRotated {
            key,
            sha256,
            earlier_until,
            ..
        } => rotate(sql, recorded, *key, sha256, *earlier_until).await?,
        ControlEvent::KeyRevoked { key, .. } => {
            forget_earlier(sql, *key).await?;
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

/// The person who makes or rotates a key, or who stands behind the key that does.
async fn person_behind(
    sql: &impl ConnectionTrait,
    maker: Actor,
) -> Result<Option<Uuid>, ChangeError> {
    match maker {
        Actor::User(user) => Ok(Some(user.0)),
        Actor::ApiKey(key) => {
            let maker = key::Entity::find_by_id(key.0).one(sql).await?;
            Ok(maker.and_then(|maker| maker.user_id))
        }
        Actor::System => Ok(None),
    }
}

async fn rotate(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    id: KeyId,
    sha256: &[u8; 32],
    earlier_until: Option<Timestamp>,
) -> Result<(), ChangeError> {
    let Some(row) = key::Entity::find_by_id(id.0).one(sql).await? else {
        return Err(corrupt(format!("key {id} is not there to be rotated")).into());
    };
    // Whoever gave the secret holds it.
    let person = person_behind(sql, recorded.actor).await?;
    key::Entity::update_many()
        .col_expr(key::Column::Sha256, Expr::value(sha256.to_vec()))
        .col_expr(key::Column::RotatedAt, Expr::value(from_time(recorded.at)))
        .col_expr(key::Column::UserId, Expr::value(person))
        .filter(key::Column::Id.eq(id.0))
        .exec(sql)
        .await?;
    let Some(until) = earlier_until else {
        return forget_earlier(sql, id).await;
    };
    let earlier = earlier_secret::ActiveModel {
        sha256: Set(row.sha256),
        key_id: Set(id.0),
        sequence: Set(from_u64(recorded.sequence)),
        expires_at: Set(from_time(until)),
    };
    earlier_secret::Entity::insert(earlier)
        .exec_without_returning(sql)
        .await?;
    keep_few(sql, recorded, id).await
}

/// Removes the earlier secrets of a key that have ended or are too many.
async fn keep_few(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
    id: KeyId,
) -> Result<(), ChangeError> {
    earlier_secret::Entity::delete_many()
        .filter(earlier_secret::Column::KeyId.eq(id.0))
        .filter(earlier_secret::Column::ExpiresAt.lte(from_time(recorded.at)))
        .exec(sql)
        .await?;
    let newest_ended: Option<i64> = earlier_secret::Entity::find()
        .select_only()
        .column(earlier_secret::Column::Sequence)
        .filter(earlier_secret::Column::KeyId.eq(id.0))
        .order_by_desc(earlier_secret::Column::Sequence)
        .offset(EARLIER_MAX)
        .limit(1)
        .into_tuple()
        .one(sql)
        .await?;
    if let Some(sequence) = newest_ended {
        earlier_secret::Entity::delete_many()
            .filter(earlier_secret::Column::KeyId.eq(id.0))
            .filter(earlier_secret::Column::Sequence.lte(sequence))
            .exec(sql)
            .await?;
    }
    Ok(())
}

async fn forget_earlier(sql: &impl ConnectionTrait, id: KeyId) -> Result<(), ChangeError> {
    earlier_secret::Entity::delete_many()
        .filter(earlier_secret::Column::KeyId.eq(id.0))
        .exec(sql)
        .await?;
    Ok(())
}
