//! Revoking keys: at once, with all that they made.

use protocol::KeyId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::access::{Access, Actor};
use crate::column::from_actor;
use crate::entity::{key, key_use, one};
use crate::event::ControlEvent;
use crate::lock::Lock;
use crate::record::Change;
use crate::{Catalog, CatalogError, Context, Refusal, scope};

impl Catalog {
    /// Revokes a key, and with it every session that was made from it and every key that was made
    /// with it. Who is no admin of the whole tenant revokes own
    /// keys only. Gives the keys that ended, the one
    /// that was asked for first.
    pub async fn revoke_key(
        &self,
        access: &Access,
        context: Context,
        id: KeyId,
    ) -> Result<Vec<KeyId>, Refusal> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let row = scope::keys(access).filter(key::Column::Id.eq(id.0));
            let row = one(change.sql(), row).await?.ok_or(Refusal::KeyNotFound)?;
            let mut rows = vec![row];
            let mut revoked = Vec::new();
            while let Some(row) = rows.pop() {
                let id = KeyId(row.id);
                rows.extend(made_with(&change, id).await?);
                revoke(&mut change, access, context, row).await?;
                revoked.push(id);
            }
            change.commit(revoked).await
        })
        .await
    }
}

/// The keys that a key made.
async fn made_with(change: &Change, maker: KeyId) -> Result<Vec<key::Model>, CatalogError> {
    let (kind, id) = from_actor(Actor::ApiKey(maker));
    Ok(key::Entity::find()
        .filter(key::Column::CreatedById.eq(id))
        .filter(key::Column::CreatedByKind.eq(kind))
        .order_by_asc(key::Column::Id)
        .all(change.sql())
        .await?)
}

/// Revokes one key.
pub(crate) async fn revoke(
    change: &mut Change,
    access: &Access,
    context: Context,
    row: key::Model,
) -> Result<(), CatalogError> {
    let event = ControlEvent::KeyRevoked {
        key: KeyId(row.id),
        name: row.name,
    };
    change.record(access.tenant, context, event).await?;
    key_use::Entity::delete_by_id(row.id)
        .exec(change.sql())
        .await?;
    Ok(())
}
