//! The receiving side: carries out the appends of others, and sends their results back.

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use super::PACE;
use super::wire::{Call, Reply, Response};
use crate::bus::nats::{Bus, wire};
use crate::event_log::appender::Appender;

/// Results in one message.
const RESULTS_MAX: usize = 1_000;

/// Carries out the appends of a message. Each result leaves soon after it is known, so that one that
/// takes long keeps no other one from its caller.
pub(super) async fn answer(bus: Bus, appender: Appender, calls: Bytes, to: String) {
    let calls = match wire::decode::<Vec<Call>>(&calls) {
        Ok(calls) => calls,
        Err(reason) => {
            tracing::warn!(%reason, "appends of another node are not understood");
            return send(&bus, &to, &Response::NotUnderstood).await;
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
    let mut results = appending.ready_chunks(RESULTS_MAX);
    while let Some(ready) = results.next().await {
        send(&bus, &to, &Response::Outcomes(ready)).await;
        tokio::time::sleep(PACE).await;
    }
}

async fn send(bus: &Bus, to: &str, response: &Response) {
    if let Err(reason) = bus.send(to.to_owned(), response).await {
        tracing::debug!(reason, "results of appends were not sent");
    }
}
