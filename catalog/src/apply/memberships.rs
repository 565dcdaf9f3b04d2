//! Who is a member of which tenant.

use protocol::UserId;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait};

use super::ReadModel;
use crate::access::Role;
use crate::entity::membership::{ActiveModel, Column, Entity};
use crate::error::ChangeError;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    pub(super) async fn add_member(&self, user: UserId, role: Role) -> Result<(), ChangeError> {
        let row = ActiveModel {
            tenant_id: Set(self.recorded.tenant.0),
            user_id: Set(user.0),
            role: Set(role.to_string()),
            created_at: Set(self.at()),
        };
        self.insert(row).await
    }

    pub(super) async fn set_member_role(
        &self,
        user: UserId,
        role: Role,
    ) -> Result<(), ChangeError> {
        let of_tenant = Column::TenantId.eq(self.recorded.tenant.0);
        let member = of_tenant.and(Column::UserId.eq(user.0));
        self.set::<Entity>(Column::Role, role.into_str(), member)
            .await?;
        self.delete_secrets_above(user, role).await
    }

    pub(super) async fn remove_member(&self, user: UserId) -> Result<(), ChangeError> {
        Entity::delete_by_id((self.recorded.tenant.0, user.0))
            .exec(self.sql)
            .await?;
        self.delete_secrets_of_person(user).await
    }

    pub(super) async fn delete_members(&self) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::TenantId.eq(self.recorded.tenant.0))
            .await
    }
}
