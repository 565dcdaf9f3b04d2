//! Proving who one is with an address and a password.
//!
//! Nothing here tells whether an address is registered: not the answer, not its time, and not the
//! wait after wrong passwords.

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
        let attempt = self.limits.attempts.begin(email, network, Instant::now());
        let attempt = attempt.map_err(too_many_attempts)?;
        match self.check_password(attempt, email, password).await {
            Ok(Some(user)) => {
                self.limits.attempts.right(attempt);
                Ok(user)
            }
            Ok(None) => Err(wrong_credentials()),
            Err(failure) => {
                self.limits.attempts.forgive(attempt);
                Err(failure)
            }
        }
    }

    async fn check_password(
        &self,
        attempt: Attempt,
        email: &str,
        password: String,
    ) -> Result<Option<User>> {
        let user = self.catalog.user_by_email(email).await?;
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let verified = self.passwords.verify(attempt.is_known, password, stored);
        let is_right = verified.await?;
        Ok(user.filter(|_| is_right))
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
