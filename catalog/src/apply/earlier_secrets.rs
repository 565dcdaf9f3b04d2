//! Secrets of keys from before their rotations.

use protocol::{KeyId, TenantId, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    QueryTrait, Select,
};

use super::ReadModel;
use crate::access::Role;
use crate::column::{from_time, from_u64};
use crate::entity::earlier_secret::{ActiveModel, Column, Entity};
use crate::entity::key;
use crate::error::ChangeError;

/// Earlier secrets of one key that work at a time; the oldest ends for another one.
const EARLIER_MAX: u64 = 4;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    /// Keeps the secret that a key had before a rotation until a time, and those before it no longer.
    pub(super) async fn keep_secret(
        &self,
        before: key::Model,
        until: Timestamp,
    ) -> Result<(), ChangeError> {
        let key = before.id;
        let until = from_time(until);
        let later = Column::KeyId.eq(key).and(Column::ExpiresAt.gt(until));
        self.set::<Entity>(Column::ExpiresAt, until, later).await?;
        let row = ActiveModel {
            sha256: Set(before.sha256),
            key_id: Set(key),
            sequence: Set(from_u64(self.recorded.sequence)),
            expires_at: Set(until),
            user_id: Set(before.user_id),
        };
        self.insert(row).await?;
        let rows = Condition::all()
            .add(Column::KeyId.eq(key))
            .add(Column::ExpiresAt.lte(self.at()));
        self.delete::<Entity>(rows).await?;
        let of_key = Column::KeyId.eq(key);
        self.keep_newest::<Entity>(of_key, Column::Sequence, EARLIER_MAX)
            .await
    }

    pub(super) async fn delete_secrets_of_key(&self, key: KeyId) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::KeyId.eq(key.0)).await
    }

    pub(super) async fn delete_secrets(&self) -> Result<(), ChangeError> {
        let keys = ids(keys_of(self.recorded.tenant));
        self.delete::<Entity>(Column::KeyId.in_subquery(keys)).await
    }

    /// Ends the earlier secrets of someone who leaves a tenant, of whichever key.
    pub(super) async fn delete_secrets_of_person(&self, person: UserId) -> Result<(), ChangeError> {
        self.delete_secrets_of(person, keys_of(self.recorded.tenant))
            .await
    }

    /// Ends the earlier secrets of someone who gets a role, of keys above it. The keys that are the
    /// person's own are lowered instead, with all their secrets.
    pub(super) async fn delete_secrets_above(
        &self,
        person: UserId,
        role: Role,
    ) -> Result<(), ChangeError> {
        let roles = [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner];
        let above = roles.into_iter().filter(|it| *it > role);
        let of_others = Condition::any()
            .add(key::Column::UserId.ne(person.0))
            .add(key::Column::UserId.is_null());
        let keys = keys_of(self.recorded.tenant)
            .filter(key::Column::Role.is_in(above.map(|it| it.into_str())))
            .filter(of_others);
        self.delete_secrets_of(person, keys).await
    }

    async fn delete_secrets_of(
        &self,
        person: UserId,
        keys: Select<key::Entity>,
    ) -> Result<(), ChangeError> {
        let rows = Condition::all()
            .add(Column::UserId.eq(person.0))
            .add(Column::KeyId.in_subquery(ids(keys)));
        self.delete::<Entity>(rows).await
    }
}

fn keys_of(tenant: TenantId) -> Select<key::Entity> {
    key::Entity::find().filter(key::Column::TenantId.eq(tenant.0))
}

fn ids(keys: Select<key::Entity>) -> SelectStatement {
    keys.select_only().column(key::Column::Id).into_query()
}
