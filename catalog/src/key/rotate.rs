//! Rotation: a key gets a new secret and stays what it is, with its id, its role and its logs.
//!
//! Earlier secrets go on working for as long as the rotation says, so that what uses the key can be
//! changed over without a gap.

use std::time::Duration;

use protocol::{KeyId, LogId, Timestamp};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::super::column::from_actor;
use super::super::entity::{key, session};
use super::super::event::ControlEvent;
use super::super::session::standing;
use super::super::turn::Turn;
use super::super::{Catalog, CatalogError, Context, scope};
use super::{Key, maker_of_secret, to_key};
use crate::access::{Access, Actor, Role};

/// Why a key was not rotated.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RotateKeyError {
    #[error("there is no such API key")]
    NotFound,
    /// Its new secret would be a way up.
    #[error("the key has the role {of_key}, which is above {own}, your own")]
    RoleAbove { of_key: Role, own: Role },
    #[error("the key reaches logs that yours does not")]
    LogsBeyond,
    #[error("the key expired at {0}, and a new secret would not bring it back; make a new key")]
    Expired(Timestamp),
    #[error("you are no member any more, or your key was revoked")]
    HolderGone,
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl Catalog {
    /// Gives a key a new secret. All those before it work for `overlap` more, unless they end sooner;
    /// without an overlap they end at once, and so do all sessions that were made from them. Gives
    /// the key, and until when earlier secrets work.
    ///
    /// # Errors
    /// When the holder sees no such key, or the key may do more than the holder at this moment.
    pub async fn rotate_key(
        &self,
        access: &Access,
        context: Context,
        id: KeyId,
        sha256: [u8; 32],
        overlap: Duration,
    ) -> Result<(Key, Option<Timestamp>), RotateKeyError> {
        self.change(Turn::Tenant(access.tenant), move |mut change| async move {
            let row = scope::keys(access)
                .filter(key::Column::Id.eq(id.0))
                .one(change.sql())
                .await
                .map_err(CatalogError::from)?
                .ok_or(RotateKeyError::NotFound)?;
            let mut key = to_key(row, None)?;
            let own = standing(change.sql(), change.at(), access).await?;
            let own = own.ok_or(RotateKeyError::HolderGone)?.role.min(access.role);
            check_ceiling(access, own, &key)?;
            if let Some(end) = key.expires_at.filter(|end| *end <= change.at()) {
                return Err(RotateKeyError::Expired(end));
            }
            let earlier_until = (!overlap.is_zero()).then(|| change.at().saturating_add(overlap));
            let event = ControlEvent::KeyRotated {
                key: id,
                name: key.name.clone(),
                sha256,
                earlier_until,
                person: maker_of_secret(&change, access).await?,
            };
            let recorded = change.record(access.tenant, context, event).await;
            recorded.map_err(CatalogError::from)?;
            if earlier_until.is_none() {
                let (kind, actor) = from_actor(Actor::ApiKey(id));
                session::Entity::delete_many()
                    .filter(session::Column::ActorId.eq(actor))
                    .filter(session::Column::ActorKind.eq(kind))
                    .exec(change.sql())
                    .await
                    .map_err(CatalogError::from)?;
            }
            key.rotated_at = Some(change.at());
            change.commit().await?;
            Ok((key, earlier_until))
        })
        .await
    }
}

/// Whoever rotates a key holds it afterwards.
fn check_ceiling(access: &Access, own: Role, key: &Key) -> Result<(), RotateKeyError> {
    if key.role > own {
        return Err(RotateKeyError::RoleAbove {
            of_key: key.role,
            own,
        });
    }
    let covers = |log: &LogId| access.covers(*log);
    let within = match &key.logs {
        Some(logs) => logs.iter().all(covers),
        None => access.logs.is_none(),
    };
    if within {
        Ok(())
    } else {
        Err(RotateKeyError::LogsBeyond)
    }
}
