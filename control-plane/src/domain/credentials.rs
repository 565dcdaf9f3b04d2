//! Proving who one is with an address and a password.
//!
//! Nothing here tells whether an address is registered: not the answer, not its time, and not the
//! wait after wrong passwords. Codes of a second factor are tried in the same way.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use catalog::User;
use protocol::ErrorCode;

use super::App;
use crate::auth::attempts::Attempt;
use crate::errors::{Detail, Failure, Result};

impl App {
    /// The person with this address and password.
    ///
    /// # Errors
    /// When they don't match, or too many wrong passwords for the address came from the network.
    pub(crate) async fn prove(
        &self,
        network: IpAddr,
        email: &str,
        password: String,
    ) -> Result<User> {
        let attempt = self.begin_attempt(network, email)?;
        let checked = self.check_password(attempt, email, password).await;
        self.conclude(attempt, checked)
    }

    /// Begins to try a password, or a code of a second factor.
    ///
    /// # Errors
    /// When too many wrong ones for the address came from the network.
    pub(super) fn begin_attempt(&self, network: IpAddr, email: &str) -> Result<Attempt> {
        let attempt = self.limits.attempts.begin(email, network, Instant::now());
        attempt.map_err(too_many_attempts)
    }

    /// What an attempt came to: a wrong one counts, a right one ends the count, and what failed in another
    /// way was none.
    pub(super) fn conclude<T>(&self, attempt: Attempt, checked: Result<T>) -> Result<T> {
        match &checked {
            Ok(_) => self.limits.attempts.right(attempt),
            Err(failure) if failure.code == ErrorCode::InvalidCredentials => {}
            Err(_) => self.limits.attempts.forgive(attempt),
        }
        checked
    }

    pub(super) async fn check_password(
        &self,
        attempt: Attempt,
        email: &str,
        password: String,
    ) -> Result<User> {
        let user = self.catalog.user_by_email(email).await?;
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let verified = self.passwords.verify(attempt.is_known, password, stored);
        let is_right = verified.await?;
        user.filter(|_| is_right).ok_or_else(wrong_credentials)
    }
}

pub(super) fn wrong_credentials() -> Failure {
    Failure::new(
        ErrorCode::InvalidCredentials,
        "address and password don't match",
    )
}

fn too_many_attempts(wait: Duration) -> Failure {
    let seconds = wait.as_secs() + 1;
    Failure::new(
        ErrorCode::TooManyAttempts,
        format!(
            "too many wrong passwords for this address came from your network; try again in \
             {seconds} seconds, or set a new password with the link of POST /auth/forgot-password"
        ),
    )
    .with(Detail::RetryAfter(seconds))
}
