//! A worker's side: takes calls, answers them, and says that it is there. Before it stops it hands
//! over what is hot, so that nobody waits while the next worker loads.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::Bus;
use super::heartbeats::{self, Announced, Kind};
use super::members::Members;
use super::wire::{self, Call, Forget, Reply};
use crate::bus::{QueryRequest, SharedViews};
use crate::nats::NoAnswer;
use protocol::view::VersionSpec;

/// Calls at a time; further ones are declined.
const CALLS_MAX: usize = 16_384;
/// Views that are handed over, those with the most to load first; the others are loaded when they are
/// asked for.
const HANDED_OVER_MAX: usize = 1_000;
/// Views that are handed over at a time.
const HANDED_OVER_AT_ONCE: usize = 8;
/// How long the next worker may take to load a view.
const WARM_TIME: Duration = Duration::from_secs(60);

/// Why a worker can't take calls.
#[derive(Debug, thiserror::Error)]
#[error("the worker can't take calls over NATS: {0}")]
pub struct ServeError(String);

impl From<NoAnswer> for ServeError {
    fn from(reason: NoAnswer) -> Self {
        Self(reason.to_string())
    }
}

/// A worker that takes calls.
#[derive(Debug)]
pub struct Serving {
    node: Arc<Node>,
    members: Arc<Members>,
    announced: Arc<Announced>,
    /// No further calls come.
    left: CancellationToken,
    /// Calls that were taken.
    tasks: TaskTracker,
    /// Ends the listening when this is dropped.
    _listening: DropGuard,
}

struct Node {
    bus: Bus,
    worker: Uuid,
    views: SharedViews,
    free: Arc<Semaphore>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("worker", &self.worker)
            .finish_non_exhaustive()
    }
}

/// Takes calls for `views` until [`Serving::leave`].
///
/// # Errors
/// When NATS does not take the subscriptions.
pub async fn serve(bus: Bus, views: SharedViews) -> Result<Serving, ServeError> {
    let worker = Uuid::now_v7();
    let calls = bus.link.subscribe(bus.subjects.worker(worker)).await?;
    let forget = bus.link.subscribe(bus.subjects.forget()).await?;
    let (left, end) = (CancellationToken::new(), CancellationToken::new());
    // They end with `end`; nobody has to wait for them.
    let listening = TaskTracker::new();
    let members = heartbeats::listen(&bus, Kind::Workers, &listening, end.clone()).await?;
    let node = Arc::new(Node {
        bus: bus.clone(),
        worker,
        views,
        free: Arc::new(Semaphore::new(CALLS_MAX)),
    });
    let tasks = TaskTracker::new();
    tasks.spawn(take_calls(
        Arc::clone(&node),
        calls,
        left.clone(),
        tasks.clone(),
    ));
    tasks.spawn(forget_versions(Arc::clone(&node), forget, left.clone()));
    let kind = Kind::Workers;
    let announced = Announced::start(bus, kind, worker, end.clone(), &listening).await?;
    Ok(Serving {
        node,
        members,
        announced,
        left,
        tasks,
        _listening: end.drop_guard(),
    })
}

impl Serving {
    /// Saves what is hot, and lets the workers that are next for it load it, the most laborious
    /// first and as far as the time allows. Calls are answered all the while.
    pub async fn hand_over(&self, time: Duration) {
        let mut hot = self.node.views.hot().await;
        hot.truncate(HANDED_OVER_MAX);
        let count = hot.len();
        let handing = futures::stream::iter(hot)
            .for_each_concurrent(HANDED_OVER_AT_ONCE, |version| self.hand_over_one(version));
        match tokio::time::timeout(time, handing).await {
            Ok(()) => tracing::info!(count, "hot views were handed over"),
            Err(_) => tracing::warn!(count, "not all hot views were handed over in time"),
        }
    }

