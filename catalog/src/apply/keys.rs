//! API keys.

use protocol::{KeyId, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::ReadModel;
use crate::access::{Actor, Role};
use crate::column::{corrupt, from_actor, from_logs, from_time};
use crate::entity::key::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::event::{KeyCreated, KeyRotated};

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn create_key(&self, new: &KeyCreated) -> Result<(), ChangeError> {
        let (created_by_kind, created_by_id) = from_actor(self.recorded.actor);
        let row = ActiveModel {
            id: Set(new.key.0),
            tenant_id: Set(self.recorded.tenant.0),
            name: Set(new.name.clone()),
            role: Set(new.role.to_string()),
            logs: Set(from_logs(new.logs.as_deref())?),
            created_by_kind: Set(created_by_kind),
            created_by_id: Set(created_by_id),
            created_at: Set(self.at()),
            rotated_at: Set(None),
            expires_at: Set(new.expires_at.map(from_time)),
            sha256: Set(new.sha256.to_vec()),
            user_id: Set(self.person_behind(self.recorded.actor, new.person).await?),
        };
        self.insert(row).await
    }

    /// Gives a key another secret.
    pub(super) async fn rotate_key(&self, rotated: &KeyRotated) -> Result<(), ChangeError> {
        let key = rotated.key;
        let person = self
            .person_behind(self.recorded.actor, rotated.person)
            .await?;
        let Some(before) = Entity::find_by_id(key.0).one(self.sql).await? else {
            return Err(corrupt(format!("key {key} is not there to be rotated")).into());
        };
        let rows = Entity::update_many()
            .col_expr(Column::Sha256, Expr::value(rotated.sha256.to_vec()))
            .col_expr(Column::RotatedAt, Expr::value(self.at()))
            .col_expr(Column::UserId, Expr::value(person))
            .filter(Column::Id.eq(key.0));
        self.update(rows).await?;
        match rotated.earlier_until {
            Some(until) => self.keep_secret(before, until).await,
            None => self.delete_secrets_of_key(key).await,
        }
    }

    pub(super) async fn revoke_key(&self, key: KeyId) -> Result<(), ChangeError> {
        self.delete_secrets_of_key(key).await?;
        self.delete::<Entity>(Column::Id.eq(key.0)).await
    }

    pub(super) async fn set_key_role(&self, key: KeyId, role: Role) -> Result<(), ChangeError> {
        self.set::<Entity>(Column::Role, role.into_str(), Column::Id.eq(key.0))
            .await
    }

    pub(super) async fn delete_keys(&self) -> Result<(), ChangeError> {
        self.delete_secrets().await?;
        self.delete::<Entity>(Column::TenantId.eq(self.recorded.tenant.0))
            .await
    }

    /// The person who makes or rotates a key, or who stands behind the key that does. The first events of
    /// keys that keys made did not say who that is: then it is whoever is behind the maker.
    async fn person_behind(
        &self,
        maker: Actor,
        said: Option<UserId>,
    ) -> Result<Option<Uuid>, ChangeError> {
        match (maker, said) {
            (_, Some(person)) | (Actor::User(person), None) => Ok(Some(person.0)),
            (Actor::ApiKey(key), None) => {
                let maker = Entity::find_by_id(key.0).one(self.sql).await?;
                Ok(maker.and_then(|maker| maker.user_id))
            }
            (Actor::System, None) => Ok(None),
        }
    }
}
