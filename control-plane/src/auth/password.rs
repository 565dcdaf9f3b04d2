//! Passwords, hashed with Argon2id.
//!
//! Hashing takes some 20 MB and tens of milliseconds by intent. It runs off the async runtime, few
//! at a time and at a low priority, so that a flood of logins can't take the memory or the cores of
//! appends and queries.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use protocol::ErrorCode;
use thread_priority::ThreadPriority;
use thread_priority::unix::{
    NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tokio::sync::{Semaphore, oneshot};

use crate::errors::{Failure, Result};

const PASSWORD_CHARS_MIN: usize = 8;
const PASSWORD_CHARS_MAX: usize = 128;

/// Passwords that may wait, in each queue; more are turned away.
const WAITING_MAX: usize = 100;

/// When more wait in one queue than this, hashing gets the lowest priority.
const FLOOD: usize = 10;

/// Added to the niceness of a thread that hashes: about a tenth of a normal thread's share.
const NICENESS: i32 = 10;

/// A hash of the cost of all others that no password belongs to: its bytes are random.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$gb+F+iFn/Uc3qjoQve6EqA$5YdjgWpPwxF+rctV1tFkEDWdFt4fdcySDl+B1sEvDC4";

/// The 5,000 passwords of at least 8 characters that were most common in breaches, in lower case and
/// sorted. From the frequency lists of zxcvbn (MIT licence, Daniel Wolf and contributors).
const COMMON: &str = include_str!("common_passwords.txt");

/// Checks a new password of someone with these names, addresses included.
///
/// # Errors
/// When it is too short, too long, one of the most common ones, or a name.
pub(crate) fn check_rules(password: &str, names: &[&str]) -> Result<()> {
    let invalid = |message: &'static str| Failure::new(ErrorCode::InvalidPassword, message);
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        return Err(invalid("a password has at least 8 characters"));
    }
    if chars > PASSWORD_CHARS_MAX {
        return Err(invalid("a password has at most 128 characters"));
    }
    let lower = password.to_lowercase();
    let is_name = |name: &&str| {
        let name = name.to_lowercase();
        let local = name.split('@').next().unwrap_or_default();
        lower == name || lower == local
    };
    if is_common(&lower) || names.iter().any(is_name) {
        return Err(Failure::new(
            ErrorCode::CommonPassword,
            "this password is one of those that are tried first; choose another one, such as four \
             words that have nothing to do with each other",
        ));
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    static SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| COMMON.lines().collect());
    SORTED.binary_search(&lower).is_ok()
}

/// Hashes and verifies, a few at a time.
pub(crate) struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Of those from whose network the right password came before: a flood of strangers fills their
    /// own room alone.
    waiting_known: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new(at_a_time: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(at_a_time.max(1))),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            waiting_known: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// The hash of a password, in the PHC format.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) async fn hash(&self, password: String) -> Result<String> {
        self.run(false, move || hash(&password)).await?
    }

    /// Whether a password belongs to a stored hash. Without one it takes as long and says no, so
    /// that the time does not tell whether an address is known. `is_known` says that the right
    /// password came from the network before.
    ///
    /// # Errors
    /// When too many wait already, or the stored hash is damaged.
    pub(crate) async fn verify(
        &self,
        is_known: bool,
        password: String,
        stored: Option<String>,
    ) -> Result<bool> {
        self.run(is_known, move || {
            let is_right = verify(&password, stored.as_deref().unwrap_or(NOBODYS_HASH))?;
            Ok(is_right && stored.is_some())
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        is_known: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let slots = match is_known {
            true => &self.waiting_known,
            false => &self.waiting,
        };
        let waiting = Arc::clone(slots).try_acquire_owned().map_err(|_| {
            Failure::overloaded("too many people log in at this moment; try again shortly")
        })?;
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|error| Failure::internal("passwords are closed", &error))?;
        let (done, outcome) = oneshot::channel();
        // A thread of its own, because a priority that was lowered can't be raised again. The
        // permits belong to it: it goes on when the request has gone away.
        let thread = std::thread::Builder::new().name("password".to_owned());
        let is_flood = slots.available_permits() < WAITING_MAX - FLOOD;
        let started = thread.spawn(move || {
            lower_priority(is_flood);
            let _permits = (waiting, running);
            let _ = done.send(work());
        });
        started.map_err(|error| Failure::unavailable("no password can be checked", &error))?;
        let failed = |error| Failure::internal("hashing a password failed", &error);
        outcome.await.map_err(failed)
    }
}

