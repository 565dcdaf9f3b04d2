//! A worker's side: takes calls, answers them, and says that it is there.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::Bus;
use super::wire::{self, Call, Forget, Heartbeat, Reply};
use crate::bus::{QueryRequest, SharedViews};
use crate::nats::NoAnswer;

const HEARTBEAT: Duration = Duration::from_millis(500);
/// Calls at a time; further ones are declined.
const CALLS_MAX: usize = 16_384;

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
    /// No further calls come.
    left: CancellationToken,
    tasks: TaskTracker,
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
    let who = bus.link.subscribe(bus.subjects.who()).await?;
    let forget = bus.link.subscribe(bus.subjects.forget()).await?;
    let node = Arc::new(Node {
        bus,
        worker,
        views,
        free: Arc::new(Semaphore::new(CALLS_MAX)),
    });
    let (left, tasks) = (CancellationToken::new(), TaskTracker::new());
    tasks.spawn(take_calls(
        Arc::clone(&node),
        calls,
        left.clone(),
        tasks.clone(),
    ));
    tasks.spawn(forget_versions(Arc::clone(&node), forget, left.clone()));
    tasks.spawn(be_heard(Arc::clone(&node), who, left.clone()));
    Ok(Serving { node, left, tasks })
}

impl Serving {
    /// Tells everybody that this worker leaves, and answers the calls that it has taken.
    pub async fn leave(&self, grace: Duration) {
        self.node.say(true).await;
        self.left.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("some calls were not answered in time; other workers get them");
        }
    }
}

impl Node {
    async fn say(&self, leaving: bool) {
        let heartbeat = Heartbeat {
            worker: self.worker,
            leaving,
        };
        let Ok(heartbeat) = wire::encode(&heartbeat) else {
            return;
        };
        let subject = self.bus.subjects.heartbeats();
        let sent = self.bus.link.send(subject, HeaderMap::new(), heartbeat);
        if let Err(reason) = sent.await {
            tracing::debug!(%reason, "a heartbeat was not sent");
        }
    }

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
            Ok(Call::Health) => Reply::Health(self.views.health().await),
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
    loop {
        let call = tokio::select! {
            call = calls.next() => call,
            () = left.cancelled() => None,
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

async fn be_heard(node: Arc<Node>, mut who: Subscriber, left: CancellationToken) {
    let mut beats = tokio::time::interval(HEARTBEAT);
    beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beats.tick() => {}
            question = who.next() => {
                if question.is_none() {
                    return;
                }
            }
            () = left.cancelled() => return,
        }
        node.say(false).await;
    }
}
