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

/// An invitation that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub open: OpenInvitation,
    pub user: UserId,
    /// Whether the address is known to be the person's, from now on or from before.
    pub email_verified: bool,
}

impl Catalog {
    /// Makes the invited person a member, registers them where the address is new, and uses both tokens
    /// up. With the one that was mailed the address is verified then; the other one does not tell
    /// whose it is.
    pub async fn accept_invitation(
        &self,
        request_id: RequestId,
        token_sha256: [u8; 32],
        invitee: Invitee,
    ) -> Result<Accepted, Refusal> {
        let open = self.open_invitation(token_sha256).await?;
        let open = open.ok_or(Refusal::InvitationUnknown)?;
        let tenant = open.tenant;
        let invitee = &invitee;
        let lock = Lock::TenantAndPeople(tenant);
        let changed = self.change(lock, move |mut change| async move {
            // It may have been used or revoked meanwhile, or its inviter may have less to give; else it
            // is as it was.
            let row = find_open(change.sql(), token_sha256, change.at()).await?;
            let row = row.ok_or(Refusal::InvitationUnknown)?;
            let members = Counted::Members { invitations: 0 };
            let refused = |limit, used| Refusal::MemberLimitReached { limit, used };
            self.check_quota(change.sql(), tenant, (members, 1), refused)
                .await?;
            let is_mailed = row.mailed_sha256.as_deref() == Some(&token_sha256[..]);
            let admitted = admit(&mut change, request_id, (&row, is_mailed), invitee);
            let admitted = admitted.await?;
            change.commit::<_, Refusal>(admitted).await
        });
        let (user, email_verified) = changed.await?;
        Ok(Accepted {
            open,
            user,
            email_verified,
        })
    }
}

/// Records what makes an invited person a member. Gives who it is, and whether the address is verified.
async fn admit(
    change: &mut Change,
    request_id: RequestId,
    (row, is_mailed): (&invitation::Model, bool),
    invitee: &Invitee,
) -> Result<(UserId, bool), Refusal> {
    let tenant = TenantId(row.tenant_id);
    let user = match invitee {
        Invitee::Known(user) => *user,
        Invitee::New { .. } => UserId::generate(),
    };
    let context = Context::user(user, request_id);
    let email_verified = match invitee {
        Invitee::Known(user) => {
            let person = user::Entity::find_by_id(user.0)
                .filter(user::Column::EmailKey.eq(row.email_key.as_str()));
            let person = one(change.sql(), person).await?;
            let person = person.ok_or(Refusal::InvitationUnknown)?;
            if is_member(change.sql(), tenant, *user).await? {
                return Err(Refusal::AlreadyMember);
            }
            if is_mailed && !person.email_verified {
                let event = ControlEvent::EmailVerified { user: *user };
                change.record(PEOPLE, context, event).await?;
            }
            is_mailed || person.email_verified
        }
        Invitee::New { password_hash } => {
            let event = ControlEvent::UserRegistered(UserRegistered {
                user,
                email: row.email.clone(),
                password_hash: password_hash.clone(),
                email_verified: is_mailed,
            });
            let taken = ("email_key", Refusal::RegisteredMeanwhile);
            change.record_unique(PEOPLE, context, event, taken).await?;
            is_mailed
        }
    };
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
    Ok((user, email_verified))
}
