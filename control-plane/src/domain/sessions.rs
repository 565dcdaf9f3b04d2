//! Logging in and out, and exchanging an API key for a short-lived token.

use std::net::IpAddr;
use std::time::Duration;

use catalog::access::{Access, Actor, Role};
use catalog::{Membership, NewSession};
use protocol::api_key::ApiKey;
use protocol::{ErrorCode, TenantId, UserId};

use super::App;
use super::access::to_all_logs;
use super::tenants::normal_email;
use crate::auth::token;
use crate::errors::{Failure, Result};

/// The range of TTLs that `/auth/token` gives.
const TTL_SECONDS: std::ops::RangeInclusive<u64> = 60..=86_400;

/// The outcome of a login.
pub(crate) struct Login {
    /// `None` when there are several tenants to choose from.
    pub token: Option<Issued>,
    pub tenants: Vec<Membership>,
}

/// A token that was just made.
pub(crate) struct Issued {
    pub token: String,
    pub ttl: Duration,
}

impl App {
    /// # Errors
    /// When address and password don't match, too many wrong ones came before, or the address is not
    /// verified.
    pub(crate) async fn log_in(
        &self,
        network: IpAddr,
        email: &str,
        password: String,
        tenant: Option<TenantId>,
        ttl: Duration,
    ) -> Result<Login> {
        if let Some(tenant) = tenant {
            self.check_not_deleted(tenant).await?;
        }
        // An address that can't be one is treated like an unknown one.
        let email = normal_email(email).unwrap_or_else(|_| email.to_lowercase());
        let user = self.prove(network, &email, password).await?;
        if !user.email_verified {
            return Err(Failure::new(
                ErrorCode::EmailNotVerified,
                "verify your address first: open the link in the mail that was sent to it",
            ));
        }
        let tenants = self.catalog.memberships(user.id).await?;
        let token = match choose(&tenants, tenant)? {
            Some(chosen) => {
                let access = to_all_logs(chosen.tenant, Actor::User(user.id), chosen.role);
                Some(self.issue(access, ttl, Some(user.password_hash)).await?)
            }
            None => None,
        };
        Ok(Login { token, tenants })
    }

    /// TTL of a session that a password opens.
    pub(crate) fn session_ttl(&self, of_browser: bool) -> Duration {
        if of_browser {
            self.options.browser_session_ttl
        } else {
            self.options.session_ttl
        }
    }

    /// A token that logs in as the only owner of a tenant, once, until this process ends.
    pub(crate) fn login_link(&self, tenant: TenantId, owner: UserId) -> String {
        let secret = token::random(token::LOGIN_LINK);
        let access = to_all_logs(tenant, Actor::User(owner), Role::Owner);
        self.login_links
            .lock()
            .insert(token::digest(&secret), access);
        self.link("login", &secret)
    }

    /// # Errors
    /// When the link is unknown or was used.
    pub(crate) async fn log_in_by_link(&self, secret: &str) -> Result<Issued> {
        let access = self.login_links.lock().remove(&token::digest(secret));
        let access = access.ok_or_else(|| {
            Failure::new(
                ErrorCode::InvalidToken,
                "this link was used already, or the server that printed it has ended; \
                 `primatomic dev` prints a new one at each start",
            )
        })?;
        self.issue(access, self.options.browser_session_ttl, None)
            .await
    }

    /// # Errors
    /// When the key is unknown, revoked or expired, or the ttl out of range.
    pub(crate) async fn exchange_key(&self, key: &str, ttl_seconds: Option<u64>) -> Result<Issued> {
        let ttl = ttl_seconds.unwrap_or(self.options.session_ttl.as_secs());
        if !TTL_SECONDS.contains(&ttl) {
            return Err(Failure::invalid_request(
                "`expires_in_secs` is from 60 to 86400",
            ));
        }
        let unknown = || {
            Failure::new(
                ErrorCode::InvalidCredentials,
                "this API key is unknown, revoked or expired",
            )
        };
        let key = ApiKey::parse(key)
            .map_err(|error| Failure::new(ErrorCode::InvalidCredentials, error.to_string()))?;
        let digest = token::digest(key.expose());
        let session = self.session(digest).await?.ok_or_else(unknown)?;
        let mut ttl = Duration::from_secs(ttl);
        if let Some(end) = session.expires_at {
            ttl = ttl.min(end.duration_since(self.clock.now()));
        }
        let issued = self.issue(session.access.clone(), ttl, None).await?;
        // The key may have ended since it was cached; its sessions ended with it, and so must
        // this one.
        if self.catalog.authenticate(digest).await?.is_none() {
            let issued = token::digest(&issued.token);
            self.catalog.delete_session(issued).await?;
            return Err(unknown());
        }
        Ok(issued)
    }

    /// Ends the session of a token.
    ///
    /// # Errors
    /// When the token is none, has ended already, or is an API key, which is revoked and not logged
    /// out.
    pub(crate) async fn log_out(&self, secret: Option<&str>) -> Result<()> {
        let unknown = || {
            Failure::new(
                ErrorCode::Unauthenticated,
                "there is no such session; an API key is revoked with DELETE /keys/{id}",
            )
        };
        let digest = token::digest(secret.ok_or_else(unknown)?);
        // What is left of a session whose key was revoked is removed, and is none.
        let worked = self.catalog.authenticate(digest).await?.is_some();
        let ended = self.catalog.delete_session(digest).await?;
        self.caches.sessions.invalidate(&digest);
        if worked && ended {
            Ok(())
        } else {
            Err(unknown())
        }
    }

    async fn issue(
        &self,
        access: Access,
        ttl: Duration,
        password_hash: Option<String>,
    ) -> Result<Issued> {
        let token = token::random(token::SESSION);
        let session = NewSession {
            token_sha256: token::digest(&token),
            tenant: access.tenant,
            actor: access.actor,
            role: access.role,
            logs: access.logs.map(|logs| logs.to_vec()),
            expires_at: self.time_after(ttl),
            password_hash,
            secret: access.secret,
        };
        self.catalog.create_session(session).await?;
        Ok(Issued { token, ttl })
    }
}

/// The tenant that the token is for: the one asked for, or the only one. `None` when the caller
/// must choose.
fn choose(tenants: &[Membership], asked: Option<TenantId>) -> Result<Option<&Membership>> {
    match (asked, tenants) {
        (Some(asked), _) => tenants
            .iter()
            .find(|it| it.tenant == asked)
            .map(Some)
            .ok_or_else(|| Failure::new(ErrorCode::NotFound, "you have no such tenant")),
        (None, [only]) => Ok(Some(only)),
        (None, []) => Err(Failure::forbidden(
            "you are no member of any tenant any more",
        )),
        (None, _) => Ok(None),
    }
}
