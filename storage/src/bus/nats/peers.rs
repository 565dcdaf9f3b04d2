//! Control planes tell each other what they must no longer remember.
//!
//! A node that misses a message answers from what it remembers until that is asked for again, so
//! this makes changes quick on other nodes, and never correct.

use std::sync::Arc;

use async_nats::HeaderMap;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::serve::ServeError;
use super::{Bus, wire};
use crate::bus::Stale;

/// What a listener may lag behind; then it forgets everything.
const KEPT: usize = 4_096;

#[derive(Debug, Serialize, Deserialize)]
struct Told {
    node: Uuid,
    stale: Stale,
}

/// The other control planes of a cluster. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Peers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bus: Bus,
    node: Uuid,
    heard: broadcast::Sender<Stale>,
    /// Ends the listening when the last clone is dropped.
    _listening: DropGuard,
}

impl Peers {
    /// Listens for what others say.
    ///
    /// # Errors
    /// When NATS does not take the subscription.
    pub async fn listen(bus: Bus) -> Result<Self, ServeError> {
        let node = Uuid::now_v7();
        let (heard, _) = broadcast::channel(KEPT);
        let mut messages = bus.link.subscribe(bus.subjects.stale()).await?;
        let mut missed = bus.missed.clone();
        missed.mark_unchanged();
        let end = CancellationToken::new();
        let (ended, listeners) = (end.clone(), heard.clone());
        // The task ends with the guard; nobody has to wait for it.
        TaskTracker::new().spawn(async move {
            loop {
                let stale = tokio::select! {
                    message = messages.next() => match message {
                        Some(message) => match wire::decode::<Told>(&message.payload) {
                            Ok(told) if told.node == node => continue,
                            Ok(told) => told.stale,
                            // A newer release may say what this one does not know.
                            Err(_) => Stale::Everything,
                        },
                        None => return,
                    },
                    missed = missed.changed() => match missed {
                        Ok(()) => Stale::Everything,
                        Err(_) => return,
                    },
                    () = ended.cancelled() => return,
                };
                // Without listeners there is nothing to forget.
                let _ = listeners.send(stale);
            }
        });
        Ok(Self(Arc::new(Inner {
            bus,
            node,
            heard,
            _listening: end.drop_guard(),
        })))
    }

    /// What the others say from now on.
    #[must_use]
    pub fn heard(&self) -> broadcast::Receiver<Stale> {
        self.0.heard.subscribe()
    }

    /// Tells the others.
    pub async fn tell(&self, stale: Stale) {
        let Inner { bus, node, .. } = &*self.0;
        let told = Told { node: *node, stale };
        let sent = match wire::encode(&told) {
            Ok(told) => {
                let subject = bus.subjects.stale();
                bus.link.send(subject, HeaderMap::new(), told).await
            }
            Err(_) => return,
        };
        if let Err(reason) = sent {
            tracing::debug!(%reason, "other nodes notice a change later");
        }
    }
}
