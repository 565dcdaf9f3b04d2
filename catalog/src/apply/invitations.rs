//! Invitations.

use protocol::InvitationId;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait};

use super::ReadModel;
use crate::access::Actor;
use crate::column::from_time;
use crate::email::Email;
use crate::entity::invitation::{ActiveModel, Column, Entity};
use crate::error::ChangeError;
use crate::event::InvitationCreated;

impl<C: ConnectionTrait> ReadModel<'_, C> {
    /// Creates an invitation. What it replaces, and what expired, goes.
    pub(super) async fn create_invitation(
        &self,
        new: &InvitationCreated,
    ) -> Result<(), ChangeError> {
        let email_key = Email::normalise(&new.email)?.key();
        let at = self.at();
        let replaced = Condition::any()
            .add(Column::EmailKey.eq(email_key.as_str()))
            .add(Column::ExpiresAt.lte(at));
        let rows = Condition::all()
            .add(Column::TenantId.eq(self.recorded.tenant.0))
            .add(replaced);
        self.delete::<Entity>(rows).await?;
        let invited_by = match self.recorded.actor {
            Actor::User(person) => Some(person.0),
            Actor::ApiKey(_) | Actor::System => None,
        };
        let row = ActiveModel {
            id: Set(new.invitation.0),
            tenant_id: Set(self.recorded.tenant.0),
            email: Set(new.email.clone()),
            email_key: Set(email_key),
            role: Set(new.role.to_string()),
            token_sha256: Set(new.token_sha256.to_vec()),
            created_at: Set(at),
            expires_at: Set(from_time(new.expires_at)),
            mailed_sha256: Set(new.mailed_sha256.map(Vec::from)),
            invited_by: Set(invited_by),
        };
        self.insert(row).await
    }

    pub(super) async fn delete_invitation(
        &self,
        invitation: InvitationId,
    ) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::Id.eq(invitation.0)).await
    }

    pub(super) async fn delete_invitations(&self) -> Result<(), ChangeError> {
        self.delete::<Entity>(Column::TenantId.eq(self.recorded.tenant.0))
            .await
    }
}
