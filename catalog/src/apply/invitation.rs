//! Invitations.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::super::column::{corrupt, from_time};
use super::super::entity::invitation;
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, RecordedEvent};
use super::super::user::Email;

pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::InvitationCreated {
            invitation,
            email,
            role,
            token_sha256,
            expires_at,
        } => {
            let email_key = Email::normalise(email)?.key();
            let at = from_time(recorded.at);
            // Room for it: what it replaces, and what expired.
            let replaced = Condition::any()
                .add(invitation::Column::EmailKey.eq(email_key.as_str()))
                .add(invitation::Column::ExpiresAt.lte(at));
            invitation::Entity::delete_many()
                .filter(invitation::Column::TenantId.eq(recorded.tenant.0))
                .filter(replaced)
                .exec(sql)
                .await?;
            let row = invitation::ActiveModel {
                id: Set(invitation.0),
                tenant_id: Set(recorded.tenant.0),
                email: Set(email.clone()),
                email_key: Set(email_key),
                role: Set(role.as_str().to_owned()),
                token_sha256: Set(token_sha256.to_vec()),
                created_at: Set(at),
                expires_at: Set(from_time(*expires_at)),
            };
            invitation::Entity::insert(row)
                .exec_without_returning(sql)
                .await?;
        }
        ControlEvent::InvitationRevoked { invitation }
        | ControlEvent::InvitationAccepted { invitation, .. } => {
            invitation::Entity::delete_by_id(invitation.0)
                .exec(sql)
                .await?;
        }
        other => return Err(corrupt(format!("{} is no invitation", other.kind())).into()),
    }
    Ok(())
}
