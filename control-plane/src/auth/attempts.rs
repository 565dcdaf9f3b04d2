//! Wrong passwords, counted for each address that is tried and each network that tries it.
//!
//! After a few wrong ones a network waits, longer each time, before it may try the same address
//! again. Other networks don't wait: someone who guesses locks out their own network alone. Whether
//! an address is registered makes no difference here, so the wait does not tell either.
//!
//! Each node counts by itself, in memory that is bounded. See decision 0009.

use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::token::{self, TokenDigest};

/// Wrong passwords before a network waits; people mistype.
const FREE: u32 = 10;

/// The same while an address is being guessed from many networks, for those that are new to it.
const FREE_UNDER_ATTACK: u32 = 2;

/// Wrong passwords within [`COUNT_TTL`], from all networks, by which an address is being guessed.
const ATTACK: u32 = 100;

const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait of a network that is new to the address.
const WAIT_MAX: Duration = Duration::from_secs(900);

/// The longest wait of a network from which the right password came before. It is short, so that
/// someone in the same network can't keep a person out with a few wrong passwords.
const WAIT_MAX_KNOWN: Duration = Duration::from_secs(10);

/// The TTL of a count of wrong passwords, since the last one.
const COUNT_TTL: Duration = Duration::from_secs(3_600);

/// How long a network is known after the right password came from it.
const KNOWN_TTL: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Entries of each kind; some 100 bytes each. Beyond it, those longest untouched go.
const ENTRIES_MAX: u64 = 100_000;

/// The digest of an address, whether registered or not.
type Account = TokenDigest;

type Key = (Account, IpAddr);

#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    /// When the next attempt is let through.
    next: Instant,
}

/// All that is counted on this node.
pub(crate) struct Attempts {
    wrong: Cache<Key, Wrong>,
    known: Cache<Key, ()>,
    /// Wrong passwords of an address from all networks.
    totals: Cache<Account, u32>,
}

/// An attempt that was let through. It counts as a wrong one until it is resolved.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Attempt {
    key: Key,
    begun: Instant,
    /// The right password came from this network before.
    pub is_known: bool,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self {
            wrong: entries().time_to_idle(COUNT_TTL).build(),
            known: entries().time_to_idle(KNOWN_TTL).build(),
            totals: entries().time_to_live(COUNT_TTL).build(),
        }
    }

    /// Lets an attempt through, or says how long the network has to wait. The attempt is counted
    /// at once, so that many at the same time are no way around the wait.
    pub(crate) fn begin(
        &self,
        email: &str,
        network: IpAddr,
        now: Instant,
    ) -> Result<Attempt, Duration> {
        let account = token::digest(email);
        let key = (account, network);
        let is_known = self.known.contains_key(&key);
        let is_attacked = self.totals.get(&account).is_some_and(|it| it >= ATTACK);
        let (free, wait_max) = match (is_known, is_attacked) {
            (true, _) => (FREE, WAIT_MAX_KNOWN),
            (false, false) => (FREE, WAIT_MAX),
            (false, true) => (FREE_UNDER_ATTACK, WAIT_MAX),
        };
        let mut wait = Duration::ZERO;
        self.wrong.entry(key).and_compute_with(|entry| {
            let before = entry.map(moka::Entry::into_value);
            wait = before.map_or(Duration::ZERO, |it| it.next.saturating_duration_since(now));
            if !wait.is_zero() {
                return Op::Nop;
            }
            let count = before.map_or(0, |it| it.count).saturating_add(1);
            let next = now + wait_after(count, free, wait_max);
            Op::Put(Wrong { count, next })
        });
        if !wait.is_zero() {
            return Err(wait);
        }
        self.totals.entry(account).and_compute_with(|entry| {
            Op::Put(entry.map_or(0, moka::Entry::into_value).saturating_add(1))
        });
        Ok(Attempt {
            key,
            begun: now,
            is_known,
        })
    }

    /// The password was right: the network is known from now on.
    pub(crate) fn right(&self, attempt: Attempt) {
        self.trust(attempt.key);
        self.uncount(attempt);
    }

    /// Nobody looked at the password: the attempt does not count.
    pub(crate) fn forgive(&self, attempt: Attempt) {
        self.wrong.entry(attempt.key).and_compute_with(|entry| {
            entry.map_or(Op::Nop, |entry| {
                let wrong = entry.into_value();
                Op::Put(Wrong {
                    count: wrong.count.saturating_sub(1),
                    next: attempt.begun,
                })
            })
        });
        self.uncount(attempt);
    }

    /// Someone proved in another way that the address is theirs.
    pub(crate) fn welcome(&self, email: &str, network: IpAddr) {
        self.trust((token::digest(email), network));
    }

    fn trust(&self, key: Key) {
        self.wrong.invalidate(&key);
        self.known.insert(key, ());
    }

    fn uncount(&self, attempt: Attempt) {
        let (account, _) = attempt.key;
        self.totals.entry(account).and_compute_with(|entry| {
            entry.map_or(Op::Nop, |it| Op::Put(it.into_value().saturating_sub(1)))
        });
    }
}

