//! Accepting an invitation.

use protocol::{InvitationId, RequestId, TenantId, UserId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{OpenInvitation, find_open, is_member};
use crate::column::to_word;
use crate::entity::{invitation, one, user};
use crate::event::{ControlEvent, PEOPLE, UserRegistered};
use crate::lock::Lock;
use crate::quota::Counted;
use crate::record::Change;
use crate::{Catalog, Context, Refusal};

/// Who accepts.
#[derive(Clone, Debug)]
pub enum Invitee {
    /// The address is registered, and its person has given the password.
    Known(UserId),
    /// The address is new.
    New { password_hash: String },
}

impl Catalog {
    /// Makes the invited person a member, registers them where the address is new, and uses the
    /// token up. The address is verified then: its mail had the token.
    pub async fn accept_invitation(
        &self,
        request_id: RequestId,
        token_sha256: [u8; 32],
        invitee: Invitee,
    ) -> Result<(OpenInvitation, UserId), Refusal> {
        let open = self.open_invitation(token_sha256).await?;
        let open = open.ok_or(Refusal::InvitationUnknown)?;
        let tenant = open.tenant;
        let invitee = &invitee;
        let lock = Lock::TenantAndPeople(tenant);
        let changed = self.change(lock, move |mut change| async move {
            // It may have been used or revoked meanwhile; else it is as it was.
            let row = find_open(change.sql(), token_sha256, change.at()).await?;
            let row = row.ok_or(Refusal::InvitationUnknown)?;
            let members = Counted::Members { invitations: 0 };
            let refused = |limit, used| Refusal::MemberLimitReached { limit, used };
            self.check_quota(change.sql(), tenant, (members, 1), refused)
                .await?;
            let user = admit(&mut change, request_id, tenant, &row, invitee).await?;
            change.commit::<_, Refusal>(user).await
        });
        Ok((open, changed.await?))
    }
}

/// Records what makes an invited person a member.
async fn admit(
    change: &mut Change,
    request_id: RequestId,
    tenant: TenantId,
    row: &invitation::Model,
    invitee: &Invitee,
) -> Result<UserId, Refusal> {
    let user = match invitee {
        Invitee::Known(user) => *user,
        Invitee::New { .. } => UserId::generate(),
    };
    let context = Context::user(user, request_id);
    match invitee {
        Invitee::Known(user) => {
            let person = user::Entity::find_by_id(user.0)
                .filter(user::Column::EmailKey.eq(row.email_key.as_str()));
            let person = one(change.sql(), person).await?;
            let person = person.ok_or(Refusal::InvitationUnknown)?;
            if is_member(change.sql(), tenant, *user).await? {
                return Err(Refusal::AlreadyMember);
            }
            if !person.email_verified {
                let event = ControlEvent::EmailVerified { user: *user };
                change.record(PEOPLE, context, event).await?;
            }
        }
        Invitee::New { password_hash } => {
            let event = ControlEvent::UserRegistered(UserRegistered {
                user,
                email: row.email.clone(),
                password_hash: password_hash.clone(),
                email_verified: true,
            });
            let taken = ("email_key", Refusal::RegisteredMeanwhile);
            change.record_unique(PEOPLE, context, event, taken).await?;
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
