//! Passwords, hashed with Argon2id.
//!
//! Hashing takes some 20 MB and tens of milliseconds by intent. It runs off the async runtime,
//! few at a time, so that a flood of logins can't take the memory or the cores of appends.

use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use protocol::ErrorCode;
use tokio::sync::Semaphore;

use crate::errors::Failure;

const PASSWORD_CHARS_MIN: usize = 8;
const PASSWORD_CHARS_MAX: usize = 128;

/// Logins that may wait for their turn; more are turned away.
const WAITING_MAX: usize = 100;

/// Passwords that everybody tries first.
const COMMON: &[&str] = &[
    "password",
    "12345678",
    "123456789",
    "1234567890",
    "password1",
    "password123",
    "qwertyuiop",
    "qwerty123",
    "iloveyou",
    "11111111",
    "00000000",
    "letmein1",
    "baseball",
    "football",
    "superman",
    "sunshine",
    "princess",
    "trustno1",
    "passw0rd",
    "abcd1234",
];

/// Checks a new password.
///
/// # Errors
/// When it is too short, too long or one of the most common ones.
pub(crate) fn check_rules(password: &str) -> Result<(), Failure> {
    let invalid = |message: &'static str| Failure::new(ErrorCode::InvalidPassword, message);
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        return Err(invalid("a password has at least 8 characters"));
    }
    if chars > PASSWORD_CHARS_MAX {
        return Err(invalid("a password has at most 128 characters"));
    }
    if COMMON.contains(&password.to_lowercase().as_str()) {
        return Err(invalid(
            "this password is one of the most common ones; choose another",
        ));
    }
    Ok(())
}

/// Hashes and verifies, a few at a time.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    #[must_use]
    pub(crate) fn new(at_a_time: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(at_a_time.max(1))),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// The hash of a password, in the PHC format.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Failure> {
        self.run(move || hash(&password)).await?
    }

    /// Whether a password belongs to a stored hash. Without one it takes as long and says no, so
    /// that the time does not tell whether an address is known.
    ///
    /// # Errors
    /// When too many wait already, or the stored hash is damaged.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Result<bool, Failure> {
        self.run(move || {
            let Some(stored) = stored else {
                verify(&password, nobodys_hash()?)?;
                return Ok(false);
            };
            verify(&password, &stored)
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let _waiting = self.waiting.try_acquire().map_err(|_| {
            Failure::new(
                ErrorCode::Overloaded,
                "too many people log in at this moment; try again shortly",
            )
        })?;
        let _running = self
            .running
            .acquire()
            .await
            .map_err(|error| Failure::internal("passwords are closed", &error))?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Failure::internal("hashing a password failed", &error))
    }
}

fn hash(password: &str) -> Result<String, Failure> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Failure::internal("a password can't be hashed", &error))
}

fn verify(password: &str, stored: &str) -> Result<bool, Failure> {
    let stored = PasswordHash::new(stored)
        .map_err(|error| Failure::internal("a stored password hash is damaged", &error))?;
    Ok(Argon2::default()
        .verify_password(password.as_bytes(), &stored)
        .is_ok())
}

/// A hash that no password belongs to in practice.
fn nobodys_hash() -> Result<&'static str, Failure> {
    static HASH: OnceLock<String> = OnceLock::new();
    if let Some(hash) = HASH.get() {
        return Ok(hash);
    }
    let made = hash(&super::token::session())?;
    Ok(HASH.get_or_init(|| made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_name_what_is_wrong() {
        assert!(check_rules("correct horse").is_ok());
        assert!(check_rules("éééééééé").is_ok());
        for bad in ["", "1234567", "Password123", &"x".repeat(129)] {
            let failure = check_rules(bad).unwrap_err();
            assert_eq!(failure.code, ErrorCode::InvalidPassword);
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new(2);
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let verify =
            |text: &str, hash: Option<&String>| passwords.verify(text.to_owned(), hash.cloned());
        assert!(verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!verify("battery staple", Some(&hash)).await.unwrap());
        assert!(!verify("correct horse", None).await.unwrap());
    }
}
