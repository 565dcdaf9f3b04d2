//! Invitations: a token that makes whoever holds it, and owns the address, a member.
//!
//! Each has two tokens, known by their SHA-256 alone. Whoever invites gets one; the other is in the mail
//! alone, so that it proves the address. A tenant has one open invitation for each address; a new one
//! takes its place.
//!
//! An invitation is never more than the person who made it may hand out: it ends when that person
//! leaves, or gets a role that is too low.

mod accept;

use std::time::Duration;

use protocol::{InvitationId, TenantId, Timestamp, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

pub use self::accept::{Accepted, Invitee};
use super::column::{from_time, to_time, to_word};
use super::email::Email;
use super::entity::{control_event, exists, invitation, membership, one, tenant, user};
use super::event::{ControlEvent, InvitationCreated};
use super::lock::Lock;
use super::page::List;
use super::permissions::role_now;
use super::quota::Counted;
use super::record::Change;
use super::{Catalog, CatalogError, Context, Page, Paged, Refusal, scope};
use crate::access::{Access, Role};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// An open invitation, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What an invitation is made from.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    pub email: String,
    pub role: Role,
    /// Of the token that the inviter gets.
    pub token_sha256: [u8; 32],
    /// Of the token that is mailed.
    pub mailed_sha256: [u8; 32],
    pub expires_at: Timestamp,
}

/// What the holder of a token is invited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInvitation {
    pub tenant: TenantId,
    pub short_name: String,
    pub invitation: Invitation,
}

impl Catalog {
    /// Whether an address is a person's, or an invitation to it is open.
    pub async fn expects_mail(&self, address: &str) -> Result<bool, CatalogError> {
        if self.user_by_email(address).await?.is_some() {
            return Ok(true);
        }
        // What is no address is nobody's.
        let Ok(email) = Email::normalise(address) else {
            return Ok(false);
        };
        let open = invitation::Column::ExpiresAt.gt(from_time(self.now()));
        let invited = open.and(invitation::Column::EmailKey.eq(email.key()));
        exists::<invitation::Entity>(self.readers(), invited).await
    }

    /// Invites an address.
    pub async fn invite(
        &self,
        access: &Access,
        context: Context,
        new: NewInvitation,
    ) -> Result<Invitation, Refusal> {
        let email = Email::normalise(&new.email)?;
        let (email_key, email) = (&email.key(), &email.into_text());
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            check_inviter(&change, access, new.role).await?;
            self.check_invitee(&change, access, email_key).await?;
            self.check_sent(&change, access).await?;
            let invitation = Invitation {
                id: InvitationId::generate(),
                email: email.clone(),
                role: new.role,
                created_at: change.at(),
                expires_at: new.expires_at,
            };
            let event = ControlEvent::InvitationCreated(InvitationCreated {
                invitation: invitation.id,
                email: email.clone(),
                role: new.role,
                token_sha256: new.token_sha256,
                mailed_sha256: Some(new.mailed_sha256),
                expires_at: new.expires_at,
            });
            change.record(access.tenant, context, event).await?;
            change.commit(invitation).await
        })
        .await
    }

    /// Whether the address is no member's, and the tenant may have another member.
    async fn check_invitee(
        &self,
        change: &Change,
        access: &Access,
        email_key: &str,
    ) -> Result<(), Refusal> {
        let sql = change.sql();
        let known = user::Entity::find().filter(user::Column::EmailKey.eq(email_key));
        if let Some(person) = one(sql, known).await?
            && is_member(sql, access.tenant, UserId(person.id)).await?
        {
            return Err(Refusal::InviteeIsMember);
        }
        let open = scope::invitations(access)
            .filter(invitation::Column::ExpiresAt.gt(from_time(change.at())))
            .filter(invitation::Column::EmailKey.ne(email_key))
            .count(sql)
            .await
            .map_err(CatalogError::from)?;
        let members = Counted::Members { invitations: open };
        let refused = |limit, used| Refusal::InviteeLimitReached { limit, used };
        self.check_quota(sql, access.tenant, (members, 1), refused)
            .await
    }

    /// Whether the tenant may send another invitation today.
    async fn check_sent(&self, change: &Change, access: &Access) -> Result<(), Refusal> {
        let limit = self.limits().invitations_per_day;
        let Some(before) = limit.checked_sub(1) else {
            return Err(Refusal::InvitationLimitReached(0));
        };
        // The time of the invitation that would be one too many within a day.
        let sent = scope::control_events(access)
            .filter(control_event::Column::Kind.eq("invitation_created"))
            .order_by_desc(control_event::Column::Sequence)
            .offset(before)
            .limit(1);
        let sent = one(change.sql(), sent).await?;
        let a_day_ago = change.at().saturating_sub(DAY);
        if sent.is_some_and(|event| to_time(event.at) > a_day_ago) {
            return Err(Refusal::InvitationLimitReached(limit));
        }
        Ok(())
    }

    /// The tenant's open invitations, newest first.
    pub async fn invitations(
        &self,
        access: &Access,
        page: Page,
    ) -> Result<Paged<Invitation>, CatalogError> {
        let list = List::new("invitations", access.tenant, b"");
        let open = scope::invitations(access)
            .filter(invitation::Column::ExpiresAt.gt(from_time(self.now())));
        let order = (invitation::Column::Id, Order::Desc);
        let rows = list.read(self.readers(), &page, open, order, |row| row.id);
        rows.await?.try_map(to_invitation)
    }

    /// Takes an invitation back.
    pub async fn revoke_invitation(
        &self,
        access: &Access,
        context: Context,
        id: InvitationId,
    ) -> Result<(), Refusal> {
        self.change(Lock::Tenant(access.tenant), move |mut change| async move {
            let row = scope::invitations(access).filter(invitation::Column::Id.eq(id.0));
            let row = one(change.sql(), row).await?;
            row.ok_or(Refusal::InvitationNotFound)?;
            let event = ControlEvent::InvitationRevoked { invitation: id };
            change.record(access.tenant, context, event).await?;
            change.commit(()).await
        })
        .await
    }

    /// What a token invites to; `None` when it is unknown, used, revoked or expired.
    pub async fn open_invitation(
        &self,
        token_sha256: [u8; 32],
    ) -> Result<Option<OpenInvitation>, CatalogError> {
        let sql = self.readers();
        let Some(row) = find_open(sql, token_sha256, self.now()).await? else {
            return Ok(None);
        };
        let tenant = tenant::Entity::find_by_id(row.tenant_id);
        let Some(tenant) = one(sql, tenant).await? else {
            return Ok(None);
        };
        Ok(Some(OpenInvitation {
            tenant: TenantId(tenant.id),
            short_name: tenant.short_name,
            invitation: to_invitation(row)?,
        }))
    }
}

