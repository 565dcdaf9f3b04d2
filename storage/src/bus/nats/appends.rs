//! An append goes to the control plane that its log prefers.
//!
//! Any node may append to any log, and two that append to one log are correct and slow: each write
//! of one is a conflict for the other. So all nodes send the appends of a log to the one that
//! rendezvous hashing puts first, whose appender puts them into common frames. That is speed and
//! nothing else: when the preferred node is not there or declines, the receiving node appends by
//! itself.
//!
//! A call whose answer is missing may have been carried out. It is appended here only under an
//! idempotency key, which makes it one append wherever it was stored first; without a key the caller
//! is told that the outcome is not known, as by an appender that lost its event log.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use protocol::frame::KeyDigest;
use protocol::{LogId, Sequence, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::heartbeats::{self, Announced, Kind};
use super::members::Members;
use super::serve::ServeError;
use super::{Bus, wire};
use crate::event_log::appender::{AppendError, AppendRequest, Appended, Appender, Payload};
use crate::nats::NoAnswer;

/// How long a preferred node that is alive may take. Its own attempts end sooner.
const APPEND_TIME: Duration = Duration::from_secs(30);

/// One append. A batch of the largest size fits into one message: the event log does not start on
/// servers whose messages don't hold a frame of that size.
#[derive(Debug, Serialize, Deserialize)]
struct Call {
    log: LogId,
    /// An event, or a batch in its packed form.
    bytes: Bytes,
    /// Events of a batch; `None` for an event by itself.
    batch: Option<u32>,
    key: Option<[u8; 16]>,
    expected: Option<Sequence>,
}

impl Call {
    fn new(log: LogId, request: &AppendRequest) -> Self {
        let (bytes, batch) = match &request.payload {
            Payload::Event(event) => (event.clone(), None),
            Payload::Batch { packed, count } => (packed.clone(), Some(*count)),
        };
        Self {
            log,
            bytes,
            batch,
            key: request.key.map(|key| key.0),
            expected: request.expected,
        }
    }

    fn request(self) -> (LogId, AppendRequest) {
        let payload = match self.batch {
            None => Payload::Event(self.bytes),
            Some(count) => Payload::Batch {
                packed: self.bytes,
                count,
            },
        };
        let request = AppendRequest {
            payload,
            key: self.key.map(KeyDigest),
            expected: self.expected,
        };
        (self.log, request)
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    Appended {
        first: Sequence,
        count: u32,
        timestamp: Timestamp,
        replayed: bool,
    },
    SequenceMismatch {
        expected: Sequence,
        actual: Sequence,
    },
    KeyReused {
        first: Sequence,
    },
    LogFull,
    Deleted,
    StorageFull,
    Overloaded,
    /// The events may be stored or not.
    Unavailable(String),
    /// Nothing was stored, and another node may do it.
    Declined,
}

impl From<Result<Appended, AppendError>> for Reply {
    fn from(outcome: Result<Appended, AppendError>) -> Self {
        let error = match outcome {
            Ok(appended) => {
                return Self::Appended {
                    first: appended.first,
                    count: appended.count,
                    timestamp: appended.timestamp,
                    replayed: appended.replayed,
                };
            }
            Err(error) => error,
        };
        match error {
            AppendError::SequenceMismatch { expected, actual } => {
                Self::SequenceMismatch { expected, actual }
            }
            AppendError::KeyReused { first } => Self::KeyReused { first },
            AppendError::LogFull => Self::LogFull,
            AppendError::Deleted => Self::Deleted,
            AppendError::StorageFull => Self::StorageFull,
            AppendError::Overloaded => Self::Overloaded,
            AppendError::Unavailable(reason) => Self::Unavailable(reason),
            // The receiving node finds what is wrong with the request by itself.
            AppendError::EmptyBatch | AppendError::Invalid(_) | AppendError::ShuttingDown => {
                Self::Declined
            }
        }
    }
}

impl Reply {
    /// The outcome; `None` when nothing was done.
    fn outcome(self) -> Option<Result<Appended, AppendError>> {
        Some(Err(match self {
            Self::Appended {
                first,
                count,
                timestamp,
                replayed,
            } => {
                return Some(Ok(Appended {
                    first,
                    count,
                    timestamp,
                    replayed,
                }));
            }
            Self::Declined => return None,
            Self::SequenceMismatch { expected, actual } => {
                AppendError::SequenceMismatch { expected, actual }
            }
            Self::KeyReused { first } => AppendError::KeyReused { first },
            Self::LogFull => AppendError::LogFull,
            Self::Deleted => AppendError::Deleted,
            Self::StorageFull => AppendError::StorageFull,
            Self::Overloaded => AppendError::Overloaded,
            Self::Unavailable(reason) => AppendError::Unavailable(reason),
        }))
    }
}

/// This node among those that append.
#[derive(Debug)]
pub(super) struct Appends {
    bus: Bus,
    node: Uuid,
    members: Arc<Members>,
    announced: Arc<Announced>,
    appender: Appender,
    /// No further calls are taken.
    left: CancellationToken,
    /// Calls of others.
    calls: TaskTracker,
    /// Ends the listening when this is dropped.
    _listening: DropGuard,
}

impl Appends {
    /// Carries out the appends of others from now on, and sends them those that are theirs.
    pub(super) async fn join(bus: Bus, node: Uuid, appender: Appender) -> Result<Self, ServeError> {
        let (left, end) = (CancellationToken::new(), CancellationToken::new());
        let calls = TaskTracker::new();
        let taker = Taker {
            bus: bus.clone(),
            appender: appender.clone(),
            left: left.clone(),
            calls: calls.clone(),
        };
        let messages = bus.link.subscribe(bus.subjects.appends(node)).await?;
        calls.spawn(taker.take(messages));
        // They end with `end`; nobody has to wait for them.
        let tasks = TaskTracker::new();
        let kind = Kind::ControlPlanes;
        let members = heartbeats::listen(&bus, kind, &tasks, end.clone()).await?;
        let announced = Announced::start(bus.clone(), kind, node, end.clone(), &tasks).await?;
        Ok(Self {
            bus,
            node,
            members,
            announced,
            appender,
            left,
            calls,
            _listening: end.drop_guard(),
        })
    }

    pub(super) async fn append(
        &self,
        log: LogId,
        request: AppendRequest,
    ) -> Result<Appended, AppendError> {
        let preferred = match self.left.is_cancelled() {
            true => None,
            false => self.members.before(self.node, log.as_bytes()),
        };
        if let Some(node) = preferred
            && let Some(outcome) = self.forward(node, log, &request).await
        {
            return outcome;
        }
        self.appender.append(log, request).await
    }

    /// Lets another node append; `None` when this one should do it.
    async fn forward(
        &self,
        node: Uuid,
        log: LogId,
        request: &AppendRequest,
    ) -> Option<Result<Appended, AppendError>> {
        let call = wire::encode(&Call::new(log, request)).ok()?;
        let subject = self.bus.subjects.appends(node);
        let link = &self.bus.link;
        let answer = tokio::select! {
            biased;
            answer = link.request_within(APPEND_TIME, subject, None, call) => answer,
            () = self.members.gone(node) => Err(NoAnswer::Lost("it has gone".to_owned())),
        };
        let reply = match answer {
            Ok(message) => wire::decode::<Reply>(&message.payload),
            Err(NoAnswer::NotSent(reason)) => {
                tracing::debug!(%node, reason, "a log's preferred control plane is not there");
                // Not as one that is gone: whatever else was sent to it waits for its own answer.
                self.members.set_aside(node);
                return None;
            }
            Err(NoAnswer::Lost(reason)) => Err(reason),
        };
        let reason = match reply {
            Ok(Reply::Unavailable(reason)) | Err(reason) => reason,
            Ok(reply) => return reply.outcome(),
        };
        tracing::debug!(%node, reason, "an append on the preferred control plane may be stored");
        // Wherever it is stored first, the key makes the other attempt find it.
        let is_repeatable = request.key.is_some();
        (!is_repeatable).then_some(Err(AppendError::Unavailable(reason)))
    }

    /// Takes no further calls, and answers those that were taken.
    pub(super) async fn leave(&self, grace: Duration) {
        self.announced.leave().await;
        self.left.cancel();
        self.calls.close();
        let finished = tokio::time::timeout(grace, self.calls.wait());
        if finished.await.is_err() {
            tracing::warn!("some appends of other nodes were not answered in time");
        }
        self.announced.end().await;
    }
}

impl Drop for Appends {
    fn drop(&mut self) {
        self.left.cancel();
    }
}

/// Takes the appends of others.
struct Taker {
    bus: Bus,
    appender: Appender,
    left: CancellationToken,
    calls: TaskTracker,
}

impl Taker {
    async fn take(self, mut messages: Subscriber) {
        let mut is_leaving = false;
        loop {
            let call = tokio::select! {
                call = messages.next() => call,
                () = self.left.cancelled(), if !is_leaving => {
                    // What was sent before everybody knew is still answered.
                    is_leaving = true;
                    if messages.drain().await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let Some(Message { payload, reply, .. }) = call else {
                return;
            };
            let Some(to) = reply else { continue };
            let (bus, appender) = (self.bus.clone(), self.appender.clone());
            self.calls.spawn(async move {
                let reply = carry_out(&appender, &payload).await;
                let Ok(reply) = wire::encode(&reply) else {
                    return;
                };
                let sent = bus.link.send(to.to_string(), HeaderMap::new(), reply);
                if let Err(reason) = sent.await {
                    tracing::debug!(%reason, "the outcome of an append was not sent");
                }
            });
        }
    }
}

async fn carry_out(appender: &Appender, call: &[u8]) -> Reply {
    match wire::decode::<Call>(call) {
        Ok(call) => {
            let (log, request) = call.request();
            appender.append(log, request).await.into()
        }
        Err(reason) => {
            tracing::warn!(%reason, "an append of another node is not understood");
            Reply::Declined
        }
    }
}
