//! What a holder of a token may do right now: a role may have been lowered, a membership ended or a
//! key revoked since the holder was authenticated.

use protocol::{LogId, Timestamp};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::column::{to_logs, to_time, to_word};
use super::entity::{membership, one};
use super::record::Change;
use super::secret::{self, Secret};
use super::{CatalogError, Refusal};
use crate::access::{Access, Actor, Role};

/// What a user or key may do right now.
pub(super) struct Permissions {
    pub(super) role: Role,
    pub(super) logs: Option<Vec<LogId>>,
    pub(super) expires_at: Option<Timestamp>,
}

/// The permissions of a holder in the tenant; `None` when it is no member, or when the key or the
/// secret that it came with is gone or expired.
pub(super) async fn of(
    sql: &impl ConnectionTrait,
    now: Timestamp,
    access: &Access,
) -> Result<Option<Permissions>, CatalogError> {
    match access.actor {
        Actor::User(user) => {
            let row = membership::Entity::find_by_id((access.tenant.0, user.0));
            let Some(row) = one(sql, row).await? else {
                return Ok(None);
            };
            Ok(Some(Permissions {
                role: to_word(&row.role)?,
                logs: None,
                expires_at: None,
            }))
        }
        Actor::ApiKey(key) => {
            let secret = secret::of_key(sql, now, key, access.secret).await?;
            let secret = secret.filter(|secret| secret.key.tenant_id == access.tenant.0);
            secret.map_or(Ok(None), |secret| of_secret(now, &secret))
        }
        // Nobody logs in as the system.
        Actor::System => Ok(None),
    }
}

/// `None` once the key expired.
pub(super) fn of_secret(
    now: Timestamp,
    secret: &Secret,
) -> Result<Option<Permissions>, CatalogError> {
    let key = &secret.key;
    let key_ends = key.expires_at.map(to_time);
    if key_ends.is_some_and(|end| end <= now) {
        return Ok(None);
    }
    Ok(Some(Permissions {
        role: to_word(&key.role)?,
        logs: to_logs(key.logs.as_ref())?,
        expires_at: key_ends.into_iter().chain(secret.ends).min(),
    }))
}

/// The role in which a holder makes a change; `None` when it may do nothing any more.
pub(super) async fn role_now(
    change: &Change,
    access: &Access,
) -> Result<Option<Role>, CatalogError> {
    let permissions = of(change.sql(), change.at(), access).await?;
    Ok(permissions.map(|it| it.role.min(access.role)))
}

/// That role; a holder that may do nothing any more is refused.
pub(super) async fn own_role(change: &Change, access: &Access) -> Result<Role, Refusal> {
    role_now(change, access).await?.ok_or(Refusal::ActorGone)
}
