//! `/account`: the person who is logged in, in whichever tenant and role.

use catalog::{Page, Session};
use poem_openapi::param::Path;
use poem_openapi::{Object, OpenApi};
use protocol::ErrorCode::*;
use protocol::{SessionId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::auth::{LoginAnswer, MembershipBody};
use super::body::JsonBody;
use super::caller::{Caller, InPerson, WhileClosed, role};
use super::failures::{Codes, Failed, LIST, codes};
use super::json::{Json, Success};
use super::parameters::Parameters;
use crate::domain::account::Account;

/// Someone who logged in. What they are in the tenant, and whether it is closed, makes no difference.
type Person = WhileClosed<InPerson<role::ReadOnly>>;

/// What may go wrong with a password or a code.
const PROVE: Codes = codes(&[InvalidCredentials, TooManyAttempts]);

pub(super) struct AccountApi;

/// The person who is logged in.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct AccountBody {
    user_id: Uuid,
    email: String,
    email_verified: bool,
    created_at: String,
    /// Whether logging in takes a code.
    second_factor: bool,
    /// Recovery codes that were not used yet.
    recovery_codes_left: u64,
    /// By their names.
    tenants: Vec<MembershipBody>,
}

impl From<Account> for AccountBody {
    fn from(account: Account) -> Self {
        let (user, factor) = (account.user, account.second_factor);
        Self {
            user_id: user.id.0,
            email: user.email,
            email_verified: user.email_verified,
            created_at: user.created_at.to_string(),
            second_factor: factor.is_some(),
            recovery_codes_left: factor.map_or(0, |it| it.recovery_codes_left),
            tenants: account.tenants.into_iter().map(Into::into).collect(),
        }
    }
}

/// A new password.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ChangePasswordBody {
    current_password: String,
    /// 8 to 128 characters.
    new_password: String,
}

/// A session that somebody opened by logging in.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Session")]
pub(super) struct SessionBody {
    id: Uuid,
    tenant_id: Uuid,
    /// Of the tenant.
    short_name: String,
    created_at: String,
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
    /// The address that it was opened from; of IPv6 the network, a /64.
    network: Option<String>,
    /// What it was opened with, by its own account; at most 200 characters.
    user_agent: Option<String>,
}

impl SessionBody {
    fn new(session: Session, current: [u8; 32]) -> Self {
        Self {
            id: session.id.0,
            tenant_id: session.tenant.0,
            short_name: session.short_name,
            created_at: session.created_at.to_string(),
            expires_at: session.expires_at.to_string(),
            current: session.token_sha256 == current,
            network: session.origin.network,
            user_agent: session.origin.user_agent,
        }
    }
}

/// A page of sessions, newest first.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct SessionList {
    sessions: Vec<SessionBody>,
    /// For the next page; null at the end.
    next_cursor: Option<String>,
}

/// Where to go.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct SwitchTenantBody {
    tenant_id: Uuid,
}

#[OpenApi(prefix_path = "/account", tag = "Tag::Account")]
impl AccountApi {
    /// Show the own account
    #[oai(path = "/", method = "get", operation_id = "getAccount")]
    async fn show(&self, caller: Caller<Person>) -> Result<Json<AccountBody>, Failed> {
        let (app, access, _) = caller.parts();
        let account = app.account(access).await?;
        Ok(Json::new(account.into()))
    }

    /// Change the own password
    ///
    /// Ends all sessions of the person but this one. API keys go on working.
    #[oai(path = "/password", method = "put", operation_id = "changePassword")]
    async fn change_password(
        &self,
        caller: Caller<Person>,
        JsonBody(body): JsonBody<ChangePasswordBody>,
    ) -> Result<Json<Success>, Failed<{ PROVE | codes(&[InvalidPassword, CommonPassword]) }>> {
        let from = (caller.network, caller.request_id);
        let (current, new) = (body.current_password, body.new_password);
        caller
            .app
            .change_password(from, &caller.session, current, new)
            .await?;
        Ok(Success::json())
    }

