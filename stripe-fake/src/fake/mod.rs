//! A running fake.

mod answer;
mod control;
mod pages;
mod server;

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use rand::RngExt as _;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use self::control::NoSuchObject;
use self::server::Server;
use crate::options::Options;
use crate::state::State;

/// How often the clock goes on by itself, where it does.
const TICK: Duration = Duration::from_millis(200);

/// A fake that serves until the last clone of it is dropped.
#[derive(Clone)]
pub struct Fake {
    inner: Arc<Inner>,
    /// The server itself has none of it.
    _stop: Option<Arc<DropGuard>>,
}

struct Inner {
    state: Mutex<State>,
    url: String,
    secret_key: String,
    options: Options,
    client: reqwest::Client,
    /// Webhooks are sent by one at a time.
    sending: tokio::sync::Mutex<()>,
    /// Something may be due.
    woken: Notify,
    tasks: TaskTracker,
}

impl Fake {
    /// Starts to serve on the loopback address.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", options.port));
        let acceptor = listener.into_acceptor().await?;
        let port = acceptor
            .local_addr()
            .first()
            .and_then(|it| it.as_socket_addr().map(|it| it.port()));
        let url = format!("http://127.0.0.1:{}", port.unwrap_or(options.port));
        let now = options.now.unwrap_or_else(present);
        let client = reqwest::Client::builder()
            .timeout(options.webhook_timeout)
            .no_proxy();
        let client = client.build().map_err(io::Error::other)?;
        let secret_key = options.secret_key.clone().unwrap_or_else(new_key);
        let stop = CancellationToken::new();
        let fake = Self {
            inner: Arc::new(Inner {
                state: Mutex::new(State::new(&options, now, url.clone())),
                url,
                secret_key,
                options,
                client,
                sending: tokio::sync::Mutex::default(),
                woken: Notify::new(),
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

    /// Lets the clock go on with real time.
    async fn tick(self) {
        let mut before = present();
        loop {
            let woken = self.inner.woken.notified();
            let _ = tokio::time::timeout(TICK, woken).await;
            let now = present();
            let to = self.now() + now.saturating_sub(before);
            before = now;
            self.advance_to(to).await;
        }
    }

    pub(crate) fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.inner.state.lock())
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
        loop {
            self.state(State::catch_up);
            self.deliver().await;
            let more = self.state(|state| {
                let next = state.next_due().filter(|at| *at <= unix);
                state.now = state.now.max(next.unwrap_or(unix));
                next.is_some()
            });
            if !more {
                return;
            }
        }
    }

    /// Sends the webhooks that are due now.
    pub async fn deliver(&self) {
        let _only = self.inner.sending.lock().await;
        for it in self.state(State::due_deliveries) {
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
            self.state(|state| state.delivered(it.number, arrived));
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
