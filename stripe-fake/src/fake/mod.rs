//! A running fake.

mod answer;
mod control;
mod in_progress;
mod pages;
mod recorded;
mod server;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::{Mutex, MutexGuard};
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use self::control::NoSuchObject;
use self::in_progress::{Claim, Claimed, InProgress};
use self::recorded::Recorded;
use self::server::Server;
use crate::faults::Fate;
use crate::options::Options;
use crate::state::{Start, State};

/// A clock is followed to the second or so.
const AHEAD_SECONDS: u64 = 2;

/// How long it takes until everybody who follows the clock has seen it move.
const FOLLOWED_WITHIN: Duration = Duration::from_millis(300);

/// How often the clock goes on by itself, where it does.
const TICK: Duration = Duration::from_millis(200);

/// How often the journal has the time while nothing else happens.
const QUIET_SECONDS: u64 = 60;

/// A fake that serves until the last clone of it is dropped.
#[derive(Clone)]
pub struct Fake {
    inner: Arc<Inner>,
    /// The server itself has none of it.
    _stop: Option<Arc<DropGuard>>,
}

struct Inner {
    recorded: Mutex<Recorded>,
    in_progress: InProgress,
    /// Decides which requests are struck by faults, and in what order webhooks are sent. It is not in
    /// the journal, which has what came of it.
    chance: Mutex<StdRng>,
    url: String,
    secret_key: String,
    options: Options,
    client: reqwest::Client,
    /// What stands in the file of the clock.
    shown_ahead: AtomicU64,
    /// Webhooks are sent by one at a time.
    sending: tokio::sync::Mutex<()>,
    /// Something may be due.
    woken: Notify,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Fake {
    /// Starts to serve on the loopback address; from where it was if its journal has something.
    ///
    /// # Errors
    /// When the port is taken or the journal can't be replayed.
    pub async fn start(options: Options) -> io::Result<Self> {
        let taken = |error: io::Error| {
            let message = format!("port {} can't be used: {error}", options.port);
            io::Error::new(error.kind(), message)
        };
        let listener = TcpListener::bind(("127.0.0.1", options.port));
        let acceptor = listener.into_acceptor().await.map_err(taken)?;
        let port = acceptor
            .local_addr()
            .first()
            .and_then(|it| it.as_socket_addr().map(|it| it.port()));
        let url = format!("http://127.0.0.1:{}", port.unwrap_or(options.port));
        let start = Start {
            now: options.now.unwrap_or_else(present),
            seed: options.seed,
            summary_delay: options.summary_delay,
        };
        let recorded = match &options.journal {
            Some(path) => Recorded::open(path, start, url.clone())?,
            None => Recorded::without_journal(&start, url.clone()),
        };
        let client = reqwest::Client::builder()
            .timeout(options.webhook_timeout)
            .no_proxy();
        let client = client.build().map_err(io::Error::other)?;
        let secret_key = options.secret_key.clone().unwrap_or_else(new_key);
        let stop = CancellationToken::new();
        let fake = Self {
            inner: Arc::new(Inner {
                recorded: Mutex::new(recorded),
                in_progress: InProgress::default(),
                chance: Mutex::new(StdRng::seed_from_u64(options.seed)),
                url,
                secret_key,
                options,
                client,
                shown_ahead: AtomicU64::new(0),
                sending: tokio::sync::Mutex::default(),
                woken: Notify::new(),
                stop: stop.clone(),
                tasks: TaskTracker::new(),
            }),
            _stop: None,
        };
        let server = poem::Server::new_with_acceptor(acceptor);
        let serving = server.run_with_graceful_shutdown(
            Server(fake.clone()),
            stop.clone().cancelled_owned(),
            Some(Duration::ZERO),
        );
        fake.inner.tasks.spawn(serving);
        if fake.inner.options.real_time {
            let ticking = fake.clone().tick();
            fake.inner
                .tasks
                .spawn(stop.clone().run_until_cancelled_owned(ticking));
        }
        Ok(Self {
            _stop: Some(Arc::new(stop.drop_guard())),
            ..fake
        })
    }

    /// Stops to serve, and lets another fake have the port and the journal. What is under way may stay
    /// unanswered.
    pub async fn stop(self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.recorded().close();
    }

    /// Lets the clock go on with real time.
    async fn tick(self) {
        let mut before = present();
        if self.inner.options.journal.is_some() {
            // What became due while nobody served is done at its time.
            self.advance(before, QUIET_SECONDS).await;
        }
        loop {
            let woken = self.inner.woken.notified();
            let _ = tokio::time::timeout(TICK, woken).await;
            let now = present();
            let to = self.now() + now.saturating_sub(before);
            before = now;
            self.advance(to, QUIET_SECONDS).await;
        }
    }

    pub(crate) fn state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.inner.recorded.lock())
    }

    pub(crate) fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.inner.recorded.lock()
    }

    /// Decides which fault strikes a request, and notes it.
    fn decide(&self, method: &str, path: &str) -> Option<Fate> {
        let mut recorded = self.recorded();
        let chance = &mut self.inner.chance.lock();
        let fate = recorded.faults.decide(method, path, chance)?;
        recorded.struck(fate.place);
        Some(fate)
    }

    fn claim(&self, claim: Claim, request: &str) -> Result<Claimed, String> {
        self.inner.in_progress.claim(claim, request)
    }

    pub(crate) fn wake(&self) {
        self.inner.woken.notify_one();
    }

    pub(crate) fn meter_event_time(&self) -> Duration {
        self.inner.options.meter_event_time
    }

    pub fn url(&self) -> String {
        self.inner.url.clone()
    }

    pub fn secret_key(&self) -> String {
        self.inner.secret_key.clone()
    }

    /// The time of its clock, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.state(|state| state.now)
    }

    /// Moves the clock on, and does everything that becomes due, in the order of time. Every webhook is
    /// sent at its time, and waited for.
    pub async fn advance_to(&self, unix: u64) {
        self.advance(unix, 0).await;
    }

    /// The same. A journal does not have the time at the end if it has one that is at most `quiet`
    /// seconds older, and nothing else has happened.
    async fn advance(&self, unix: u64, quiet: u64) {
        // A request may have made something due at once.
        let now = self.now();
        self.recorded().move_clock(now, u64::MAX);
        loop {
            self.show_clock().await;
            self.deliver().await;
            let next = {
                let mut recorded = self.recorded();
                let next = recorded.next_due().filter(|at| *at <= unix);
                recorded.move_clock(next.unwrap_or(unix), quiet);
                next
            };
            if next.is_none() {
                return self.show_clock().await;
            }
        }
    }

    /// Says by how much the clock goes ahead of the machine's, where somebody follows it.
    async fn show_clock(&self) {
        let Some(file) = &self.inner.options.clock_file else {
            return;
        };
        let ahead = self.now().saturating_sub(present());
        let shown = self.inner.shown_ahead.load(Ordering::Relaxed);
        if ahead <= shown + AHEAD_SECONDS {
            return;
        }
        self.inner.shown_ahead.store(ahead, Ordering::Relaxed);
        let written = std::fs::write(file, format!("{ahead}\n"));
        if let Err(error) = written {
            tracing::error!(%error, "the file of the clock can't be written");
        }
        tokio::time::sleep(FOLLOWED_WITHIN).await;
    }

    /// Sends the webhooks that are due now.
    pub async fn deliver(&self) {
        let _only = self.inner.sending.lock().await;
        let due = self.state(|state| state.due_deliveries(&mut self.inner.chance.lock()));
        for it in due {
            let request = self
                .inner
                .client
                .post(&it.url)
                .header("Content-Type", "application/json; charset=utf-8")
                .header("Stripe-Signature", it.signature)
                .body(it.body);
            let arrived = request
                .send()
                .await
                .is_ok_and(|it| it.status().is_success());
            self.recorded().sent(it.number, arrived);
        }
    }
}

fn new_key() -> String {
    let letters = rand::rng().sample_iter(rand::distr::Alphanumeric).take(32);
    let letters: String = letters.map(char::from).collect();
    format!("sk_test_{letters}")
}

/// The time of the machine.
#[expect(clippy::disallowed_methods, reason = "this is the clock of the fake")]
fn present() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| it.as_secs())
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fake")
            .field("url", &self.inner.url)
            .finish_non_exhaustive()
    }
}
