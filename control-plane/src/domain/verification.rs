//! Proving that an address belongs to the person who signed up with it.

use std::sync::Arc;

use protocol::{RequestId, Timestamp, UserId};

use super::App;
use super::tenants::normal_email;
use crate::auth::token;
use crate::errors::{Failure, Result};
use crate::mail::Message;

impl App {
    /// Makes a new link and sends it.
    pub(super) async fn send_verification(
        &self,
        request_id: RequestId,
        user: UserId,
        email: &str,
    ) -> Result<()> {
        let secret = token::random(token::VERIFICATION);
        let ttl = self.options.verification_ttl;
        let expires_at = self.time_after(ttl);
        self.catalog
            .request_email_verification(request_id, user, token::digest(&secret), expires_at)
            .await?;
        let link = self.link("verify", &secret);
        let message = Message::verification(email, &link, ttl);
        self.mailer.send(request_id, message);
        Ok(())
    }

    /// # Errors
    /// When the token is unknown, used or expired.
    pub(crate) async fn verify_email(&self, request_id: RequestId, secret: &str) -> Result<()> {
        self.catalog
            .verify_email(request_id, token::digest(secret))
            .await?;
        Ok(())
    }

    /// Sends another link if the address is registered and not verified. What comes back, and how
    /// soon, does not depend on that: the work goes on in the background.
    ///
    /// # Errors
    /// When the text can't be an address.
    pub(crate) fn resend_verification(
        self: &Arc<Self>,
        request_id: RequestId,
        email: &str,
    ) -> Result<()> {
        let email = normal_email(email)?;
        let app = Arc::clone(self);
        self.in_background(request_id, async move {
            match app.catalog.user_by_email(&email).await? {
                Some(user) if !user.email_verified && app.mailer.admits(&email) => {
                    app.send_verification(request_id, user.id, &email).await
                }
                _ => Ok(()),
            }
        })
    }

    /// Does something in the background whose outcome the caller must not learn.
    ///
    /// # Errors
    /// When too much of it goes on already.
    pub(super) fn in_background(
        &self,
        request_id: RequestId,
        work: impl Future<Output = Result<()>> + Send + 'static,
    ) -> Result<()> {
        let permit = Arc::clone(&self.limits.background)
            .try_acquire_owned()
            .map_err(|_| {
                Failure::overloaded("too many ask for mails at this moment; try again shortly")
            })?;
        self.lifecycle.tasks.spawn(async move {
            let _permit = permit;
            if let Err(failure) = work.await {
                tracing::warn!(%failure, %request_id, "a mail that was asked for is not sent");
            }
        });
        Ok(())
    }

    /// The link of a mail: a page of the console.
    pub(super) fn link(&self, page: &str, secret: &str) -> String {
        let base = self.options.public_url.trim_end_matches('/');
        format!("{base}/console/{page}?token={secret}")
    }

    /// The time that lies a TTL ahead.
    pub(super) fn time_after(&self, ttl: std::time::Duration) -> Timestamp {
        self.clock.now().saturating_add(ttl)
    }
}
