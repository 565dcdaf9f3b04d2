//! Secrets of keys: which of them work, and who is behind each.
//!
//! Behind a secret stands the person who gave it by making or rotating the key, or who stands behind
//! the secret that the maker came with. After a rotation by somebody else, a key has secrets of two
//! people for a while. What one of them loses, the secrets of that person lose, and no others.

use protocol::{KeyId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::CatalogError;
use super::column::{from_time, to_time};
use super::entity::{earlier_secret, key, one};
use crate::access::{Access, Actor};

/// A secret that works, unless its key expired.
pub(super) struct Secret {
    pub(super) key: key::Model,
    /// When it ends; `None` for the present one, which ends with its key.
    pub(super) ends: Option<Timestamp>,
    /// Unknown for those that no person gave.
    pub(super) person: Option<UserId>,
}

impl Secret {
    fn present(key: key::Model) -> Self {
        Self {
            person: key.user_id.map(UserId),
            ends: None,
            key,
        }
    }
}

/// The secret with this SHA-256: the present one of a key, or one from before a rotation.
pub(super) async fn working(
    sql: &impl ConnectionTrait,
    now: Timestamp,
    sha256: [u8; 32],
) -> Result<Option<Secret>, CatalogError> {
    let present = key::Entity::find().filter(key::Column::Sha256.eq(sha256.to_vec()));
    if let Some(key) = one(sql, present).await? {
        return Ok(Some(Secret::present(key)));
    }
    let earlier = earlier_secret::Entity::find_by_id(sha256.to_vec())
        .filter(earlier_secret::Column::ExpiresAt.gt(from_time(now)));
    let Some(earlier) = one(sql, earlier).await? else {
        return Ok(None);
    };
    let key = one(sql, key::Entity::find_by_id(earlier.key_id)).await?;
    Ok(key.map(|key| Secret {
        key,
        ends: Some(to_time(earlier.expires_at)),
        person: earlier.user_id.map(UserId),
    }))
}

/// That of a key, by what its holder came with; where that is not known, the present one.
pub(super) async fn of_key(
    sql: &impl ConnectionTrait,
    now: Timestamp,
    key: KeyId,
    sha256: Option<[u8; 32]>,
) -> Result<Option<Secret>, CatalogError> {
    let Some(sha256) = sha256 else {
        let key = one(sql, key::Entity::find_by_id(key.0)).await?;
        return Ok(key.map(Secret::present));
    };
    let secret = working(sql, now, sha256).await?;
    Ok(secret.filter(|secret| secret.key.id == key.0))
}

/// The holder in person, or whoever is behind the secret that the holder came with.
pub(super) async fn person_behind(
    sql: &impl ConnectionTrait,
    now: Timestamp,
    access: &Access,
) -> Result<Option<UserId>, CatalogError> {
    match access.actor {
        Actor::User(user) => Ok(Some(user)),
        Actor::ApiKey(key) => {
            let secret = of_key(sql, now, key, access.secret).await?;
            Ok(secret.and_then(|secret| secret.person))
        }
        Actor::System => Ok(None),
    }
}
