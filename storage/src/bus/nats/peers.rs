//! The control planes of a cluster, as each of them sees the others.
//!
//! They tell each other what they must no longer remember: a node that misses a message answers
//! from what it remembers until that is asked for again, so this makes changes quick on other nodes,
//! and never correct. They tell each other which requests tenants have spent, so that rates hold for
//! all of them together. And they let the node that a log prefers append to it ([`appends`]).
//!
//! [`appends`]: super::appends

use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Subscriber};
use futures::StreamExt as _;
use protocol::LogId;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::appends::Appends;
use super::serve::ServeError;
use super::{Bus, wire};
use crate::bus::{Spent, Stale};
use crate::event_log::appender::{AppendError, AppendRequest, Appended, Appender};

/// What a listener may lag behind. One that lags further forgets everything.
const KEPT: usize = 4_096;

#[derive(Debug, Serialize, Deserialize)]
struct Told<T> {
    node: Uuid,
    what: T,
}

/// The other control planes of a cluster. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Peers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bus: Bus,
    node: Uuid,
    stale: broadcast::Sender<Stale>,
    spent: broadcast::Sender<Arc<Spent>>,
    appends: Appends,
    /// Ends the listening when the last clone is dropped.
    _listening: DropGuard,
}

impl Peers {
    /// Joins the others: listens for what they say, and appends for them.
    ///
    /// # Errors
    /// When NATS does not take the subscriptions.
    pub async fn join(bus: Bus, appender: Appender) -> Result<Self, ServeError> {
        let node = Uuid::now_v7();
        let (stale, _) = broadcast::channel(KEPT);
        let (spent, _) = broadcast::channel(KEPT);
        let about_changes = bus.link.subscribe(bus.subjects.stale()).await?;
        let about_requests = bus.link.subscribe(bus.subjects.spent()).await?;
        let end = CancellationToken::new();
        // The tasks end with the guard; nobody has to wait for them.
        let tasks = TaskTracker::new();
        let listening = hear_stale(about_changes, node, bus.missed.clone(), stale.clone());
        tasks.spawn(until(end.clone(), listening));
        let listening = hear_spent(about_requests, node, spent.clone());
        tasks.spawn(until(end.clone(), listening));
        let appends = Appends::join(bus.clone(), node, appender).await?;
        Ok(Self(Arc::new(Inner {
            bus,
            node,
            stale,
            spent,
            appends,
            _listening: end.drop_guard(),
        })))
    }

    /// Appends, through the node that the log prefers.
    ///
    /// # Errors
    /// Those of [`Appender::append`].
    pub async fn append(
        &self,
        log: LogId,
        request: AppendRequest,
    ) -> Result<Appended, AppendError> {
        self.0.appends.append(log, request).await
    }

    /// Appends for nobody else from now on, once what was taken is answered.
    pub async fn leave(&self, grace: Duration) {
        self.0.appends.leave(grace).await;
    }

    /// What the others say from now on that must be forgotten.
    #[must_use]
    pub fn heard(&self) -> broadcast::Receiver<Stale> {
        self.0.stale.subscribe()
    }

    /// What the others say from now on about requests that were spent.
    #[must_use]
    pub fn spent(&self) -> broadcast::Receiver<Arc<Spent>> {
        self.0.spent.subscribe()
    }

    /// Tells the others what to forget.
    pub async fn tell(&self, stale: Stale) {
        let subject = self.0.bus.subjects.stale();
        if let Err(reason) = self.send(subject, stale).await {
            tracing::debug!(reason, "other nodes notice a change later");
        }
    }

    /// Tells the others which requests were spent here since the last time.
    pub async fn share(&self, spent: Spent) {
        let subject = self.0.bus.subjects.spent();
        if let Err(reason) = self.send(subject, spent).await {
            tracing::debug!(
                reason,
                "other nodes don't know which requests were spent here"
            );
        }
    }

    async fn send<T: Serialize>(&self, subject: String, what: T) -> Result<(), String> {
        let Inner { bus, node, .. } = &*self.0;
        let told = wire::encode(&Told { node: *node, what })?;
        let sent = bus.link.send(subject, HeaderMap::new(), told).await;
        sent.map_err(|reason| reason.to_string())
    }
}

async fn until(end: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = end.cancelled() => {}
    }
}

async fn hear_stale(
    mut messages: Subscriber,
    own: Uuid,
    mut missed: watch::Receiver<u64>,
    listeners: broadcast::Sender<Stale>,
) {
    missed.mark_unchanged();
    loop {
        let stale = tokio::select! {
            message = messages.next() => match message {
                Some(message) => match wire::decode::<Told<Stale>>(&message.payload) {
                    Ok(told) if told.node == own => continue,
                    Ok(told) => told.what,
                    // A newer release may say what this one does not know.
                    Err(_) => Stale::Everything,
                },
                None => return,
            },
            missed = missed.changed() => match missed {
                Ok(()) => Stale::Everything,
                Err(_) => return,
            },
        };
        // Without listeners there is nothing to forget.
        let _ = listeners.send(stale);
    }
}

async fn hear_spent(mut messages: Subscriber, own: Uuid, listeners: broadcast::Sender<Arc<Spent>>) {
    while let Some(message) = messages.next().await {
        match wire::decode::<Told<Spent>>(&message.payload) {
            Ok(told) if told.node == own => {}
            Ok(told) => {
                // Without listeners nobody limits rates.
                let _ = listeners.send(Arc::new(Spent {
                    node: told.node,
                    ..told.what
                }));
            }
            Err(reason) => tracing::debug!(%reason, "spent requests are not understood"),
        }
    }
}