    /// List the own sessions
    ///
    /// Those of logging in, in all tenants; not those of API keys.
    #[oai(path = "/sessions", method = "get", operation_id = "listSessions")]
    async fn sessions(
        &self,
        caller: Caller<Person>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Json<SessionList>, Failed<LIST>> {
        let (app, access, _) = caller.parts();
        let sessions = app.sessions(access, page).await?;
        let current = caller.session.token_sha256;
        let shown = |it| SessionBody::new(it, current);
        Ok(Json::new(SessionList {
            sessions: sessions.items.into_iter().map(shown).collect(),
            next_cursor: sessions.next_cursor,
        }))
    }

    /// End a session
    ///
    /// Its token works no more.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "endSession")]
    async fn end_session(
        &self,
        caller: Caller<Person>,
        /// The session's id.
        id: Path<Uuid>,
    ) -> Result<Json<Success>, Failed<{ codes(&[SessionNotFound]) }>> {
        let (app, access, _) = caller.parts();
        app.end_session(access, SessionId(id.0)).await?;
        Ok(Success::json())
    }

    /// Go to another tenant
    ///
    /// Gives a token for another tenant of the person, without asking for the password again. It ends when
    /// the present one does, which goes on working. A browser gets it as a cookie, too.
    #[oai(path = "/tenant", method = "post", operation_id = "switchTenant")]
    async fn switch_tenant(
        &self,
        caller: Caller<Person>,
        JsonBody(body): JsonBody<SwitchTenantBody>,
    ) -> Result<Json<LoginAnswer>, Failed<{ codes(&[NotFound, TenantDeleted]) }>> {
        let (session, tenant) = (&caller.session, TenantId(body.tenant_id));
        let by_browser = caller.is_by_cookie();
        let origin = caller.origin();
        let switched = caller
            .app
            .switch_tenant(session, tenant, by_browser, origin);
        Ok(LoginAnswer::json(switched.await?, by_browser))
    }
}

/// A password, once more.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct BeginSecondFactorBody {
    current_password: String,
}

/// What an authenticator needs to know; shown this once.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct SecondFactorSecret {
    /// In Base32, to be typed.
    secret: String,
    /// The same, to be shown as a QR code.
    otpauth_url: String,
}

/// A code of a second factor.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CodeBody {
    /// What the authenticator shows: six digits.
    code: String,
}

/// Codes for when the authenticator is lost; shown this once.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct RecoveryCodes {
    /// Each stands in for one code of the authenticator.
    recovery_codes: Vec<String>,
}

/// Proof that a second factor is one's own.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct DisableSecondFactorBody {
    current_password: String,
    /// What the authenticator shows, or a recovery code.
    code: String,
}

pub(super) struct SecondFactorApi;

#[OpenApi(prefix_path = "/account", tag = "Tag::Account")]
impl SecondFactorApi {
    /// Begin to set up a second factor
    ///
    /// Gives a secret for an authenticator (TOTP, RFC 6238). Nothing changes until a code is confirmed;
    /// begun again, the earlier secret is forgotten.
    #[oai(
        path = "/second-factor",
        method = "post",
        operation_id = "beginSecondFactor"
    )]
    async fn begin(
        &self,
        caller: Caller<Person>,
        JsonBody(body): JsonBody<BeginSecondFactorBody>,
    ) -> Result<Json<SecondFactorSecret>, Failed<{ PROVE | codes(&[SecondFactorOn]) }>> {
        let (app, access, _) = caller.parts();
        let enrolment = app
            .begin_second_factor(caller.network, access, body.current_password)
            .await?;
        Ok(Json::new(SecondFactorSecret {
            secret: enrolment.secret,
            otpauth_url: enrolment.otpauth_url,
        }))
    }

    /// Switch the second factor on
    ///
    /// Takes a code of the authenticator. From then on logging in takes one, too. Gives ten recovery codes,
    /// each of which works once in the place of a code.
    #[oai(
        path = "/second-factor/confirm",
        method = "post",
        operation_id = "confirmSecondFactor"
    )]
    async fn confirm(
        &self,
        caller: Caller<Person>,
        JsonBody(body): JsonBody<CodeBody>,
    ) -> Result<Json<RecoveryCodes>, Failed<{ PROVE | codes(&[SecondFactorOn, SecondFactorOff]) }>>
    {
        let (app, access, _) = caller.parts();
        let from = (caller.network, caller.request_id);
        let confirmed = app.confirm_second_factor(from, access, &body.code);
        let recovery_codes = confirmed.await?;
        Ok(Json::new(RecoveryCodes { recovery_codes }))
    }

    /// Switch the second factor off
    #[oai(
        path = "/second-factor",
        method = "delete",
        operation_id = "disableSecondFactor"
    )]
    async fn disable(
        &self,
        caller: Caller<Person>,
        JsonBody(body): JsonBody<DisableSecondFactorBody>,
    ) -> Result<Json<Success>, Failed<{ PROVE | codes(&[SecondFactorOff]) }>> {
        let (app, access, _) = caller.parts();
        let from = (caller.network, caller.request_id);
        app.disable_second_factor(from, access, body.current_password, &body.code)
            .await?;
        Ok(Success::json())
    }

    /// Get new recovery codes
    ///
    /// Those from before work no more.
    #[oai(
        path = "/recovery-codes",
        method = "post",
        operation_id = "renewRecoveryCodes"
    )]
    async fn renew_codes(
        &self,
        caller: Caller<Person>,
        JsonBody(body): JsonBody<CodeBody>,
    ) -> Result<Json<RecoveryCodes>, Failed<{ PROVE | codes(&[SecondFactorOff]) }>> {
        let (app, access, _) = caller.parts();
        let from = (caller.network, caller.request_id);
        let renewed = app.renew_recovery_codes(from, access, &body.code);
        let recovery_codes = renewed.await?;
        Ok(Json::new(RecoveryCodes { recovery_codes }))
    }
}
