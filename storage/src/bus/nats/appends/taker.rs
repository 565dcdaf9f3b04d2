//! The receiving side: takes the appends of others, and sends their outcomes back.

use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::PACE;
use super::wire::{Answer, Call, Reply};
use crate::bus::nats::{Bus, wire};
use crate::event_log::appender::Appender;

/// Outcomes of one message.
const OUTCOMES_MAX: usize = 1_000;

/// Takes the appends of others.
pub(super) struct Taker {
    pub(super) bus: Bus,
    pub(super) appender: Appender,
    pub(super) left: CancellationToken,
    pub(super) calls: TaskTracker,
}

impl Taker {
    pub(super) async fn take(self, mut messages: Subscriber) {
        let mut is_leaving = false;
        loop {
            let calls = tokio::select! {
                calls = messages.next() => calls,
                () = self.left.cancelled(), if !is_leaving => {
                    // What was sent before everybody knew is still answered.
                    is_leaving = true;
                    if messages.drain().await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let Some(Message { payload, reply, .. }) = calls else {
                return;
            };
            let Some(to) = reply else { continue };
            let answering = answer(
                self.bus.clone(),
                self.appender.clone(),
                payload,
                to.to_string(),
            );
            self.calls.spawn(answering);
        }
    }
}

/// Carries out the appends of a message. Each outcome leaves soon after it is known, so that one that
/// takes long keeps no other one from its caller.
async fn answer(bus: Bus, appender: Appender, calls: Bytes, to: String) {
    let calls = match wire::decode::<Vec<Call>>(&calls) {
        Ok(calls) => calls,
        Err(reason) => {
            tracing::warn!(%reason, "appends of another node are not understood");
            return send(&bus, &to, &Answer::NotUnderstood).await;
        }
    };
    let appending = calls.into_iter().enumerate().map(|(index, call)| {
        let appender = &appender;
        async move {
            let (log, request) = call.request();
            (index, Reply::from(appender.append(log, request).await))
        }
    });
    let appending: FuturesUnordered<_> = appending.collect();
    let mut outcomes = appending.ready_chunks(OUTCOMES_MAX);
    while let Some(ready) = outcomes.next().await {
        send(&bus, &to, &Answer::Outcomes(ready)).await;
        tokio::time::sleep(PACE).await;
    }
}

async fn send(bus: &Bus, to: &str, answer: &Answer) {
    let Ok(answer) = wire::encode(answer) else {
        return;
    };
    let sent = bus.link.send(to.to_owned(), HeaderMap::new(), answer);
    if let Err(reason) = sent.await {
        tracing::debug!(%reason, "outcomes of appends were not sent");
    }
}
