//! The control planes of a cluster, as each of them sees the others.
//!
//! They publish what the others must evict from their caches: a node that misses a message answers
//! from its cache until the entry's TTL ends, so this makes changes quick on other nodes, and never
//! correct. They publish which requests tenants have spent, so that rates hold for all of them
//! together. And they let the node that a log prefers append to it ([`appends`]).
//!
//! [`appends`]: super::appends

use std::sync::Arc;
use std::time::Duration;

use async_nats::Subscriber;
use futures::StreamExt as _;
use protocol::LogId;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::appends::Appends;
use super::{Bus, ServeError, wire};
use crate::bus::{Spent, Stale};
use crate::event_log::appender::{AppendError, AppendRequest, Appended, Appender};

/// Messages that a listener may lag behind. One that lags further evicts everything.
const CAPACITY: usize = 4_096;

#[derive(Debug, Serialize, Deserialize)]
struct Notice<T> {
    node: Uuid,
    what: T,
}

/// The other control planes of a cluster. Cheap to clone.
#[derive(Clone)]
pub struct Peers(Arc<Inner>);

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
    pub async fn join(bus: Bus, appender: Appender) -> Result<Self, ServeError> {
        let node = Uuid::now_v7();
        let (stale, _) = broadcast::channel(CAPACITY);
        let (spent, _) = broadcast::channel(CAPACITY);
        let about_changes = bus.link.subscribe(bus.subjects.stale()).await?;
        let about_requests = bus.link.subscribe(bus.subjects.spent()).await?;
        let end = CancellationToken::new();
        // The tasks end with the guard.
        let tasks = TaskTracker::new();
        let listening = hear_stale(about_changes, node, bus.missed.clone(), stale.clone());
        tasks.spawn(end.clone().run_until_cancelled_owned(listening));
        let listening = hear_spent(about_requests, node, spent.clone());
        tasks.spawn(end.clone().run_until_cancelled_owned(listening));
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

    /// What the others publish from now on that must be evicted.
    #[must_use]
    pub fn stale(&self) -> broadcast::Receiver<Stale> {
        self.0.stale.subscribe()
    }

    /// The requests that others publish from now on as spent.
    #[must_use]
    pub fn spent(&self) -> broadcast::Receiver<Arc<Spent>> {
        self.0.spent.subscribe()
    }

    /// Has the others evict what is stale.
    pub async fn publish_stale(&self, stale: Stale) {
        self.publish(self.0.bus.subjects.stale(), stale).await;
    }

    /// Publishes which requests were spent here since the last time.
    pub async fn publish_spent(&self, spent: Spent) {
        self.publish(self.0.bus.subjects.spent(), spent).await;
    }

    /// Appends, through the node that the log prefers.
    pub async fn append(
        &self,
        log: LogId,
        request: AppendRequest,
    ) -> Result<Appended, AppendError> {
        self.0.appends.append(log, request).await
    }

    /// Takes no further appends of other nodes, and answers those that were taken.
    pub async fn leave(&self, grace: Duration) {
        self.0.appends.leave(grace).await;
    }

    async fn publish<T: Serialize>(&self, subject: String, what: T) {
        let Inner { bus, node, .. } = &*self.0;
        let notice = Notice { node: *node, what };
        if let Err(reason) = bus.send(subject.clone(), &notice).await {
            tracing::debug!(subject, reason, "other control planes were not notified");
        }
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
                Some(message) => match wire::decode::<Notice<Stale>>(&message.payload) {
                    Ok(notice) if notice.node == own => continue,
                    Ok(notice) => notice.what,
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
        // Without listeners there is nothing to evict.
        let _ = listeners.send(stale);
    }
}

async fn hear_spent(mut messages: Subscriber, own: Uuid, listeners: broadcast::Sender<Arc<Spent>>) {
    while let Some(message) = messages.next().await {
        match wire::decode::<Notice<Spent>>(&message.payload) {
            Ok(notice) if notice.node == own => {}
            Ok(notice) => {
                // Without listeners no rates are limited.
                let _ = listeners.send(Arc::new(Spent {
                    node: notice.node,
                    ..notice.what
                }));
            }
            Err(reason) => tracing::debug!(%reason, "spent requests are not understood"),
        }
    }
}
