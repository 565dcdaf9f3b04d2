//! A node among those of its kind: it takes calls, says that it is there, and knows the others.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::heartbeats::{self, Announced, Kind};
use super::members::Members;
use super::{Bus, ServeError};

pub(super) struct Membership {
    pub(super) members: Arc<Members>,
    announced: Arc<Announced>,
    /// No further calls are taken.
    pub(super) left: CancellationToken,
    /// Calls that were taken.
    pub(super) calls: TaskTracker,
    /// Ends the listening when this is dropped.
    _listening: DropGuard,
}

impl Membership {
    /// Takes the calls that come on a subject, and announces the node. `answer` gets a call and the
    /// subject for its answers.
    pub(super) async fn join<F: Future<Output = ()> + Send + 'static>(
        bus: &Bus,
        kind: Kind,
        node: Uuid,
        subject: String,
        answer: impl Fn(Bytes, String) -> F + Send + Sync + 'static,
    ) -> Result<Self, ServeError> {
        let messages = bus.link.subscribe(subject).await?;
        let (left, end) = (CancellationToken::new(), CancellationToken::new());
        let calls = TaskTracker::new();
        calls.spawn(take(messages, left.clone(), calls.clone(), answer));
        // They end with `end`.
        let tasks = TaskTracker::new();
        let members = heartbeats::listen(bus, kind, &tasks, end.clone()).await?;
        let announced = Announced::start(bus.clone(), kind, node, end.clone(), &tasks).await?;
        Ok(Self {
            members,
            announced,
            left,
            calls,
            _listening: end.drop_guard(),
        })
    }

    /// Takes no further calls, and answers those that were taken; whether all were in time.
    pub(super) async fn leave(&self, grace: Duration) -> bool {
        self.announced.leave().await;
        self.left.cancel();
        self.calls.close();
        let answered = tokio::time::timeout(grace, self.calls.wait()).await;
        self.announced.end().await;
        answered.is_ok()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.left.cancel();
    }
}

async fn take<F: Future<Output = ()> + Send + 'static>(
    mut messages: Subscriber,
    left: CancellationToken,
    calls: TaskTracker,
    answer: impl Fn(Bytes, String) -> F,
) {
    let mut is_leaving = false;
    loop {
        let message = tokio::select! {
            message = messages.next() => message,
            () = left.cancelled(), if !is_leaving => {
                // What was sent before everybody knew is still answered.
                is_leaving = true;
                if messages.drain().await.is_err() {
                    return;
                }
                continue;
            }
        };
        match message {
            Some(Message {
                payload,
                reply: Some(to),
                ..
            }) => {
                calls.spawn(answer(payload, to.to_string()));
            }
            Some(_) => {}
            None => return,
        }
    }
}
