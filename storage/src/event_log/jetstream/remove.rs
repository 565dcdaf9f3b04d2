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
use super::answer::{self, ApiError};
use super::get::{self, Which};
use super::read::{Place, is_tombstone};
use crate::event_log::ReadError;
use crate::nats::NoAnswer;

/// Bytes of frames that are looked up at a time to be overwritten.
const ERASED_BYTES: usize = 4 << 20;

/// JetStream's code for a message that is not there.
const NO_SUCH_MESSAGE: u64 = 10_037;

/// What JetStream says to a change.
#[derive(serde::Deserialize)]
struct Answer {
    #[serde(default)]
    success: bool,
    error: Option<ApiError>,
}

impl Inner {
    /// Removes the frames whose last sequence is at most `through`, but not the newest one.
    pub(super) async fn trim_frames(
        &self,
        place: &Place,
        through: Sequence,
    ) -> Result<(), ReadError> {
        let Some(newest) = self.newest_frame(place).await? else {
            return Ok(());
        };
        let next = through.min(newest.frame.last()).next();
        let first_kept = match self.locate(place, next).await? {
            Some(position) => position.min(newest.position.0),
            None => newest.position.0,
        };
        let below = json!({ "filter": place.subject, "seq": first_kept });
        self.purge(place, &below).await
    }

    pub(super) async fn delete_frames(&self, place: &Place) -> Result<(), ReadError> {
        let newest = self.leader(place, Which::Newest).await?;
        if !newest.is_some_and(|stored| is_tombstone(&stored)) {
            self.bury(place).await?;
        }
        self.erase(place).await?;
        let all_but_it = json!({ "filter": place.subject, "keep": 1 });
        self.purge(place, &all_but_it).await?;
        self.places.invalidate(&place.log);
        self.live.end(place.log);
        Ok(())
    }

    /// Publishes the tombstone. A second one does no harm, so this may be tried again.
    async fn bury(&self, place: &Place) -> Result<(), ReadError> {
        let publish = || async {
            let subject = place.subject.clone();
            let answer = self
                .link
                .request(subject, Some(HeaderMap::new()), Bytes::new());
            answer::stored(&answer.await?).map_err(|refused| {
                NoAnswer::Lost(format!("the tombstone was refused: {refused:?}"))
            })
        };
        self.patiently(publish).await.map(|_| ())
    }

    /// Overwrites every frame of a deleted log. A purge would leave the bytes in the files of the
    /// stream, beside those of other logs, until half of a file is purged. NATS writes a whole file
    /// for each, and stores nothing in the stream meanwhile; so others get half of the time.
    async fn erase(&self, place: &Place) -> Result<(), ReadError> {
        let mut position = 1;
        loop {
            let Place {
                stream, subject, ..
            } = place;
            let ask = || get::run_from_replica(&self.link, stream, subject, position, ERASED_BYTES);
            let mut messages = self.patiently(ask).await?.messages;
            if messages.is_empty() {
                // The replica has nothing more; the leader may.
                messages.extend(self.leader(place, Which::From(position)).await?);
            }
            let Some(last) = messages.last() else {
                return Ok(());
            };
            position = last.position + 1;
            let ended = is_tombstone(last);
            for stored in messages.iter().filter(|stored| !is_tombstone(stored)) {
                let begun = Instant::now();
                self.overwrite(place, stored.position).await?;
                tokio::time::sleep(begun.elapsed()).await;
            }
            if ended {
                return Ok(());
            }
        }
    }

    async fn overwrite(&self, place: &Place, position: u64) -> Result<(), ReadError> {
        let request = json!({ "seq": position, "no_erase": false }).to_string();
        let overwrite = || async {
            let subject = format!("$JS.API.STREAM.MSG.DELETE.{}", place.stream);
            let request = Bytes::from(request.clone());
            let answer = self.link.request(subject, None, request).await?;
            overwritten(&answer.payload)
        };
        self.patiently(overwrite).await
    }

    async fn purge(&self, place: &Place, what: &Value) -> Result<(), ReadError> {
        let request = what.to_string();
        let purge = || async {
            let subject = format!("$JS.API.STREAM.PURGE.{}", place.stream);
            let request = Bytes::from(request.clone());
            let answer = self.link.request(subject, None, request).await?;
            purged(&answer.payload)
        };
        self.patiently(purge).await
    }
}

fn overwritten(payload: &[u8]) -> Result<(), NoAnswer> {
    match serde_json::from_slice::<Answer>(payload) {
        // It was overwritten before.
        Ok(Answer {
            error: Some(error), ..
        }) if error.err_code == Some(NO_SUCH_MESSAGE) => Ok(()),
        _ => purged(payload),
    }
}

fn purged(payload: &[u8]) -> Result<(), NoAnswer> {
    match serde_json::from_slice::<Answer>(payload) {
        Ok(Answer { success: true, .. }) => Ok(()),
        Ok(Answer { error, .. }) => Err(NoAnswer::Lost(error.map_or_else(
            || "NATS did not purge".to_owned(),
            |error| error.description,
        ))),
        Err(error) => Err(NoAnswer::Lost(error.to_string())),
    }
}
