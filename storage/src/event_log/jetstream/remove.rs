//! Trimming and deleting.
//!
//! JetStream accepts expectation 0 again for a subject without messages, so a subject is never left
//! empty once it was written: a trimmed log keeps its newest frame, and a deleted one a tombstone, an
//! empty message.

use async_nats::HeaderMap;
use bytes::Bytes;
use protocol::Sequence;
use serde_json::{Value, json};

use super::Inner;
use super::answer::{self, ApiError};
use super::get::Which;
use super::read::{Place, is_tombstone};
use crate::event_log::ReadError;
use crate::nats::NoAnswer;

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

fn purged(payload: &[u8]) -> Result<(), NoAnswer> {
    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(default)]
        success: bool,
        error: Option<ApiError>,
    }
    match serde_json::from_slice::<Answer>(payload) {
        Ok(Answer { success: true, .. }) => Ok(()),
        Ok(Answer { error, .. }) => Err(NoAnswer::Lost(error.map_or_else(
            || "NATS did not purge".to_owned(),
            |error| error.description,
        ))),
        Err(error) => Err(NoAnswer::Lost(error.to_string())),
    }
}
