//! `/auth`: public, and limited by address.

use catalog::Membership;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use protocol::TenantId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::answer::{Answer, Success};
use super::body::JsonBody;
use super::caller::Visitor;
use super::keys::RoleName;
use crate::domain::sessions::{Issued, Login};
use crate::errors::Failure;

pub(super) struct AuthApi;

/// Address and password.
#[derive(Object, Serialize, Deserialize)]
#[oai(example)]
pub(super) struct LoginBody {
    email: String,
    password: String,
    /// Needed by members of several tenants.
    #[oai(default)]
    #[serde(default)]
    tenant_id: Option<Uuid>,
}

impl Example for LoginBody {
    fn example() -> Self {
        Self {
            email: "ada@example.org".to_owned(),
            password: "correct horse battery staple".to_owned(),
            tenant_id: None,
        }
    }
}

/// A tenant that the caller is a member of.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct MembershipBody {
    tenant_id: Uuid,
    short_name: String,
    role: RoleName,
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

/// A token, unless there are several tenants and none was chosen.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct LoginAnswer {
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// Seconds.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<String>,
    tenants: Vec<MembershipBody>,
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

const TOKEN_TYPE: &str = "Bearer";

/// An API key to exchange.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ExchangeBody {
    api_key: String,
    /// 60 to 86400.
    #[oai(default)]
    #[serde(default)]
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

impl From<Issued> for TokenAnswer {
    fn from(issued: Issued) -> Self {
        Self {
            access_token: issued.token,
            token_type: TOKEN_TYPE.to_owned(),
            expires_in: issued.ttl.as_secs(),
        }
    }
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
    /// A member of several tenants names one; without that the answer lists them and has no token.
    #[oai(path = "/auth/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        visitor: Visitor,
        body: JsonBody<LoginBody>,
    ) -> Result<Answer<LoginAnswer>, Failure> {
        let JsonBody(body) = body;
        let tenant = body.tenant_id.map(TenantId);
        let login = visitor
            .app
            .log_in(visitor.network, &body.email, body.password, tenant)
            .await?;
        Ok(Answer::new(login.into()))
    }

    /// Exchange an API key for a short-lived token
    #[oai(path = "/auth/token", method = "post", operation_id = "exchangeKey")]
    async fn token(
        &self,
        visitor: Visitor,
        body: JsonBody<ExchangeBody>,
    ) -> Result<Answer<TokenAnswer>, Failure> {
        let JsonBody(body) = body;
        let issued = visitor
            .app
            .exchange_key(&body.api_key, body.expires_in_secs)
            .await?;
        Ok(Answer::new(issued.into()))
    }

    /// Log out
    ///
    /// Ends the session of the token in the header `Authorization`.
    #[oai(path = "/auth/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, visitor: Visitor) -> Result<Answer<Success>, Failure> {
        visitor.app.log_out(visitor.token.as_deref()).await?;
        Ok(Success::answer())
    }

    /// Verify an address
    #[oai(
        path = "/auth/verify-email",
        method = "post",
        operation_id = "verifyEmail"
    )]
    async fn verify(
        &self,
        visitor: Visitor,
        body: JsonBody<VerifyBody>,
    ) -> Result<Answer<Success>, Failure> {
        let token = &body.0.token;
        visitor.app.verify_email(visitor.request_id, token).await?;
        Ok(Success::answer())
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
        visitor: Visitor,
        body: JsonBody<EmailBody>,
    ) -> Result<Answer<Success>, Failure> {
        let email = &body.0.email;
        visitor.app.resend_verification(visitor.request_id, email)?;
        Ok(Success::answer())
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
        visitor: Visitor,
        body: JsonBody<EmailBody>,
    ) -> Result<Answer<Success>, Failure> {
        let email = &body.0.email;
        visitor.app.forgot_password(visitor.request_id, email)?;
        Ok(Success::answer())
    }

    /// Set a new password
    ///
    /// Ends all sessions of the person. API keys go on working.
    #[oai(
        path = "/auth/reset-password",
        method = "post",
        operation_id = "resetPassword"
    )]
    async fn reset(
        &self,
        visitor: Visitor,
        body: JsonBody<ResetBody>,
    ) -> Result<Answer<Success>, Failure> {
        let JsonBody(body) = body;
        visitor
            .app
            .reset_password(
                visitor.network,
                visitor.request_id,
                &body.token,
                body.password,
            )
            .await?;
        Ok(Success::answer())
    }
}
