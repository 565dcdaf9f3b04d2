//! The connection to NATS: requests that end when the connection does.
//!
//! The client library keeps a request waiting over a lost connection; here it fails at once, so that
//! whoever published can look for the frame. A request that was surely not received is told apart
//! from one that may have been.

use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{
    Client, ConnectOptions, Event, HeaderMap, Message, Request, RequestErrorKind, ServerInfo,
    Subscriber,
};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{ConnectError, NatsCredentials, NatsOptions};

/// Messages that may wait for one subscriber; beyond it they are dropped, and followers are notified.
const SUBSCRIPTION_CAPACITY: usize = 4_096;
/// Commands that may wait for the connection.
const CLIENT_CAPACITY: usize = 8_192;
const RECONNECT_DELAY_MAX: Duration = Duration::from_millis(500);
/// How long one request to the servers may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a request has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// Nobody has received it.
    #[error("{0}")]
    NotSent(String),
    /// It may have been received and carried out.
    #[error("{0}")]
    Lost(String),
}

/// Why a message was not sent that has no recipient.
pub(crate) const NOBODY: &str = "nobody in NATS takes it right now";

fn not_sent(reason: impl std::fmt::Display) -> NoAnswer {
    NoAnswer::NotSent(reason.to_string())
}

/// A connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Link {
    client: Client,
    /// Counts lost connections.
    losses: watch::Receiver<u64>,
}

