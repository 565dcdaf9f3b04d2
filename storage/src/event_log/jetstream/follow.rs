//! Hearing of frames as they are stored.
//!
//! A stream sends its messages again on subjects of their own. Each followed log has one
//! subscription and one task, which end some time after the last follower. What is sent again may
//! be lost around an election; followers notice the gap and read.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use futures::StreamExt as _;
use protocol::{Frame, LogId, Position, subject};

use super::{Inner, get};
use crate::event_log::StoredFrame;

/// How often a task looks whether anybody still follows its log.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);
/// The pause before a subscription is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// Passes on the frames of a log until nobody follows it any more.
pub(super) async fn follow(inner: Arc<Inner>, log: LogId) {
    let shard = subject::shard_of(log, inner.options.shards);
    let subject = subject::live(&inner.options.nats.prefix, shard, log);
    loop {
        let subscribed = inner.link.subscribe(subject.clone()).await;
        match subscribed {
            Ok(messages) => {
                // What was stored before the subscription began was missed.
                inner.live.skip(log);
                pass_on(&inner, log, messages).await;
            }
            Err(reason) => tracing::debug!(%reason, "can't subscribe to a log"),
        }
        if inner.closing.is_cancelled() || inner.live.remove_if_abandoned(log) {
            return;
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn pass_on(inner: &Inner, log: LogId, mut messages: Subscriber) {
    let mut looks = tokio::time::interval(LOOK_INTERVAL);
    looks.reset();
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => pass(inner, log, message),
                None => return,
            },
            _ = looks.tick() => {
                if inner.live.remove_if_abandoned(log) {
                    return;
                }
            }
            () = inner.closing.cancelled() => return,
        }
    }
}

fn pass(inner: &Inner, log: LogId, message: Message) {
    if message.payload.is_empty() {
        inner.live.end(log);
        return;
    }
    let position = get::position_of(&message).map(Position);
    let frame = Frame::decode(message.payload).ok();
    match (frame.filter(|frame| frame.log() == log), position) {
        (Some(frame), Some(position)) => inner.live.send(&StoredFrame { frame, position }),
        // Followers read it, and get the error that it is damaged.
        _ => inner.live.skip(log),
    }
}
