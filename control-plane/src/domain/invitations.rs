//! Invitations: sent by a person to an address, accepted by its owner.

use std::net::IpAddr;

use catalog::access::{Access, Role};
use catalog::{
    Accepted, Context, Invitation, Invitee, NewInvitation, OpenInvitation, Page, Paged, Refusal,
};
use protocol::{ErrorCode, InvitationId, RequestId};

use super::App;
use super::tenants::normal_email;
use crate::auth::{password, token};
use crate::errors::{Failure, Result};
use crate::mail::Message;

/// An invitation that was just made, with what its inviter gets. The mail has a token of its own.
pub(crate) struct Sent {
    pub invitation: Invitation,
    pub token: String,
    pub url: String,
}

impl App {
    /// Invites an address and sends it a mail. The answer has a link, too, so that an invitation does
    /// not depend on the mail; but it is another one, since only what was mailed tells whose the
    /// address is.
    ///
    /// # Errors
    /// When the caller may not, the address is a member's, or there are too many.
    pub(crate) async fn invite(
        &self,
        access: &Access,
        context: Context,
        email: &str,
        role: Option<Role>,
    ) -> Result<Sent> {
        let role = role.unwrap_or(Role::Member);
        if role == Role::Owner {
            return Err(Failure::invalid_request(
                "an owner can't be invited; invite an admin, and then hand the tenant over",
            ));
        }
        let email = normal_email(email)?;
        let tenant = self.catalog.tenant(access).await?;
        let [secret, mailed] = [(); 2].map(|()| token::random(token::INVITATION));
        let new = NewInvitation {
            email: email.clone(),
            role,
            token_sha256: token::digest(&secret),
            mailed_sha256: token::digest(&mailed),
            expires_at: self.time_after(self.options.invitation_ttl),
        };
        let invitation = self.catalog.invite(access, context, new).await?;
        if self.mailer.admits(&email) {
            let ttl = self.options.invitation_ttl;
            let tenant = (access.tenant, tenant.short_name.as_str());
            let link = self.link("invite", &mailed);
            let message = Message::invitation(&email, tenant, role, &link, ttl);
            self.mailer.send(context.request_id, message);
        }
        Ok(Sent {
            invitation,
            url: self.link("invite", &secret),
            token: secret,
        })
    }

    /// # Errors
    /// When the caller may not see them, or the cursor is not of this list.
    pub(crate) async fn invitations(
        &self,
        access: &Access,
        page: Page,
    ) -> Result<Paged<Invitation>> {
        Ok(self.catalog.invitations(access, page).await?)
    }

    /// # Errors
    /// When there is no such invitation.
    pub(crate) async fn revoke_invitation(
        &self,
        access: &Access,
        context: Context,
        id: InvitationId,
    ) -> Result<()> {
        Ok(self.catalog.revoke_invitation(access, context, id).await?)
    }

    /// What a token invites to.
    ///
    /// # Errors
    /// When it is unknown, used, revoked or expired.
    pub(crate) async fn invitation(&self, secret: &str) -> Result<OpenInvitation> {
        let open = self.catalog.open_invitation(token::digest(secret)).await?;
        Ok(open.ok_or(Refusal::InvitationUnknown)?)
    }

    /// Makes the holder of a token a member. A known address proves its password, a new one gets
    /// it. Where the token does not tell whose the address is, and nothing did before, a mail asks.
    ///
    /// # Errors
    /// When the token opens nothing, the address is another one, the password is wrong or can't be
    /// used, or the person is a member already.
    pub(crate) async fn accept_invitation(
        &self,
        network: IpAddr,
        request_id: RequestId,
        secret: &str,
        email: &str,
        password: String,
    ) -> Result<Accepted> {
        let open = self.invitation(secret).await?;
        let email = normal_email(email)?;
        if email != open.invitation.email.to_lowercase() {
            return Err(Failure::new(
                ErrorCode::InvalidEmail,
                "this invitation was sent to another address; accept it with that one",
            ));
        }
        let invitee = if self.catalog.user_by_email(&email).await?.is_some() {
            Invitee::Known(self.prove(network, &email, password).await?.id)
        } else {
            password::check_rules(&password, &[&email, &open.short_name])?;
            let password_hash = self.passwords.hash(password).await?;
            Invitee::New { password_hash }
        };
        let digest = token::digest(secret);
        let accepted = self
            .catalog
            .accept_invitation(request_id, digest, invitee)
            .await?;
        if accepted.email_verified {
            self.limits.attempts.welcome(&email, network);
        } else if self.mailer.admits(&email) {
            // The membership is there whatever becomes of the mail; another one can be asked for.
            let sent = self.send_verification(request_id, accepted.user, &email);
            if let Err(failure) = sent.await {
                tracing::warn!(%failure, %request_id, "a verification mail was not sent");
            }
        }
        Ok(accepted)
    }
}
