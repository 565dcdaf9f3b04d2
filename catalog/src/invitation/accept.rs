//! Accepting an invitation.

use protocol::{InvitationId, RequestId, TenantId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::super::column::to_word;
use super::super::entity::{invitation, user};
use super::super::error::ChangeError;
use super::super::event::{ControlEvent, PEOPLE};
use super::super::record::Change;
use super::super::turn::Turn;
use super::super::{Catalog, CatalogError, Context};
use super::{OpenInvitation, count_members, find_open, is_member, to_invitation};
use crate::access::Actor;

/// Who accepts.
#[derive(Clone, Debug)]
pub enum Invitee {
    /// The address is registered, and its person has given the password.
    Known(UserId),
    /// The address is new.
    New { password_hash: String },
}

/// Why an invitation was not accepted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AcceptError {
    #[error("the invitation is unknown, used, revoked or expired; ask for a new one")]
    Unknown,
    #[error("you are a member already")]
    AlreadyMember,
    #[error("the address was registered meanwhile; accept again, with its password")]
    EmailTaken,
    #[error("the tenant has {used} members, and may have {limit}")]
    MemberLimitReached { limit: u64, used: u64 },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

impl From<ChangeError> for AcceptError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Taken(message) if message.contains("email_key") => Self::EmailTaken,
            other => Self::Catalog(other.into()),
        }
    }
}

impl Catalog {
    /// Makes the invited person a member, registers them where the address is new, and uses the
    /// token up. The address is verified then: its mail had the token.
    ///
    /// # Errors
    /// When the token opens nothing, or the person is a member.
    pub async fn accept_invitation(
        &self,
        request_id: RequestId,
        token_sha256: [u8; 32],
        invitee: Invitee,
    ) -> Result<(OpenInvitation, UserId), AcceptError> {
        let open = self.open_invitation(token_sha256).await?;
        let tenant = open.ok_or(AcceptError::Unknown)?.tenant;
        let invitee = &invitee;
        let turn = Turn::TenantAndPeople(tenant);
        self.change(turn, move |mut change| async move {
            let row = find_open(change.sql(), token_sha256, change.at()).await?;
            let row = row.ok_or(AcceptError::Unknown)?;
            let (found, quotas) = self.room_of(change.sql(), tenant).await?;
            let used = count_members(change.sql(), tenant).await?;
            if used >= quotas.members {
                let limit = quotas.members;
                return Err(AcceptError::MemberLimitReached { limit, used });
            }
            let user = admit(&mut change, request_id, tenant, &row, invitee).await?;
            change.commit().await?;
            let open = OpenInvitation {
                tenant,
                short_name: found.short_name,
                invitation: to_invitation(row)?,
            };
            Ok((open, user))
        })
        .await
    }
}

/// Records what makes an invited person a member.
async fn admit(
    change: &mut Change,
    request_id: RequestId,
    tenant: TenantId,
    row: &invitation::Model,
    invitee: &Invitee,
) -> Result<UserId, AcceptError> {
    let user = match invitee {
        Invitee::Known(user) => *user,
        Invitee::New { .. } => UserId::generate(),
    };
    let context = Context {
        actor: Actor::User(user),
        request_id,
    };
    match invitee {
        Invitee::Known(user) => {
            let person = user::Entity::find_by_id(user.0)
                .filter(user::Column::EmailKey.eq(row.email_key.as_str()))
                .one(change.sql())
                .await
                .map_err(CatalogError::from)?
                .ok_or(AcceptError::Unknown)?;
            if is_member(change.sql(), tenant, *user).await? {
                return Err(AcceptError::AlreadyMember);
            }
            if !person.email_verified {
                let event = ControlEvent::EmailVerified { user: *user };
                change.record(PEOPLE, context, event).await?;
            }
        }
        Invitee::New { password_hash } => {
            let event = ControlEvent::UserRegistered {
                user,
                email: row.email.clone(),
                password_hash: password_hash.clone(),
                email_verified: true,
            };
            change.record(PEOPLE, context, event).await?;
        }
    }
    let accepted = ControlEvent::InvitationAccepted {
        invitation: InvitationId(row.id),
        user,
    };
    change.record(tenant, context, accepted).await?;
    let added = ControlEvent::MemberAdded {
        user,
        role: to_word(&row.role)?,
    };
    change.record(tenant, context, added).await?;
    Ok(user)
}
