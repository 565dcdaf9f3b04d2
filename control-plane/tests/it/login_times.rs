//! Whether the time of a login tells that an address is known, and whether that would be seen.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use control_plane::Options;

use crate::logins::log_in;
use crate::server::{Server, unlimited};

const KNOWN: &str = "acme@example.org";
const UNKNOWN: &str = "nobody@example.org";

/// Tries of each kind.
const TRIES: u32 = 100;

/// How long logins took.
#[derive(Debug, Default)]
struct Times {
    known: Vec<Duration>,
    unknown: Vec<Duration>,
}

impl Times {
    /// Measures a login that gets the number of the try and an address. Known and unknown addresses
    /// take turns, so that what comes in between on a busy machine hits both.
    async fn measure(log_in: impl AsyncFn(u32, &str)) -> Self {
        let mut times = Self::default();
        for number in 0..TRIES {
            let mut kinds = [(KNOWN, &mut times.known), (UNKNOWN, &mut times.unknown)];
            if number % 2 == 1 {
                kinds.reverse();
            }
            for (email, measured) in kinds {
                let started = Instant::now();
                log_in(number, email).await;
                measured.push(started.elapsed());
            }
        }
        times
    }

    /// The share of the pairs of one time of each kind in which the known address took longer. With
    /// equal distributions it is 1/2, with a standard deviation of 0.041 for 100 of each. (It is the
    /// statistic of Mann and Whitney, divided by the number of pairs.) Ranks alone count: one try that
    /// the machine held up for a second weighs no more than any other.
    fn share(&self) -> f64 {
        let orders = self
            .known
            .iter()
            .flat_map(|one| self.unknown.iter().map(move |other| one.cmp(other)));
        let halves = orders.map(|order| match order {
            Ordering::Less => 0,
            Ordering::Equal => 1,
            Ordering::Greater => 2,
        });
        let count = self.known.len() * self.unknown.len();
        f64::from(halves.sum::<u32>()) / 2.0 / f64::from(u32::try_from(count).unwrap())
    }

    /// Whether the times tell known addresses from unknown ones. Without a difference, it says so once
    /// in a million runs: five standard deviations.
    fn tell_apart(&self) -> bool {
        !(0.3..0.7).contains(&self.share())
    }

    /// For whoever reads of a failure.
    fn summary(&self) -> String {
        let [known, unknown] = [&self.known, &self.unknown].map(|times| {
            let mut times = times.clone();
            times.sort_unstable();
            times[times.len() / 2]
        });
        format!(
            "known addresses took longer in {:.3} of the pairs, medians {known:?} and {unknown:?}",
            self.share()
        )
    }
}

/// A server with one person, behind a proxy that says where requests come from.
async fn server() -> Server {
    let server = Server::with(Options {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..unlimited()
    })
    .await;
    server.tenant("acme").await;
    server
}

#[tokio::test]
async fn the_time_of_a_login_does_not_tell_whether_an_address_is_known() {
    let server = server().await;
    let anyone = server.anonymous();
    let times = Times::measure(async |number, email| {
        // From another network each time, or else the wait would answer instead of the hash.
        let from = format!("198.51.{}.{}", number / 250, number % 250);
        let answer = log_in(&anyone, &from, email, "wrong password").await;
        answer.expect_error(401, "invalid_credentials");
    })
    .await;
    println!("{}", times.summary());
    assert!(!times.tell_apart(), "{}", times.summary());
}

/// The same measurement of the login that everybody writes first: it looks the person up, and checks
/// the password of a person who is there.
#[tokio::test]
async fn a_login_that_skips_the_hash_of_unknown_addresses_is_seen() {
    let server = server().await;
    let catalog = &server.catalog;
    let times = Times::measure(async |_, email| {
        let Some(user) = catalog.user_by_email(email).await.unwrap() else {
            return;
        };
        let work = move || {
            let stored = PasswordHash::new(&user.password_hash).unwrap();
            Argon2::default().verify_password(b"wrong password", &stored)
        };
        let verified = tokio::task::spawn_blocking(work).await.unwrap();
        assert!(verified.is_err());
    })
    .await;
    println!("{}", times.summary());
    assert!(times.tell_apart(), "{}", times.summary());
}

/// Times from `from` to `from + 99` milliseconds.
fn spread(from: u64) -> Vec<Duration> {
    (from..from + 100).map(Duration::from_millis).collect()
}

#[test]
fn equal_times_are_not_told_apart_and_a_third_of_their_spread_is() {
    let against = |unknown: Vec<Duration>| Times {
        known: spread(100),
        unknown,
    };
    let equal = against(spread(100));
    assert!((equal.share() - 0.5).abs() < 1e-9 && !equal.tell_apart());
    assert!(!against(spread(110)).tell_apart());
    for other in [spread(67), spread(133)] {
        assert!(against(other).tell_apart());
    }
}

#[test]
fn a_few_tries_that_were_held_up_change_nothing() {
    let mut times = Times {
        known: spread(100),
        unknown: spread(100),
    };
    for time in &mut times.known[..10] {
        *time = Duration::from_secs(10);
    }
    assert!(!times.tell_apart(), "{}", times.summary());
}
