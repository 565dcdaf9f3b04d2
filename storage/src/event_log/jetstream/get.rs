//! Reading messages of a subject.
//!
//! Any replica answers a *direct* get, and may be behind: that something is not there proves
//! nothing. The *leader* knows what was acknowledged, but sends one message at a time and in
//! base64. So history is read directly, and its end is confirmed by the leader.

use async_nats::{Message, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::json;

use super::ack::ApiError;
use crate::nats::{Link, NoAnswer};

/// JetStream's code for a message that is not there.
const NO_MESSAGE: u64 = 404;
/// What ends the answers to a batched get.
const END_OF_BATCH: u16 = 204;
/// Messages of one batched get.
const BATCH_MESSAGES_MAX: usize = 1_000;

const SEQUENCE: &str = "Nats-Sequence";
const PENDING: &str = "Nats-Num-Pending";

/// A stored message.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) position: u64,
    pub(super) payload: Bytes,
}

/// Messages in ascending order.
#[derive(Default)]
pub(super) struct Page {
    pub(super) messages: Vec<Stored>,
    /// The replica that answered has more of them.
    pub(super) has_more: bool,
}

/// Which message of a subject.
#[derive(Clone, Copy)]
pub(super) enum Which {
    Newest,
    /// The first one at or behind a stream sequence.
    From(u64),
}

/// The messages of a subject, or of several.
#[derive(Clone, Copy)]
pub(super) struct Messages<'a> {
    pub(super) link: &'a Link,
    pub(super) stream: &'a str,
    pub(super) subject: &'a str,
}

impl Messages<'_> {
    fn request(self, which: Which) -> Bytes {
        let subject = self.subject;
        let request = match which {
            Which::Newest => json!({ "last_by_subj": subject }),
            Which::From(position) => json!({ "next_by_subj": subject, "seq": position.max(1) }),
        };
        request.to_string().into()
    }

    /// What the leader has; waits for nothing that is not acknowledged.
    pub(super) async fn ask_leader(self, which: Which) -> Result<Option<Stored>, NoAnswer> {
        let subject = format!("$JS.API.STREAM.MSG.GET.{}", self.stream);
        let answer = self.link.request(subject, None, self.request(which));
        parse_leader(&answer.await?.payload)
    }

    fn direct(self) -> String {
        format!("$JS.API.DIRECT.GET.{}", self.stream)
    }

    /// What some replica has.
    pub(super) async fn ask_replica(self, which: Which) -> Result<Option<Stored>, NoAnswer> {
        let answer = self.link.request(self.direct(), None, self.request(which));
        let answer = answer.await?;
        if answer.status == Some(StatusCode::NOT_FOUND) {
            return Ok(None);
        }
        stored(answer).map(Some)
    }

    /// Messages from a stream sequence on, of some replica: at least one if it has any.
    pub(super) async fn page(self, from: u64, bytes_max: usize) -> Result<Page, NoAnswer> {
        let request = json!({
            "next_by_subj": self.subject,
            "seq": from.max(1),
            "batch": BATCH_MESSAGES_MAX,
            "max_bytes": bytes_max.clamp(1, i32::MAX as usize),
        });
        let request = request.to_string().into();
        let mut answers = self.link.request_many(self.direct(), request).await?;
        let mut page = Page::default();
        loop {
            let answer = self.link.within(answers.next()).await?;
            let answer = answer.ok_or_else(|| unreadable("the answers ended early"))?;
            match answer.status {
                Some(StatusCode::NOT_FOUND) => return Ok(page),
                Some(status) if status.as_u16() == END_OF_BATCH => {
                    page.has_more = number(&answer, PENDING)? > 0;
                    return Ok(page);
                }
                Some(StatusCode::NO_RESPONDERS) => {
                    return Err(NoAnswer::NotSent(
                        "NATS has no replica for it right now".into(),
                    ));
                }
                None | Some(StatusCode::OK) => page.messages.push(stored(answer)?),
                Some(status) => return Err(unreadable(status)),
            }
        }
    }
}

pub(super) fn unreadable(reason: impl std::fmt::Display) -> NoAnswer {
    NoAnswer::Lost(format!("an unreadable answer: {reason}"))
}

#[derive(Deserialize)]
struct GetResponse<'a> {
    #[serde(borrow)]
    message: Option<LeaderMessage<'a>>,
    error: Option<ApiError>,
}

#[derive(Deserialize)]
struct LeaderMessage<'a> {
    seq: u64,
    /// Base64 has no characters that JSON escapes. Missing for an empty message.
    #[serde(borrow)]
    data: Option<&'a str>,
}

fn parse_leader(payload: &[u8]) -> Result<Option<Stored>, NoAnswer> {
    let response: GetResponse<'_> = serde_json::from_slice(payload).map_err(unreadable)?;
    match (response.message, response.error) {
        (Some(message), _) => {
            let data = message.data.unwrap_or_default();
            Ok(Some(Stored {
                position: message.seq,
                payload: STANDARD.decode(data).map_err(unreadable)?.into(),
            }))
        }
        (None, Some(error)) if error.code == NO_MESSAGE => Ok(None),
        (None, Some(error)) => Err(NoAnswer::Lost(error.description)),
        (None, None) => Err(unreadable("neither a message nor an error")),
    }
}

fn stored(message: Message) -> Result<Stored, NoAnswer> {
    Ok(Stored {
        position: number(&message, SEQUENCE)?,
        payload: message.payload,
    })
}

/// The stream sequence of a message that was sent again.
pub(super) fn position_of(message: &Message) -> Option<u64> {
    number(message, SEQUENCE).ok()
}

fn number(message: &Message, header: &str) -> Result<u64, NoAnswer> {
    let value = message.headers.as_ref().and_then(|it| it.get(header));
    let number = value.and_then(|value| value.as_str().parse().ok());
    number.ok_or_else(|| unreadable(format_args!("no {header} in it")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leader_s_answers_are_told_apart() {
        let found = br#"{"message":{"subject":"s","seq":4,"data":"aGk=","time":"t"}}"#;
        let found = parse_leader(found).unwrap().unwrap();
        assert_eq!((found.position, &found.payload[..]), (4, &b"hi"[..]));
        let empty = parse_leader(br#"{"message":{"subject":"s","seq":5}}"#).unwrap();
        assert!(empty.unwrap().payload.is_empty());
        let none = br#"{"error":{"code":404,"err_code":10037,"description":"no message found"}}"#;
        assert!(parse_leader(none).unwrap().is_none());
        let other = br#"{"error":{"code":503,"err_code":10008,"description":"unavailable"}}"#;
        assert!(parse_leader(other).is_err());
        for damaged in [&b"{}"[..], b"", br#"{"message":{"seq":1,"data":"?"}}"#] {
            assert!(parse_leader(damaged).is_err());
        }
    }
}
