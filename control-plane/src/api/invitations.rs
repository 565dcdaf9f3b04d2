//! `/tenants/me/invitations`, and `/invitations` for those who are invited.

use catalog::{Invitation, Page};
use poem_openapi::param::Path;
use poem_openapi::{Object, OpenApi};
use protocol::ErrorCode::*;
use protocol::InvitationId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::body::JsonBody;
use super::caller::{Anyone, Caller, InPerson, LENIENT, WholeTenant, role};
use super::failures::{Codes, Failed, LIST, codes};
use super::json::{Json, Success};
use super::keys::RoleName;
use super::parameters::Parameters;

/// What may go wrong with inviting someone.
const INVITE: Codes = codes(&[
    InvalidEmail,
    AlreadyMember,
    MemberLimitReached,
    InvitationLimitReached,
]);

/// What may go wrong with accepting an invitation.
const ACCEPT: Codes = codes(&[
    InvalidToken,
    InvalidEmail,
    InvalidPassword,
    CommonPassword,
    InvalidCredentials,
    TooManyAttempts,
    AlreadyMember,
    EmailTaken,
    MemberLimitReached,
]);

pub(super) struct InvitationsApi;

/// Who is invited.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CreateInvitationBody {
    /// A mail with a link goes there.
    email: String,
    /// At most the own role, and never `owner`. The default is member.
    role: Option<RoleName>,
}

/// An open invitation, without its token.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct InvitationBody {
    id: Uuid,
    email: String,
    role: RoleName,
    created_at: String,
    expires_at: String,
}

impl From<Invitation> for InvitationBody {
    fn from(it: Invitation) -> Self {
        Self {
            id: it.id.0,
            email: it.email,
            role: it.role.into(),
            created_at: it.created_at.to_string(),
            expires_at: it.expires_at.to_string(),
        }
    }
}

/// An invitation with its token, which is shown this once.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct SentInvitation {
    id: Uuid,
    email: String,
    role: RoleName,
    /// Whoever has it can accept; it is not the one in the mail, and does not verify the address. It
    /// can't be shown again.
    token: String,
    /// The page with this token.
    invite_url: String,
    created_at: String,
    expires_at: String,
}

/// A page of open invitations, newest first.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct InvitationList {
    invitations: Vec<InvitationBody>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

/// What a token invites to.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct InvitationOffer {
    tenant_id: Uuid,
    short_name: String,
    email: String,
    role: RoleName,
    expires_at: String,
}

/// Who accepts.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct AcceptBody {
    /// The invited address.
    email: String,
    /// Of a registered address its password, of a new one the password that it gets: 8 to 128
    /// characters.
    password: String,
}

/// The new membership.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct AcceptedInvitation {
    tenant_id: Uuid,
    short_name: String,
    role: RoleName,
    /// Whether the address is verified. If not, a mail with a link was sent to it, and logging in
    /// works after that was opened.
    email_verified: bool,
}

#[OpenApi(tag = "Tag::People")]
impl InvitationsApi {
    /// List open invitations
    #[oai(
        path = "/tenants/me/invitations",
        method = "get",
        operation_id = "listInvitations"
    )]
    async fn list(
        &self,
        caller: Caller<WholeTenant<role::Admin>, LENIENT>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Json<InvitationList>, Failed<LIST>> {
        let (app, access, _) = caller.parts();
        let invitations = app.invitations(access, page).await?;
        Ok(Json::new(InvitationList {
            invitations: invitations.items.into_iter().map(Into::into).collect(),
            next_cursor: invitations.next_cursor,
        }))
    }

    /// Invite someone
    ///
    /// Sends a mail with a link that works once, for 7 days. The answer has another link to the same
    /// invitation, which you may pass on yourself; accepting with that one does not verify the address. A
    /// new invitation of an address takes the place of the one before. An invitation ends when you leave
    /// the tenant, or get a role that may not give what it gives. API keys can't invite.
    #[oai(
        path = "/tenants/me/invitations",
        method = "post",
        operation_id = "createInvitation"
    )]
    async fn create(
        &self,
        caller: Caller<InPerson<role::Admin>, LENIENT>,
        JsonBody(body): JsonBody<CreateInvitationBody, LENIENT>,
    ) -> Result<Json<SentInvitation, 201>, Failed<INVITE>> {
        let (app, access, context) = caller.parts();
        let role = body.role.map(Into::into);
        let sent = app.invite(access, context, &body.email, role).await?;
        let it = InvitationBody::from(sent.invitation);
        Ok(Json::new(SentInvitation {
            id: it.id,
            email: it.email,
            role: it.role,
            token: sent.token,
            invite_url: sent.url,
            created_at: it.created_at,
            expires_at: it.expires_at,
        }))
    }

    /// Revoke an invitation
    ///
    /// Its link works no more.
    #[oai(
        path = "/tenants/me/invitations/:id",
        method = "delete",
        operation_id = "revokeInvitation"
    )]
    async fn revoke(
        &self,
        caller: Caller<WholeTenant<role::Admin>, LENIENT>,
        /// The invitation's id.
        id: Path<Uuid>,
    ) -> Result<Json<Success>, Failed<{ codes(&[InvitationNotFound]) }>> {
        let (app, access, context) = caller.parts();
        let id = InvitationId(id.0);
        app.revoke_invitation(access, context, id).await?;
        Ok(Success::json())
    }

    /// Show what a token invites to
    #[oai(
        path = "/invitations/:token",
        method = "get",
        operation_id = "getInvitation"
    )]
    async fn show(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        /// From the link.
        token: Path<String>,
    ) -> Result<Json<InvitationOffer>, Failed<{ codes(&[InvalidToken]) }>> {
        let open = visitor.app.invitation(&token.0).await?;
        Ok(Json::new(InvitationOffer {
            tenant_id: open.tenant.0,
            short_name: open.short_name,
            email: open.invitation.email,
            role: open.invitation.role.into(),
            expires_at: open.invitation.expires_at.to_string(),
        }))
    }

    /// Accept an invitation
    ///
    /// A registered address proves its password; a new one is registered with the password. With the
    /// token of the mail the address is verified, since the mail came to it. With the one that the
    /// inviter got, an address that is not verified yet gets a mail for that.
    #[oai(
        path = "/invitations/:token/accept",
        method = "post",
        operation_id = "acceptInvitation"
    )]
    async fn accept(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        /// From the link.
        token: Path<String>,
        JsonBody(body): JsonBody<AcceptBody, LENIENT>,
    ) -> Result<Json<AcceptedInvitation>, Failed<ACCEPT>> {
        let (app, network, request_id) = (&visitor.app, visitor.network, visitor.request_id);
        let accepted = app
            .accept_invitation(network, request_id, &token.0, &body.email, body.password)
            .await?;
        let open = accepted.open;
        Ok(Json::new(AcceptedInvitation {
            tenant_id: open.tenant.0,
            short_name: open.short_name,
            role: open.invitation.role.into(),
            email_verified: accepted.email_verified,
        }))
    }
}
