//! Forgotten passwords: a link by mail, and what it sets.

use std::net::IpAddr;
use std::sync::Arc;

use catalog::Refusal;
use protocol::RequestId;
use storage::bus::Stale;

use super::App;
use super::tenants::normal_email;
use crate::auth::{password, token};
use crate::errors::Result;
use crate::mail::Message;

impl App {
    /// Sends a link that sets a new password, if the address is registered. What comes back, and
    /// how soon, does not depend on that.
    ///
    /// # Errors
    /// When the text can't be an address, or too much goes on in the background.
    pub(crate) fn forgot_password(
        self: &Arc<Self>,
        request_id: RequestId,
        email: &str,
    ) -> Result<()> {
        let email = normal_email(email)?;
        let app = Arc::clone(self);
        self.in_background(request_id, async move {
            let Some(user) = app.catalog.user_by_email(&email).await? else {
                return Ok(());
            };
            if !app.mailer.admits(&email) {
                return Ok(());
            }
            let secret = token::random(token::PASSWORD_RESET);
            let ttl = app.options.password_reset_ttl;
            let expires_at = app.time_after(ttl);
            app.catalog
                .request_password_reset(request_id, user.id, token::digest(&secret), expires_at)
                .await?;
            let link = app.link("reset-password", &secret);
            let message = Message::password_reset(&email, &link, ttl);
            app.mailer.send(request_id, message);
            Ok(())
        })
    }

    /// Sets a new password and ends all sessions of its person.
    ///
    /// # Errors
    /// When the token is unknown, used or expired, or the password can't be used.
    pub(crate) async fn reset_password(
        &self,
        network: IpAddr,
        request_id: RequestId,
        secret: &str,
        password: String,
    ) -> Result<()> {
        let digest = token::digest(secret);
        let email = self.catalog.password_reset_email(digest).await?;
        let email = email.ok_or(Refusal::ResetUnknown)?;
        password::check_rules(&password, &[&email])?;
        let hash = self.passwords.hash(password).await?;
        let user = self
            .catalog
            .reset_password(request_id, digest, hash)
            .await?;
        self.caches.invalidate(Stale::User(user));
        self.limits.attempts.welcome(&email.to_lowercase(), network);
        Ok(())
    }
}
