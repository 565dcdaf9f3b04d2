//! Logging in and out, going to another tenant, and exchanging an API key for a short-lived token.

use std::net::IpAddr;
use std::time::Duration;

use catalog::access::{Access, Actor, Role};
use catalog::{Authenticated, Membership, NewSession, Origin, Refusal, User};
use protocol::api_key::ApiKey;
use protocol::{ErrorCode, TenantId, Timestamp, UserId};

use super::App;
use super::access::to_all_logs;
use super::tenants::normal_email;
use crate::auth::attempts::Attempt;
use crate::auth::token::{self, TokenDigest};
use crate::errors::{Failure, Result};

/// The range of TTLs that `/auth/token` gives.
const TTL_SECONDS: std::ops::RangeInclusive<u64> = 60..=86_400;

/// Someone wants to log in.
pub(crate) struct LoginRequest {
    pub email: String,
    pub password: String,
    /// Of a second factor.
    pub code: Option<String>,
    /// Needed by members of several.
    pub tenant: Option<TenantId>,
    /// Whether a browser keeps the token in a cookie.
    pub by_browser: bool,
    pub origin: Origin,
}

/// How a session is opened.
struct Opened {
    ttl: Duration,
    /// The end of the session that it is made from, which it does not outlive.
    within: Option<Timestamp>,
    /// Of the password that opens it, where one does.
    password_hash: Option<String>,
    origin: Origin,
}

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
    /// When address, password and code don't match, too many wrong ones came before, or the address is
    /// not verified.
    pub(crate) async fn log_in(&self, network: IpAddr, request: LoginRequest) -> Result<Login> {
        if let Some(tenant) = request.tenant {
            self.check_not_deleted(tenant).await?;
        }
        // An address that can't be one is treated like an unknown one.
        let email = normal_email(&request.email).unwrap_or_else(|_| request.email.to_lowercase());
        let attempt = self.begin_attempt(network, &email)?;
        let checked = self.check_login(attempt, &email, &request).await;
        let (user, tenants) = self.conclude(attempt, checked)?;
        if !user.email_verified {
            return Err(Failure::new(
                ErrorCode::EmailNotVerified,
                "verify your address first: open the link in the mail that was sent to it",
            ));
        }
        let token = match choose(&tenants, request.tenant)? {
            Some(chosen) => {
                let access = to_all_logs(chosen.tenant, Actor::User(user.id), chosen.role);
                let opened = Opened {
                    ttl: self.session_ttl(request.by_browser),
                    within: None,
                    password_hash: Some(user.password_hash),
                    origin: request.origin,
                };
                Some(self.issue(access, opened).await?)
            }
            None => None,
        };
        Ok(Login { token, tenants })
    }

    /// The person who logs in, with their tenants.
    async fn check_login(
        &self,
        attempt: Attempt,
        email: &str,
        request: &LoginRequest,
    ) -> Result<(User, Vec<Membership>)> {
        let password = request.password.clone();
        let user = self.check_password(attempt, email, password).await?;
        let tenants = self.catalog.memberships(user.id).await?;
        // Whoever has still to choose a tenant needs the same code once more.
        let gets_token =
            user.email_verified && matches!(choose(&tenants, request.tenant), Ok(Some(_)));
        self.check_login_code(user.id, request.code.as_deref(), gets_token)
            .await?;
        Ok((user, tenants))
    }

    /// A token for another tenant of the person, that ends when the present one does: nobody stays logged
    /// in by going to and fro.
    ///
    /// # Errors
    /// When the person is no member of it, or the present session ended.
    pub(crate) async fn switch_tenant(
        &self,
        session: &Authenticated,
        tenant: TenantId,
        by_browser: bool,
        origin: Origin,
    ) -> Result<Login> {
        let user = self.caller(&session.access).await?;
        self.check_not_deleted(tenant).await?;
        let tenants = self.catalog.memberships(user.id).await?;
        let token = match choose(&tenants, Some(tenant))? {
            Some(chosen) => {
                let access = to_all_logs(chosen.tenant, Actor::User(user.id), chosen.role);
                let opened = Opened {
                    ttl: self.left(session, self.session_ttl(by_browser)),
                    within: session.expires_at,
                    password_hash: Some(user.password_hash),
                    origin,
                };
                let issued = self.issue_while(session.token_sha256, access, opened);
                Some(issued.await?.ok_or(Refusal::ActorGone)?)
            }
            None => None,
        };
        Ok(Login { token, tenants })
    }

    /// TTL of a session that a password opens.
    fn session_ttl(&self, by_browser: bool) -> Duration {
        if by_browser {
            self.options.browser_session_ttl
        } else {
            self.options.session_ttl
        }
    }

    /// A link that logs in as the owner of a tenant, once, while this process runs.
    pub(crate) fn login_link(&self, tenant: TenantId, owner: UserId) -> String {
        let secret = token::random(token::LOGIN_LINK);
        let access = to_all_logs(tenant, Actor::User(owner), Role::Owner);
        let mut links = self.login_links.lock();
        links.insert(token::digest(&secret), access);
        self.link("login", &secret)
    }

    /// # Errors
    /// When the link is unknown or was used.
    pub(crate) async fn log_in_by_link(&self, secret: &str, origin: Origin) -> Result<Issued> {
        let access = self.login_links.lock().remove(&token::digest(secret));
        let access = access.ok_or_else(|| {
            Failure::new(
                ErrorCode::InvalidToken,
                "this link was used already, or the server that printed it has ended; \
                 `primatomic dev` prints a new one at each start",
            )
        })?;
        let opened = Opened {
            ttl: self.session_ttl(true),
            within: None,
            password_hash: None,
            origin,
        };
        self.issue(access, opened).await
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
        let opened = Opened {
            ttl: self.left(&session, Duration::from_secs(ttl)),
            within: session.expires_at,
            password_hash: None,
            origin: Origin::default(),
        };
        let issued = self.issue_while(digest, session.access.clone(), opened);
        issued.await?.ok_or_else(unknown)
    }

    /// A TTL that is over when a session is, if not before.
    fn left(&self, session: &Authenticated, ttl: Duration) -> Duration {
        let end = session.expires_at;
        end.map_or(ttl, |end| ttl.min(end.duration_since(self.clock.now())))
    }

    /// A token that is made from another one; none if that has ended since it was cached. What was made
    /// from it ended with it, and so must this one.
    async fn issue_while(
        &self,
        other: TokenDigest,
        access: Access,
        opened: Opened,
    ) -> Result<Option<Issued>> {
        let issued = self.issue(access, opened).await?;
        if self.catalog.authenticate(other).await?.is_some() {
            return Ok(Some(issued));
        }
        let issued = token::digest(&issued.token);
        self.catalog.delete_session(issued).await?;
        Ok(None)
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

    async fn issue(&self, access: Access, opened: Opened) -> Result<Issued> {
        let token = token::random(token::SESSION);
        let end = self.time_after(opened.ttl);
        let session = NewSession {
            token_sha256: token::digest(&token),
            tenant: access.tenant,
            actor: access.actor,
            role: access.role,
            logs: access.logs.map(|logs| logs.to_vec()),
            expires_at: opened.within.map_or(end, |within| end.min(within)),
            password_hash: opened.password_hash,
            secret: access.secret,
            origin: opened.origin,
        };
        self.catalog.create_session(session).await?;
        Ok(Issued {
            token,
            ttl: opened.ttl,
        })
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
