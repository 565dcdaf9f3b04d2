//! `/auth`: public, and limited by address.

use catalog::Membership;
use poem::http::HeaderValue;
use poem_openapi::{Object, OpenApi};
use protocol::ErrorCode::*;
use protocol::TenantId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::body::JsonBody;
use super::caller::{Anyone, Caller, LENIENT, TokenHolder};
use super::cookie;
use super::failures::{Codes, Failed, codes};
use super::json::{Json, Success};
use super::keys::RoleName;
use crate::domain::sessions::{Issued, Login, LoginRequest};

/// What may go wrong with logging in.
const LOGIN: Codes = codes(&[
    InvalidCredentials,
    SecondFactorRequired,
    TooManyAttempts,
    EmailNotVerified,
    Forbidden,
    NotFound,
    TenantDeleted,
    ForeignOrigin,
]);

pub(super) struct AuthApi;

/// Address and password.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct LoginBody {
    email: String,
    password: String,
    /// Needed by members of several tenants.
    tenant_id: Option<Uuid>,
    /// Needed by people who have a second factor: what the authenticator shows, or a recovery code.
    code: Option<String>,
    /// Puts the token into a cookie that no script can read, and not into the answer; for the pages of
    /// the server itself.
    #[oai(default)]
    #[serde(default)]
    cookie: bool,
}

/// A tenant that the caller is a member of.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct MembershipBody {
    tenant_id: Uuid,
    short_name: String,
    role: RoleName,
}

/// A token, unless it is in the cookie, or there are several tenants and none was chosen.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct LoginAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<String>,
    tenants: Vec<MembershipBody>,
}

impl From<Membership> for MembershipBody {
    fn from(it: Membership) -> Self {
        Self {
            tenant_id: it.tenant.0,
            short_name: it.short_name,
            role: it.role.into(),
        }
    }
}

impl From<Login> for LoginAnswer {
    fn from(login: Login) -> Self {
        let token = login.token.as_ref();
        Self {
            expires_in: token.map(|it| it.ttl.as_secs()),
            token_type: token.map(|_| TOKEN_TYPE.to_owned()),
            access_token: login.token.map(|it| it.token),
            tenants: login.tenants.into_iter().map(Into::into).collect(),
        }
    }
}

impl LoginAnswer {
    /// The answer with the token in it, or in a cookie.
    pub(super) fn json(login: Login, by_browser: bool) -> Json<Self> {
        let token = login.token.as_ref().filter(|_| by_browser);
        let cookie = token.map(Issued::cookie);
        let mut answer = Self::from(login);
        if by_browser {
            answer.access_token = None;
        }
        Json::new(answer).with_cookie(cookie)
    }
}

impl Issued {
    fn cookie(&self) -> HeaderValue {
        cookie::with_token(&self.token, self.ttl)
    }
}

const TOKEN_TYPE: &str = "Bearer";

/// An API key to exchange.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ExchangeBody {
    api_key: String,
    /// 60 to 86400.
    expires_in_secs: Option<u64>,
}

/// A short-lived token.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct TokenAnswer {
    access_token: String,
    token_type: String,
    /// Seconds.
    expires_in: u64,
}

/// The token of a mail's link.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct VerifyBody {
    token: String,
}

/// The token of a mail's link, and what it sets.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ResetBody {
    token: String,
    /// 8 to 128 characters.
    password: String,
}

/// An address.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct EmailBody {
    email: String,
}

