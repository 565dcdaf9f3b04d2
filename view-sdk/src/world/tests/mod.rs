//! Both worlds, called as the platform calls them.
//!
//! Each test has a thread of its own, and with it an instance of its own.

mod world_0_0_1;
mod world_1_0_0;

use serde::{Deserialize, Serialize};

use crate::{Event, Request, Response, View, ViewError};

/// Remembers the last event; refuses `bad`.
#[derive(Default, Serialize, Deserialize)]
struct Last {
    config: String,
    sequence: u64,
    micros: u64,
    text: String,
}

impl View for Last {
    fn init(&mut self, config: &[u8]) -> Result<(), ViewError> {
        self.config = std::str::from_utf8(config)?.to_owned();
        Ok(())
    }

    fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError> {
        let text = event.text()?;
        if text == "bad" {
            return Err(ViewError::new("bad", "the event is bad"));
        }
        self.sequence = event.sequence;
        self.micros = event.timestamp.as_micros();
        self.text = text.to_owned();
        Ok(())
    }

    fn query(&self, request: &Request) -> Result<Response, ViewError> {
        match request.parameter("fail") {
            Some(message) => Err(ViewError::new("asked_for", message)),
            None => Response::json(self),
        }
    }
}
