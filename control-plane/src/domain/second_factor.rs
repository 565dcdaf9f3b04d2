//! Second factors of people: setting them up, switching them off, and asking for their codes.

use std::net::IpAddr;

use catalog::access::Access;
use catalog::{Refusal, SecondFactor, SecondFactorCode, User};
use protocol::{ErrorCode, RequestId, UserId};

use super::App;
use crate::auth::attempts::Attempt;
use crate::auth::totp;
use crate::errors::{Failure, Result};

/// Wrong codes in a row after which the password has to be set anew. Whoever tries them knows it, and is most
/// likely somebody else. From however many networks they come, one of them is right with a chance of one
/// in some three thousand.
const WRONG_CODES_MAX: u64 = 100;

/// What an authenticator needs to know.
pub(crate) struct Enrolment {
    /// In Base32, as people type it.
    pub secret: String,
    /// The same for a QR code.
    pub otpauth_url: String,
}

impl App {
    /// Gives a person a secret. The factor is on once they have shown that their authenticator has it.
    ///
    /// # Errors
    /// When the password is wrong, or a factor is on already.
    pub(crate) async fn begin_second_factor(
        &self,
        network: IpAddr,
        access: &Access,
        password: String,
    ) -> Result<Enrolment> {
        let user = self.caller(access).await?;
        self.prove_caller(network, &user, password).await?;
        let secret = totp::generate_secret();
        self.catalog.begin_second_factor(user.id, secret).await?;
        Ok(Enrolment {
            secret: totp::in_base32(&secret),
            otpauth_url: totp::otpauth_url(&secret, &user.email),
        })
    }

    /// Switches the factor on; gives recovery codes, of which nothing but hashes is kept.
    ///
    /// # Errors
    /// When none was begun, one is on already, or the code is wrong.
    pub(crate) async fn confirm_second_factor(
        &self,
        (network, request_id): (IpAddr, RequestId),
        access: &Access,
        code: &str,
    ) -> Result<Vec<String>> {
        let user = self.caller(access).await?;
        let factor = self.catalog.second_factor(user.id).await?;
        let factor = factor.ok_or(Refusal::SecondFactorOff)?;
        if factor.confirmed {
            return Err(Refusal::SecondFactorOn.into());
        }
        let attempt = self.begin_attempt(network, &user.email.to_lowercase())?;
        let step = match totp::read(&factor.secret, code, self.clock.now()) {
            Some(SecondFactorCode::Step(step)) => Ok(step),
            _ => Err(wrong_code()),
        };
        let step = self.conclude(attempt, step)?;
        let (codes, hashes) = recovery_codes();
        self.catalog
            .enable_second_factor(request_id, user.id, (&factor.secret, step), &hashes)
            .await?;
        Ok(codes)
    }

    /// Switches the factor off.
    ///
    /// # Errors
    /// When none is on, or password or code are wrong.
    pub(crate) async fn disable_second_factor(
        &self,
        (network, request_id): (IpAddr, RequestId),
        access: &Access,
        password: String,
        code: &str,
    ) -> Result<()> {
        let user = self.caller(access).await?;
        let attempt = self.begin_attempt(network, &user.email.to_lowercase())?;
        let checked = self.check_both(attempt, &user, password, code).await;
        self.conclude(attempt, checked)?;
        self.catalog
            .disable_second_factor(request_id, user.id)
            .await?;
        Ok(())
    }

    async fn check_both(
        &self,
        attempt: Attempt,
        user: &User,
        password: String,
        code: &str,
    ) -> Result<()> {
        let email = user.email.to_lowercase();
        self.check_password(attempt, &email, password).await?;
        self.check_own_code(user, code).await
    }

    /// Gives a person other recovery codes.
    ///
    /// # Errors
    /// When no factor is on, or the code is wrong.
    pub(crate) async fn renew_recovery_codes(
        &self,
        (network, request_id): (IpAddr, RequestId),
        access: &Access,
        code: &str,
    ) -> Result<Vec<String>> {
        let user = self.caller(access).await?;
        let attempt = self.begin_attempt(network, &user.email.to_lowercase())?;
        let checked = self.check_own_code(&user, code).await;
        self.conclude(attempt, checked)?;
        let (codes, hashes) = recovery_codes();
        self.catalog
            .replace_recovery_codes(request_id, user.id, &hashes)
            .await?;
        Ok(codes)
    }

    async fn check_own_code(&self, user: &User, code: &str) -> Result<()> {
        let factor = self.catalog.second_factor(user.id).await?;
        let factor = factor.filter(|it| it.confirmed);
        let factor = factor.ok_or(Refusal::SecondFactorOff)?;
        self.check_code(user.id, &factor, code, true).await
    }

    /// Asks someone who gave the password for a code, where there is a second factor. It is used up where
    /// the login comes to a token.
    ///
    /// # Errors
    /// When one is needed and none came, or it is wrong or was used before.
    pub(super) async fn check_login_code(
        &self,
        user: UserId,
        code: Option<&str>,
        use_up: bool,
    ) -> Result<()> {
        let factor = self.catalog.second_factor(user).await?;
        let Some(factor) = factor.filter(|it| it.confirmed) else {
            return Ok(());
        };
        let Some(code) = code else {
            return Err(Failure::new(
                ErrorCode::SecondFactorRequired,
                "you have a second factor: send the code that your authenticator shows, or a recovery \
                 code, as `code`",
            ));
        };
        self.check_code(user, &factor, code, use_up).await
    }

    async fn check_code(
        &self,
        user: UserId,
        factor: &SecondFactor,
        code: &str,
        use_up: bool,
    ) -> Result<()> {
        if factor.wrong_codes >= WRONG_CODES_MAX {
            return Err(Failure::new(
                ErrorCode::TooManyAttempts,
                "too many wrong codes came since your password was set; set a new one with the link of \
                 POST /auth/forgot-password",
            ));
        }
        let is_right = match totp::read(&factor.secret, code, self.clock.now()) {
            Some(code) if use_up => self.catalog.use_code(user, code).await?,
            Some(code) => self.catalog.is_code_unused(user, code).await?,
            None => false,
        };
        if is_right {
            return Ok(());
        }
        self.catalog.note_wrong_code(user).await?;
        Err(wrong_code())
    }
}

/// Recovery codes, and what is stored of them.
fn recovery_codes() -> (Vec<String>, Vec<[u8; 32]>) {
    let codes = (0..totp::RECOVERY_CODES).map(|_| totp::generate_recovery_code());
    codes
        .map(|code| {
            let hash = totp::recovery_digest(&code);
            (code, hash)
        })
        .unzip()
}

fn wrong_code() -> Failure {
    Failure::new(
        ErrorCode::InvalidCredentials,
        "the code is wrong, or was used before; wait for the next one",
    )
}