impl Link {
    /// Connects on the runtime of `on`, where the connection's work is done from then on. `missed` is
    /// called as in [`Link::connect`].
    pub(crate) async fn connect_on(
        on: &Handle,
        options: NatsOptions,
        missed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, ConnectError> {
        let named = options.clone();
        let connecting = on.spawn(async move { Self::connect(&options, missed).await });
        let connected = connecting.await;
        connected.unwrap_or_else(|error| Err(unreachable(&named, &error)))
    }

    /// Connects. `missed` is called whenever messages to subscribers may have been lost: after a
    /// lost connection, or when a subscriber was too slow.
    pub(crate) async fn connect(
        options: &NatsOptions,
        missed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, ConnectError> {
        let (lost, losses) = watch::channel(0_u64);
        let lost = Arc::new(lost);
        let connect = with_credentials(&options.credentials)?
            .name("primatomic")
            .connection_timeout(CONNECT_TIMEOUT)
            .subscription_capacity(SUBSCRIPTION_CAPACITY)
            .client_capacity(CLIENT_CAPACITY)
            .reconnect_delay_callback(|attempts| {
                let step = u64::try_from(attempts).unwrap_or(u64::MAX);
                Duration::from_millis(step.saturating_mul(20)).min(RECONNECT_DELAY_MAX)
            })
            .event_callback(move |event| {
                heard(&event, &lost, &missed);
                std::future::ready(())
            });
        let servers: Vec<&str> = options.servers.iter().map(String::as_str).collect();
        let client = connect.connect(servers).await;
        Ok(Self {
            client: client.map_err(|error| unreachable(options, &error))?,
            losses,
        })
    }

    /// What the server said about itself.
    pub(crate) fn server(&self) -> ServerInfo {
        self.client.server_info()
    }

    pub(crate) fn is_at_least(&self, major: i64, minor: i64) -> bool {
        self.client.is_server_compatible(major, minor, 0)
    }

    pub(crate) fn jetstream(&self) -> async_nats::jetstream::Context {
        let mut context = async_nats::jetstream::new(self.client.clone());
        context.set_timeout(REQUEST_TIMEOUT);
        context
    }

    fn check_connected(&self) -> Result<(), NoAnswer> {
        match self.client.connection_state() {
            State::Connected => Ok(()),
            State::Pending | State::Disconnected => Err(not_sent("NATS is not connected")),
        }
    }

    /// Sends a request and waits for its answer, as long as one may take.
    pub(crate) async fn request(
        &self,
        subject: String,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> Result<Message, NoAnswer> {
        // A large payload takes its time on the wire and on the disks of the servers.
        let extra = Duration::from_micros(u64::try_from(payload.len()).unwrap_or_default());
        self.request_within(REQUEST_TIMEOUT + extra, subject, headers, payload)
            .await
    }

    /// As [`Self::request`], for so long.
    pub(crate) async fn request_within(
        &self,
        timeout: Duration,
        subject: String,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> Result<Message, NoAnswer> {
        self.check_connected()?;
        let mut request = Request::new().payload(payload).timeout(Some(timeout));
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let answer = self.client.send_request(subject, request);
        self.unless_lost(async {
            answer.await.map_err(|error| match error.kind() {
                RequestErrorKind::NoResponders => not_sent(NOBODY),
                RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => {
                    not_sent(error)
                }
                RequestErrorKind::TimedOut => NoAnswer::Lost("NATS did not answer in time".into()),
                RequestErrorKind::Other => NoAnswer::Lost(error.to_string()),
            })
        })
        .await?
    }

    /// Sends a message that has no answer of its own.
    pub(crate) async fn send(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<(), NoAnswer> {
        self.check_connected()?;
        let sent = self.client.publish_with_headers(subject, headers, payload);
        sent.await.map_err(not_sent)
    }

    /// Sends a message whose answers go to a subject that was subscribed to before.
    pub(crate) async fn ask(
        &self,
        subject: String,
        reply: String,
        payload: Bytes,
    ) -> Result<(), NoAnswer> {
        self.check_connected()?;
        let sent = self.client.publish_with_reply(subject, reply, payload);
        sent.await.map_err(not_sent)
    }

    /// Waits until what was sent has left this process, but not long.
    pub(crate) async fn flush(&self) {
        if let Ok(Err(error)) = tokio::time::timeout(REQUEST_TIMEOUT, self.client.flush()).await {
            tracing::debug!(%error, "some messages may not have left");
        }
    }

    /// Sends a request that has many answers.
    pub(crate) async fn request_many(
        &self,
        subject: String,
        payload: Bytes,
    ) -> Result<Subscriber, NoAnswer> {
        self.check_connected()?;
        let inbox = self.client.new_inbox();
        let answers = self.subscribe(inbox.clone()).await?;
        self.ask(subject, inbox, payload).await?;
        Ok(answers)
    }

    pub(crate) async fn subscribe(&self, subject: String) -> Result<Subscriber, NoAnswer> {
        self.client.subscribe(subject).await.map_err(not_sent)
    }

    /// Waits for something, but not over a lost connection nor longer than a request may take.
    pub(crate) async fn within<T>(&self, answer: impl Future<Output = T>) -> Result<T, NoAnswer> {
        self.unless_lost(async {
            tokio::time::timeout(REQUEST_TIMEOUT, answer)
                .await
                .map_err(|_| NoAnswer::Lost("NATS did not answer in time".to_owned()))
        })
        .await?
    }

    /// Waits for something, but not over a lost connection.
    pub(crate) async fn unless_lost<T>(
        &self,
        answer: impl Future<Output = T>,
    ) -> Result<T, NoAnswer> {
        let mut losses = self.losses.clone();
        losses.mark_unchanged();
        tokio::select! {
            biased;
            answer = answer => Ok(answer),
            // An error means that the client is gone, and its connection with it.
            _ = losses.changed() => Err(NoAnswer::Lost("the connection to NATS was lost".into())),
        }
    }
}

fn unreachable(options: &NatsOptions, error: &dyn std::error::Error) -> ConnectError {
    ConnectError::Unreachable {
        servers: options.servers.join(", "),
        reason: error.to_string(),
    }
}

fn heard(event: &Event, lost: &watch::Sender<u64>, missed: &impl Fn()) {
    match event {
        Event::Connected => {
            tracing::info!("connected to NATS");
            missed();
        }
        Event::Disconnected | Event::Closed => {
            tracing::warn!("the connection to NATS was lost");
            lost.send_modify(|count| *count += 1);
        }
        Event::SlowConsumer(_) => missed(),
        Event::LameDuckMode | Event::Draining => tracing::info!(%event, "NATS"),
        Event::ServerError(_) | Event::ClientError(_) => tracing::warn!(%event, "NATS"),
    }
}

fn with_credentials(credentials: &NatsCredentials) -> Result<ConnectOptions, ConnectError> {
    Ok(match credentials {
        NatsCredentials::None => ConnectOptions::new(),
        NatsCredentials::Token(token) => ConnectOptions::with_token(token.clone()),
        NatsCredentials::Password { user, password } => {
            ConnectOptions::with_user_and_password(user.clone(), password.clone())
        }
        NatsCredentials::File(path) => {
            let problem = |error: std::io::Error| {
                ConnectError::Settings(format!(
                    "the credentials file {} can't be used: {error}",
                    path.display()
                ))
            };
            let text = std::fs::read_to_string(path).map_err(problem)?;
            ConnectOptions::with_credentials(&text).map_err(problem)?
        }
    })
}
