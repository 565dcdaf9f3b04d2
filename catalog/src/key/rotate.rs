//! Rotation: a key gets a new secret and stays what it is, with its id, its role and its logs.
//!
//! Earlier secrets go on working for as long as the rotation says, so that what uses the key can be
//! changed over without a gap.

use std::time::Duration;

use protocol::{KeyId, LogId, Timestamp};
use sea_orm::{ColumnTrait, QueryFilter};

use super::{Key, maker_of_secret, to_key};
use crate::access::{Access, Actor, Role};
use crate::entity::{key, one};
use crate::event::{ControlEvent, KeyRotated};
use crate::lock::Lock;
use crate::permissions::own_role;
use crate::session::end_sessions;
use crate::{Catalog, Context, Refusal, scope};

impl Catalog {
    /// Gives a key a new secret. All those before it work for `overlap` more, unless they end sooner;
    /// without an overlap they end at once, and so do all sessions that were made from them. Gives
    /// the key, and until when earlier secrets work.
    pub async fn rotate_key(
        &self,
        access: &Access,
        context: Context,
        id: KeyId,
        sha256: [u8; 32],
        overlap: Duration,
    ) -> Result<(Key, Option<Timestamp>), Refusal> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let row = scope::keys(access).filter(key::Column::Id.eq(id.0));
            let row = one(change.sql(), row).await?;
            let mut key = to_key(row.ok_or(Refusal::KeyNotFound)?, None)?;
            check_ceiling(access, own_role(&change, access).await?, &key)?;
            if let Some(end) = key.expires_at.filter(|end| *end <= change.at()) {
                return Err(Refusal::KeyExpired(end));
            }
            let earlier_until = (!overlap.is_zero()).then(|| change.at().saturating_add(overlap));
            let event = ControlEvent::KeyRotated(KeyRotated {
                key: id,
                name: key.name.clone(),
                sha256,
                earlier_until,
                person: maker_of_secret(&change, access).await?,
            });
            change.record(access.tenant, context, event).await?;
            if earlier_until.is_none() {
                end_sessions(change.sql(), Actor::ApiKey(id), None).await?;
            }
            key.rotated_at = Some(change.at());
            change.commit((key, earlier_until)).await
        })
        .await
    }
}

/// Whoever rotates a key holds it afterwards.
fn check_ceiling(access: &Access, own: Role, key: &Key) -> Result<(), Refusal> {
    if key.role > own {
        return Err(Refusal::KeyAboveYou {
            of_key: key.role,
            own,
        });
    }
    let covers = |log: &LogId| access.covers(*log);
    match &key.logs {
        Some(logs) if logs.iter().all(covers) => Ok(()),
        None if access.logs.is_none() => Ok(()),
        _ => Err(Refusal::KeyBeyondYours),
    }
}