/// The inviter may have lost some of the role since it was looked up.
async fn check_inviter(change: &Change, access: &Access, wanted: Role) -> Result<(), Refusal> {
    let own = role_now(change, access).await?;
    let own = own.ok_or(Refusal::InviterGone)?;
    if !may_hand_out(own, wanted) {
        return Err(Refusal::InviteeAboveYou(own));
    }
    Ok(())
}

fn may_hand_out(own: Role, wanted: Role) -> bool {
    own >= Role::Admin && wanted <= own
}

/// Revokes the open invitations of a person who has another role now, or none, as far as they are more
/// than that role may hand out.
pub(super) async fn revoke_beyond(
    change: &mut Change,
    tenant: TenantId,
    context: Context,
    person: UserId,
    role: Option<Role>,
) -> Result<(), CatalogError> {
    let made = invitation::Entity::find()
        .filter(invitation::Column::TenantId.eq(tenant.0))
        .filter(invitation::Column::InvitedBy.eq(person.0))
        .filter(invitation::Column::ExpiresAt.gt(from_time(change.at())))
        .order_by_asc(invitation::Column::Id);
    for row in made.all(change.sql()).await? {
        let invited = to_word(&row.role)?;
        if role.is_some_and(|own| may_hand_out(own, invited)) {
            continue;
        }
        let invitation = InvitationId(row.id);
        let event = ControlEvent::InvitationRevoked { invitation };
        change.record(tenant, context, event).await?;
    }
    Ok(())
}

/// The open invitation with this token, whichever of the two it is. Its inviter may still hand out what
/// it gives: those of people who left before invitations ended with that are there, and open nothing.
async fn find_open(
    sql: &impl ConnectionTrait,
    token_sha256: [u8; 32],
    now: Timestamp,
) -> Result<Option<invitation::Model>, CatalogError> {
    let token = token_sha256.to_vec();
    let either = invitation::Column::TokenSha256
        .eq(token.clone())
        .or(invitation::Column::MailedSha256.eq(token));
    let open = invitation::Entity::find()
        .filter(either)
        .filter(invitation::Column::ExpiresAt.gt(from_time(now)));
    let Some(row) = one(sql, open).await? else {
        return Ok(None);
    };
    let Some(inviter) = row.invited_by else {
        return Ok(None);
    };
    let inviter = membership::Entity::find_by_id((row.tenant_id, inviter));
    let Some(inviter) = one(sql, inviter).await? else {
        return Ok(None);
    };
    let stands = may_hand_out(to_word(&inviter.role)?, to_word(&row.role)?);
    Ok(stands.then_some(row))
}

async fn is_member(
    sql: &impl ConnectionTrait,
    tenant: TenantId,
    user: UserId,
) -> Result<bool, CatalogError> {
    let row = membership::Entity::find_by_id((tenant.0, user.0));
    Ok(one(sql, row).await?.is_some())
}

fn to_invitation(row: invitation::Model) -> Result<Invitation, CatalogError> {
    Ok(Invitation {
        id: InvitationId(row.id),
        email: row.email,
        role: to_word(&row.role)?,
        created_at: to_time(row.created_at),
        expires_at: to_time(row.expires_at),
    })
}
