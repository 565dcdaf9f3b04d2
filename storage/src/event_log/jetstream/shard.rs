//! Reading a shard: the frames of all its logs, in the order of its stream.

use protocol::{Frame, LogId, Position, subject};
use serde::Deserialize;

use super::Inner;
use super::ack::ApiError;
use super::get::{Messages, Page, unreadable};
use super::read::{PAGE_BYTES_MAX, is_tombstone};
use crate::event_log::{ReadError, StoredFrame};
use crate::nats::NoAnswer;

#[derive(Deserialize)]
struct StreamInfo {
    state: Option<StreamState>,
    error: Option<ApiError>,
}

#[derive(Deserialize)]
struct StreamState {
    last_seq: u64,
}

impl Inner {
    /// See [`crate::event_log::EventLog::read_shard`]. What a replica has is a beginning of what
    /// was stored.
    pub(super) async fn read_shard(
        &self,
        shard: u16,
        after: Position,
        bytes_max: usize,
    ) -> Result<Vec<StoredFrame>, ReadError> {
        let prefix = &self.options.nats.prefix;
        let stream = subject::stream(prefix, shard);
        let all = Messages {
            link: &self.link,
            stream: &stream,
            subject: &subject::all_frames(prefix, shard),
        };
        let mut from = after.0 + 1;
        let bytes = bytes_max.min(PAGE_BYTES_MAX);
        loop {
            let page = self.retry(|| all.page(from, bytes)).await?;
            let Page { messages, has_more } = page;
            let Some(newest) = messages.last().map(|stored| stored.position) else {
                return Ok(Vec::new());
            };
            let mut frames = Vec::with_capacity(messages.len());
            for stored in messages.into_iter().filter(|stored| !is_tombstone(stored)) {
                let position = Position(stored.position);
                let frame = Frame::decode(stored.payload).map_err(|error| {
                    let reason = format!("shard {shard}, stream sequence {}: {error}", position.0);
                    ReadError::damaged(LogId::from_bytes([0; 16]), reason)
                })?;
                frames.push(StoredFrame { frame, position });
            }
            // A page of nothing but tombstones says nothing of what comes behind it.
            if !frames.is_empty() || !has_more {
                return Ok(frames);
            }
            from = newest + 1;
        }
    }

    pub(super) async fn shard_end(&self, shard: u16) -> Result<Position, ReadError> {
        let stream = subject::stream(&self.options.nats.prefix, shard);
        let subject = format!("$JS.API.STREAM.INFO.{stream}");
        self.call(subject, bytes::Bytes::new(), |payload| {
            let info: StreamInfo = serde_json::from_slice(payload).map_err(unreadable)?;
            match (info.state, info.error) {
                (Some(state), _) => Ok(Position(state.last_seq)),
                (None, Some(error)) => Err(NoAnswer::Lost(error.description)),
                (None, None) => Err(unreadable("neither a state nor an error")),
            }
        })
        .await
    }
}
