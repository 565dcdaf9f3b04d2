//! Following a log.
//!
//! The connection may break at any time: the next one begins after the last event that was seen,
//! so nothing is missed and nothing comes twice.

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;

use crate::client::Call;
use crate::error::Error;
use crate::event::Event;
use crate::log::Log;
use crate::retry::Backoff;
use crate::sse::Parser;

/// A log's events as they are appended.
pub struct Tail<'a> {
    log: Log<'a>,
    next: u64,
    backoff: Backoff,
    connection: Option<Connection>,
}

struct Connection {
    chunks: BoxStream<'static, reqwest::Result<Bytes>>,
    parser: Parser,
}

impl<'a> Log<'a> {
    /// Follows the log from a sequence on.
    #[must_use]
    pub fn tail(&self, from: u64) -> Tail<'a> {
        Tail {
            log: *self,
            next: from.max(1),
            backoff: Backoff::new(),
            connection: None,
        }
    }
}

impl Tail<'_> {
    /// Waits for the next events: those that arrived together, at least one.
    ///
    /// # Errors
    /// When the server says why it does not send any, or can't be reached again and again.
    pub async fn next(&mut self) -> Result<Vec<Event>, Error> {
        loop {
            let connection = match &mut self.connection {
                Some(connection) => connection,
                None => {
                    let response = self.log.client.open(&self.call()?).await?;
                    self.connection.insert(Connection {
                        chunks: response.bytes_stream().boxed(),
                        parser: Parser::default(),
                    })
                }
            };
            let Some(Ok(chunk)) = connection.chunks.next().await else {
                self.connection = None;
                self.pause().await?;
                continue;
            };
            let messages = connection.parser.feed(&chunk);
            let messages = messages.map_err(|error| Error::Unexpected(error.to_string()))?;
            let mut events = Vec::new();
            for message in messages {
                // Other kinds of messages carry no event.
                if !matches!(message.event.as_str(), "" | "message") {
                    continue;
                }
                let Ok(event) = serde_json::from_str::<Event>(&message.data) else {
                    continue;
                };
                if event.sequence >= self.next {
                    self.next = event.sequence + 1;
                    events.push(event);
                }
            }
            if !events.is_empty() {
                self.backoff = Backoff::new();
                return Ok(events);
            }
        }
    }

    fn call(&self) -> Result<Call, Error> {
        let call = self
            .log
            .client
            .get(&["logs", self.log.name, "events"])
            .accept("text/event-stream")
            .timeout(None);
        if self.next > 1 {
            call.header("last-event-id", &(self.next - 1).to_string())
        } else {
            Ok(call.query("from", self.next))
        }
    }

    async fn pause(&mut self) -> Result<(), Error> {
        let Some(pause) = self.backoff.next(None) else {
            let reason = "the stream ended again and again without an event";
            return Err(Error::Unexpected(reason.to_owned()));
        };
        tokio::time::sleep(pause).await;
        Ok(())
    }
}