#[OpenApi(tag = "Tag::Authentication")]
impl AuthApi {
    /// Log in
    ///
    /// A member of several tenants names one; without that the answer lists them and has no token. Someone
    /// with a second factor sends a code; without one the answer is 401 `second_factor_required`.
    #[oai(path = "/auth/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        JsonBody(body): JsonBody<LoginBody, LENIENT>,
    ) -> Result<Json<LoginAnswer>, Failed<LOGIN>> {
        let by_browser = body.cookie;
        visitor.check_page(by_browser)?;
        let request = LoginRequest {
            email: body.email,
            password: body.password,
            code: body.code,
            tenant: body.tenant_id.map(TenantId),
            by_browser,
            origin: visitor.origin(),
        };
        let login = visitor.app.log_in(visitor.network, request).await?;
        Ok(LoginAnswer::json(login, by_browser))
    }

    /// Log in with a link
    ///
    /// A development server prints a link that opens the console once. The token is answered as a
    /// cookie.
    #[oai(path = "/auth/link", method = "post", operation_id = "loginByLink")]
    async fn link(
        &self,
        visitor: Caller<Anyone>,
        JsonBody(body): JsonBody<VerifyBody>,
    ) -> Result<Json<Success>, Failed<{ codes(&[InvalidToken, ForeignOrigin]) }>> {
        visitor.check_page(true)?;
        let link = visitor.app.log_in_by_link(&body.token, visitor.origin());
        let cookie = link.await?.cookie();
        Ok(Success::json().with_cookie(Some(cookie)))
    }

    /// Exchange an API key for a short-lived token
    #[oai(path = "/auth/token", method = "post", operation_id = "exchangeKey")]
    async fn token(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        JsonBody(body): JsonBody<ExchangeBody, LENIENT>,
    ) -> Result<Json<TokenAnswer>, Failed<{ codes(&[InvalidCredentials]) }>> {
        let app = &visitor.app;
        let issued = app.exchange_key(&body.api_key, body.expires_in_secs);
        let issued = issued.await?;
        Ok(Json::new(TokenAnswer {
            access_token: issued.token,
            token_type: TOKEN_TYPE.to_owned(),
            expires_in: issued.ttl.as_secs(),
        }))
    }

    /// Log out
    ///
    /// Ends the session of the token in the header `Authorization`, or in the cookie, which it removes.
    #[oai(path = "/auth/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, visitor: Caller<TokenHolder, LENIENT>) -> Result<Json<Success>, Failed> {
        visitor.check_page(false)?;
        visitor.app.log_out(visitor.token()).await?;
        Ok(Success::json().with_cookie(Some(cookie::removed())))
    }

    /// Verify an address
    #[oai(
        path = "/auth/verify-email",
        method = "post",
        operation_id = "verifyEmail"
    )]
    async fn verify(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        JsonBody(body): JsonBody<VerifyBody, LENIENT>,
    ) -> Result<Json<Success>, Failed<{ codes(&[InvalidToken]) }>> {
        let (app, request_id) = (&visitor.app, visitor.request_id);
        app.verify_email(request_id, &body.token).await?;
        Ok(Success::json())
    }

    /// Send the verification mail again
    ///
    /// The answer is the same whether the address is registered or not.
    #[oai(
        path = "/auth/resend-verification",
        method = "post",
        operation_id = "resendVerification"
    )]
    async fn resend(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        JsonBody(body): JsonBody<EmailBody, LENIENT>,
    ) -> Result<Json<Success>, Failed<{ codes(&[InvalidEmail]) }>> {
        let (app, request_id) = (&visitor.app, visitor.request_id);
        app.resend_verification(request_id, &body.email)?;
        Ok(Success::json())
    }

    /// Ask for a new password
    ///
    /// Sends a mail with a link that works once, for one hour. The answer is the same whether the
    /// address is registered or not.
    #[oai(
        path = "/auth/forgot-password",
        method = "post",
        operation_id = "forgotPassword"
    )]
    async fn forgot(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        JsonBody(body): JsonBody<EmailBody, LENIENT>,
    ) -> Result<Json<Success>, Failed<{ codes(&[InvalidEmail]) }>> {
        let (app, request_id) = (&visitor.app, visitor.request_id);
        app.forgot_password(request_id, &body.email)?;
        Ok(Success::json())
    }

    /// Set a new password
    ///
    /// Ends all sessions of the person. API keys go on working, and a second factor stays on.
    #[oai(
        path = "/auth/reset-password",
        method = "post",
        operation_id = "resetPassword"
    )]
    async fn reset(
        &self,
        visitor: Caller<Anyone, LENIENT>,
        JsonBody(body): JsonBody<ResetBody, LENIENT>,
    ) -> Result<Json<Success>, Failed<{ codes(&[InvalidToken, InvalidPassword, CommonPassword]) }>>
    {
        let (app, network) = (&visitor.app, visitor.network);
        app.reset_password(network, visitor.request_id, &body.token, body.password)
            .await?;
        Ok(Success::json())
    }
}
