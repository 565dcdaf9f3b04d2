//! Trimming and deleting.
//!
//! JetStream accepts expectation 0 again for a subject without messages, so a subject is never left
//! empty once it was written: a trimmed log keeps its newest frame, and a deleted one a tombstone, an
//! empty message.

use async_nats::HeaderMap;
use bytes::Bytes;
use protocol::Sequence;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Inner;
use super::ack::{self, ApiError};
use super::get::Which;
use super::read::{Address, is_tombstone};
use crate::event_log::ReadError;
use crate::nats::NoAnswer;

/// Bytes of frames that are looked up at a time to be overwritten.
const ERASED_BYTES: usize = 4 << 20;

/// JetStream's code for a message that is not there.
const NO_SUCH_MESSAGE: u64 = 10_037;

/// What JetStream says to a change.
#[derive(serde::Deserialize)]
struct Response {
    #[serde(default)]
    success: bool,
    error: Option<ApiError>,
}

impl Inner {
    /// Removes the frames whose last sequence is at most `through`, but not the newest one.
    pub(super) async fn trim_frames(
        &self,
        at: &Address,
        through: Sequence,
    ) -> Result<(), ReadError> {
        let Some(newest) = self.newest_frame(at).await? else {
            return Ok(());
        };
        let next = through.min(newest.frame.last()).next();
        let first_kept = match self.locate(at, next).await? {
            Some(position) => position.min(newest.position.0),
            None => newest.position.0,
        };
        let below = json!({ "filter": at.subject, "seq": first_kept });
        self.purge(at, &below).await
    }

    pub(super) async fn delete_frames(&self, at: &Address) -> Result<(), ReadError> {
        let newest = self.leader(at, Which::Newest).await?;
        if !newest.is_some_and(|stored| is_tombstone(&stored)) {
            self.bury(at).await?;
        }
        self.erase(at).await?;
        let all_but_it = json!({ "filter": at.subject, "keep": 1 });
        self.purge(at, &all_but_it).await?;
        self.read_ends.invalidate(&at.log);
        self.live.end(at.log);
        Ok(())
    }

    /// Publishes the tombstone. A second one does no harm, so this may be tried again.
    async fn bury(&self, at: &Address) -> Result<(), ReadError> {
        let publish = || async {
            let headers = Some(HeaderMap::new());
            let stored = self.link.request(at.subject.clone(), headers, Bytes::new());
            ack::position(&stored.await?.payload).map_err(|refused| {
                NoAnswer::Lost(format!("the tombstone was refused: {refused:?}"))
            })
        };
        self.retry(publish).await.map(|_| ())
    }

    /// Overwrites every frame of a deleted log. A purge would leave the bytes in the files of the
    /// stream, beside those of other logs, until half of a file is purged. NATS writes a whole file
    /// for each, and stores nothing in the stream meanwhile; so others get half of the time.
    async fn erase(&self, at: &Address) -> Result<(), ReadError> {
        let mut position = 1;
        loop {
            let page = self.retry(|| self.messages(at).page(position, ERASED_BYTES));
            let mut messages = page.await?.messages;
            if messages.is_empty() {
                // The replica has nothing more; the leader may.
                messages.extend(self.leader(at, Which::From(position)).await?);
            }
            let Some(last) = messages.last() else {
                return Ok(());
            };
            position = last.position + 1;
            let ended = is_tombstone(last);
            for stored in messages.iter().filter(|stored| !is_tombstone(stored)) {
                let begun = Instant::now();
                self.overwrite(at, stored.position).await?;
                tokio::time::sleep(begun.elapsed()).await;
            }
            if ended {
                return Ok(());
            }
        }
    }

    async fn overwrite(&self, at: &Address, position: u64) -> Result<(), ReadError> {
        let subject = format!("$JS.API.STREAM.MSG.DELETE.{}", at.stream);
        let request = json!({ "seq": position, "no_erase": false });
        self.call(subject, request.to_string(), overwritten).await
    }

    async fn purge(&self, at: &Address, what: &Value) -> Result<(), ReadError> {
        let subject = format!("$JS.API.STREAM.PURGE.{}", at.stream);
        self.call(subject, what.to_string(), purged).await
    }
}

fn overwritten(payload: &[u8]) -> Result<(), NoAnswer> {
    match serde_json::from_slice::<Response>(payload) {
        // It was overwritten before.
        Ok(Response {
            error: Some(error), ..
        }) if error.err_code == Some(NO_SUCH_MESSAGE) => Ok(()),
        _ => purged(payload),
    }
}

fn purged(payload: &[u8]) -> Result<(), NoAnswer> {
    match serde_json::from_slice::<Response>(payload) {
        Ok(Response { success: true, .. }) => Ok(()),
        Ok(Response { error, .. }) => Err(NoAnswer::Lost(error.map_or_else(
            || "NATS did not purge".to_owned(),
            |error| error.description,
        ))),
        Err(error) => Err(NoAnswer::Lost(error.to_string())),
    }
}