fn entries<K, V>() -> moka::sync::CacheBuilder<K, V, Cache<K, V>>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    // What came last is what matters; how often something came is the attacker's choice.
    Cache::builder()
        .max_capacity(ENTRIES_MAX)
        .eviction_policy(EvictionPolicy::lru())
}

/// How long a network waits after so many attempts.
fn wait_after(count: u32, free: u32, max: Duration) -> Duration {
    let Some(doublings) = count.checked_sub(free) else {
        return Duration::ZERO;
    };
    let factor = 2_u32.saturating_pow(doublings);
    FIRST_WAIT.saturating_mul(factor).min(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = "ada@example.org";

    fn network(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    /// Attempts that are let through at one moment.
    fn let_through(attempts: &Attempts, network: IpAddr, now: Instant) -> u32 {
        (0..100)
            .map(|_| u32::from(attempts.begin(EMAIL, network, now).is_ok()))
            .sum()
    }

    #[test]
    fn a_network_waits_longer_each_time_and_no_other_one_does() {
        let (attempts, mut now) = (Attempts::new(), Instant::now());
        assert_eq!(let_through(&attempts, network(1), now), FREE);
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = attempts.begin(EMAIL, network(1), now).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(let_through(&attempts, network(1), now), 1);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert!(attempts.begin(EMAIL, network(2), now).is_ok());
        assert!(attempts.begin("bob@example.org", network(1), now).is_ok());
    }

    #[test]
    fn the_right_password_ends_the_wait_and_makes_later_ones_short() {
        let (attempts, mut now) = (Attempts::new(), Instant::now());
        for _ in 1..FREE {
            let _ = attempts.begin(EMAIL, network(1), now).unwrap();
        }
        let last = attempts.begin(EMAIL, network(1), now).unwrap();
        assert!(!last.is_known);
        attempts.right(last);
        assert_eq!(let_through(&attempts, network(1), now), FREE);
        for _ in 0..20 {
            let wait = attempts.begin(EMAIL, network(1), now).unwrap_err();
            assert!(wait <= WAIT_MAX_KNOWN);
            now += wait;
            assert!(attempts.begin(EMAIL, network(1), now).unwrap().is_known);
        }
    }

    #[test]
    fn guessing_from_everywhere_leaves_new_networks_fewer_attempts_and_never_none() {
        let (attempts, now) = (Attempts::new(), Instant::now());
        let home = network(1);
        attempts.right(attempts.begin(EMAIL, home, now).unwrap());
        for number in 100..100 + ATTACK {
            let _ = attempts.begin(EMAIL, network(number), now).unwrap();
        }
        assert_eq!(let_through(&attempts, network(2), now), FREE_UNDER_ATTACK);
        assert_eq!(let_through(&attempts, home, now), FREE);
    }

    #[test]
    fn an_attempt_that_nobody_looked_at_does_not_count() {
        let (attempts, now) = (Attempts::new(), Instant::now());
        for _ in 0..10 * ATTACK {
            attempts.forgive(attempts.begin(EMAIL, network(1), now).unwrap());
        }
        attempts.wrong.run_pending_tasks();
        assert_eq!(let_through(&attempts, network(1), now), FREE);
    }

    #[test]
    fn memory_is_bounded() {
        let (attempts, now) = (Attempts::new(), Instant::now());
        for number in 0..ENTRIES_MAX + 10_000 {
            let _ = attempts.begin(&format!("p{number}@example.org"), network(1), now);
        }
        attempts.wrong.run_pending_tasks();
        attempts.totals.run_pending_tasks();
        assert!(attempts.wrong.entry_count() <= ENTRIES_MAX);
        assert!(attempts.totals.entry_count() <= ENTRIES_MAX);
    }
}