/// Lowers the priority of this thread below that of appends and queries. Where the system refuses, it
/// stays as it is. In a flood the thread gets idle time alone: even a small share of a core lets a
/// request that wakes up there wait for the end of a time slice.
fn lower_priority(is_flood: bool) {
    if is_flood {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    } else {
        let _ = rustix::process::nice(NICENESS);
    }
}

fn hash(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Failure::internal("a password can't be hashed", &error))
}

fn verify(password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored)
        .map_err(|error| Failure::internal("a stored password hash is damaged", &error))?;
    Ok(Argon2::default()
        .verify_password(password.as_bytes(), &stored)
        .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_name_what_is_wrong() {
        let code = |password: &str| {
            let checked = check_rules(password, &["ada.lovelace@example.org", "acme-works"]);
            checked.err().map(|failure| failure.code)
        };
        for good in ["correct horse", "éééééééé", "example.org", "ada.lovelace1"] {
            assert_eq!(code(good), None, "{good}");
        }
        for bad in ["", "1234567", &"x".repeat(129)] {
            assert_eq!(code(bad), Some(ErrorCode::InvalidPassword), "{bad}");
        }
        for common in [
            "Password123",
            "00000000",
            "trustno1",
            "Ada.Lovelace@example.org",
            "ADA.LOVELACE",
            "acme-works",
        ] {
            assert_eq!(code(common), Some(ErrorCode::CommonPassword), "{common}");
        }
    }

    #[test]
    fn the_common_passwords_are_sorted_long_enough_and_in_lower_case() {
        let all: Vec<&str> = COMMON.lines().collect();
        assert!(all.len() > 5_000);
        assert!(all.is_sorted());
        for password in all {
            assert!(password.len() >= PASSWORD_CHARS_MIN, "{password}");
            assert_eq!(password, password.to_lowercase());
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new(2);
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let verify = |text: &str, hash: Option<&String>| {
            passwords.verify(false, text.to_owned(), hash.cloned())
        };
        assert!(verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!verify("battery staple", Some(&hash)).await.unwrap());
        assert!(!verify("correct horse", None).await.unwrap());
    }

    /// Or else the time would tell who is registered.
    #[test]
    fn nobodys_hash_costs_what_every_other_one_does() {
        let cost = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
        let lengths = |hash: &str| hash.split('$').map(str::len).collect::<Vec<_>>();
        let real = hash("correct horse").unwrap();
        assert_eq!(cost(NOBODYS_HASH), cost(&real));
        assert_eq!(lengths(NOBODYS_HASH), lengths(&real));
        assert!(!verify("correct horse", NOBODYS_HASH).unwrap());
    }

    #[tokio::test]
    async fn strangers_that_wait_don_t_turn_known_ones_away() {
        let passwords = Passwords::new(1);
        let busy = Arc::clone(&passwords.running).try_acquire_owned().unwrap();
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| Arc::clone(&passwords.waiting).try_acquire_owned().unwrap())
            .collect();
        let verify = |is_known| passwords.verify(is_known, "correct horse".to_owned(), None);
        let turned_away = verify(false).await.unwrap_err();
        assert_eq!(turned_away.code, ErrorCode::Overloaded);
        let known = verify(true);
        drop(busy);
        assert!(!known.await.unwrap());
        drop(waiting);
    }

    /// Whoever hangs up gets no further hash computed beside the one that goes on.
    #[tokio::test]
    async fn work_keeps_its_permit_when_nobody_waits_for_it() {
        let passwords = Passwords::new(1);
        let (started, go) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
        let work = passwords.run(false, move || {
            started.0.send(()).unwrap();
            go.1.recv().unwrap();
        });
        let mut work = Box::pin(work);
        assert!(futures::poll!(&mut work).is_pending());
        tokio::task::spawn_blocking(move || started.1.recv().unwrap())
            .await
            .unwrap();
        drop(work);
        assert_eq!(passwords.running.available_permits(), 0);
        go.0.send(()).unwrap();
        let _ = passwords.running.acquire().await.unwrap();
    }
}
