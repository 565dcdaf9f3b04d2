//! A worker's side: takes calls and answers them. Before it stops it hands its hot views off, so that
//! nobody waits while the next worker loads.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Subscriber;
use bytes::Bytes;
use futures::StreamExt as _;
use protocol::view::VersionSpec;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::heartbeats::Kind;
use super::membership::Membership;
use super::wire::{self, Call, Forget, Reply};
use super::{Bus, ServeError};
use crate::bus::SharedViews;

/// Calls at a time; further ones are declined.
const CALLS_MAX: usize = 16_384;
/// Views that are handed off, those with the most to load first; the others are loaded when they are
/// asked for.
const HANDED_OFF_MAX: usize = 1_000;
/// Views that are handed off at a time.
const HANDED_OFF_AT_ONCE: usize = 8;
/// How long the next worker may take to load a view.
const WARM_TIME: Duration = Duration::from_secs(60);

/// A worker that takes calls.
pub struct Serving {
    node: Arc<Node>,
    membership: Membership,
}

struct Node {
    bus: Bus,
    worker: Uuid,
    views: SharedViews,
    free: Semaphore,
}

/// Takes calls for `views` until [`Serving::leave`].
pub async fn serve(bus: Bus, views: SharedViews) -> Result<Serving, ServeError> {
    let worker = Uuid::now_v7();
    let node = Arc::new(Node {
        bus,
        worker,
        views,
        free: Semaphore::new(CALLS_MAX),
    });
    let bus = &node.bus;
    let evictions = bus.link.subscribe(bus.subjects.evict()).await?;
    let answering = Arc::clone(&node);
    let answer = move |call, to| Arc::clone(&answering).answer_to(call, to);
    let subject = bus.subjects.worker(worker);
    let membership = Membership::join(bus, Kind::Workers, worker, subject, answer).await?;
    let evicting = evict_versions(Arc::clone(&node), evictions, membership.left.clone());
    membership.calls.spawn(evicting);
    Ok(Serving { node, membership })
}

impl Serving {
    /// Saves what is hot, and lets the workers that are next for it load it, the most laborious
    /// first and as far as the time allows. Calls are answered all the while.
    pub async fn hand_off(&self, time: Duration) {
        let mut hot = self.node.views.hot().await;
        hot.truncate(HANDED_OFF_MAX);
        let count = hot.len();
        let handing = futures::stream::iter(hot)
            .for_each_concurrent(HANDED_OFF_AT_ONCE, |version| self.hand_off_one(version));
        match tokio::time::timeout(time, handing).await {
            Ok(()) => tracing::info!(count, "hot views were handed off"),
            Err(_) => tracing::warn!(count, "not all hot views were handed off in time"),
        }
    }

    async fn hand_off_one(&self, version: Arc<VersionSpec>) {
        let id = version.version;
        self.node.views.save(id).await;
        let mut others = self.membership.members.order(id.as_bytes()).into_iter();
        let Some(next) = others.find(|node| *node != self.node.worker) else {
            return;
        };
        let Ok(warm) = wire::encode(&Call::Warm { version }) else {
            return;
        };
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

    /// Announces that this worker leaves, and answers the calls that it has taken.
    pub async fn leave(&self, grace: Duration) {
        if !self.membership.leave(grace).await {
            tracing::warn!("some calls were not answered in time; other workers get them");
        }
    }

    /// Whether calls reach this worker: its own heartbeats come back to it.
    pub async fn health(&self) -> Result<(), String> {
        let is_heard = self.membership.members.contains(self.node.worker);
        let silent = || "this worker is not heard over NATS".to_owned();
        is_heard.then_some(()).ok_or_else(silent)
    }
}

impl Node {
    async fn answer_to(self: Arc<Self>, call: Bytes, to: String) {
        let reply = match self.free.try_acquire() {
            Ok(_permit) => self.answer(wire::decode(&call)).await,
            Err(_) => Reply::Declined("the worker has too much to do".to_owned()),
        };
        if let Err(reason) = self.reply(to, &reply).await {
            tracing::debug!(%reason, "a reply was not sent; the caller asks again");
        }
    }

    async fn answer(&self, call: Result<Call, String>) -> Reply {
        match call {
            Ok(Call::Prepare { tenant, component }) => {
                Reply::Prepared(self.views.prepare(tenant, component).await)
            }
            Ok(Call::Build { version }) => Reply::Built(self.views.build(version).await),
            Ok(Call::Query(request)) => Reply::Answered(self.views.query(request).await),
            Ok(Call::Status { version }) => Reply::Status(self.views.status(version).await),
            Ok(Call::Warm { version }) => Reply::Warmed(self.views.warm(version).await),
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

async fn evict_versions(node: Arc<Node>, mut evictions: Subscriber, left: CancellationToken) {
    loop {
        let message = tokio::select! {
            message = evictions.next() => message,
            () = left.cancelled() => None,
        };
        let Some(message) = message else { return };
        match wire::decode::<Forget>(&message.payload) {
            Ok(Forget { versions }) => node.views.evict(versions).await,
            Err(reason) => tracing::warn!(%reason, "what to evict is not understood"),
        }
    }
}