    async fn hand_over_one(&self, version: Arc<VersionSpec>) {
        let id = version.version;
        self.node.views.save(id).await;
        let Some(next) = self.members.after(self.node.worker, id.as_bytes()) else {
            return;
        };
        let warm = wire::encode(&Call::Warm {
            version: (*version).clone(),
        });
        let Ok(warm) = warm else { return };
        let bus = &self.node.bus;
        let asked = bus
            .link
            .request_within(WARM_TIME, bus.subjects.worker(next), None, warm);
        let reply = asked.await.map_err(|reason| reason.to_string());
        let reply = reply.and_then(|message| wire::decode::<Reply>(&message.payload));
        match reply.and_then(Reply::or_elsewhere) {
            Ok(Reply::Warmed(Ok(()))) => {}
            // It is loaded when it is asked for.
            other => tracing::debug!(version = %id, worker = %next, ?other, "not loaded ahead"),
        }
    }

    /// Tells everybody that this worker leaves, and answers the calls that it has taken.
    pub async fn leave(&self, grace: Duration) {
        self.announced.leave().await;
        self.left.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("some calls were not answered in time; other workers get them");
        }
        self.announced.end().await;
    }

    /// Whether calls reach this worker: its own heartbeats come back to it.
    ///
    /// # Errors
    /// When they don't, for operators.
    pub async fn health(&self) -> Result<(), String> {
        let is_heard = self.members.contains(self.node.worker);
        let silent = || "this worker is not heard over NATS".to_owned();
        is_heard.then_some(()).ok_or_else(silent)
    }
}

impl Node {
    async fn answer(&self, call: Result<Call, String>) -> Reply {
        match call {
            Ok(Call::Prepare { tenant, component }) => {
                Reply::Prepared(self.views.prepare(tenant, component).await)
            }
            Ok(Call::Build { version }) => Reply::Built(self.views.build(Arc::new(version)).await),
            Ok(Call::Query {
                version,
                after,
                timeout,
                body,
                parameters,
            }) => {
                let request = QueryRequest {
                    version: Arc::new(version),
                    after,
                    timeout,
                    body,
                    parameters,
                };
                Reply::Answered(self.views.query(request).await)
            }
            Ok(Call::Status { version }) => {
                Reply::Status(self.views.status(Arc::new(version)).await)
            }
            Ok(Call::Warm { version }) => Reply::Warmed(self.views.warm(Arc::new(version)).await),
            Ok(Call::Health) => Reply::Health(self.views.health().await),
            Ok(Call::Ping) => Reply::Health(Ok(())),
            Err(reason) => Reply::Declined(format!("the call is not understood: {reason}")),
        }
    }

    async fn reply(&self, to: String, reply: &Reply) -> Result<(), String> {
        let bytes = wire::encode(reply)?;
        for (headers, part) in wire::parts(bytes) {
            let sent = self.bus.link.send(to.clone(), headers, part).await;
            sent.map_err(|reason| reason.to_string())?;
        }
        Ok(())
    }
}

async fn take_calls(
    node: Arc<Node>,
    mut calls: Subscriber,
    left: CancellationToken,
    tasks: TaskTracker,
) {
    let mut is_leaving = false;
    loop {
        let call = tokio::select! {
            call = calls.next() => call,
            () = left.cancelled(), if !is_leaving => {
                // What was sent before everybody knew is still answered.
                is_leaving = true;
                if calls.drain().await.is_err() {
                    return;
                }
                continue;
            }
        };
        let Some(Message { payload, reply, .. }) = call else {
            return;
        };
        let Some(to) = reply else { continue };
        let node = Arc::clone(&node);
        tasks.spawn(async move {
            let reply = carry_out(&node, payload).await;
            if let Err(reason) = node.reply(to.to_string(), &reply).await {
                tracing::debug!(%reason, "a reply was not sent; the caller asks again");
            }
        });
    }
}

async fn carry_out(node: &Node, payload: Bytes) -> Reply {
    let Ok(_permit) = node.free.try_acquire() else {
        return Reply::Declined("the worker has too much to do".to_owned());
    };
    node.answer(wire::decode(&payload)).await
}

async fn forget_versions(node: Arc<Node>, mut forget: Subscriber, left: CancellationToken) {
    loop {
        let message = tokio::select! {
            message = forget.next() => message,
            () = left.cancelled() => None,
        };
        let Some(message) = message else { return };
        match wire::decode::<Forget>(&message.payload) {
            Ok(Forget { versions }) => node.views.forget(versions).await,
            Err(reason) => tracing::warn!(%reason, "what to forget is not understood"),
        }
    }
}
