//! What an event says about usage, if anything.

use std::borrow::Cow;

use primatomic_view::{Event, Timestamp, ViewError};
use serde::Deserialize;

use crate::{Month, Totals};

/// Tokens that were used with a model.
pub(crate) struct Usage<'a> {
    pub(crate) month: Month,
    pub(crate) model: Cow<'a, str>,
    pub(crate) tokens: Totals,
}

/// The fields that count; an event may have any others.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    model: Option<Text<'a>>,
    tokens_in: Option<u64>,
    tokens_out: Option<u64>,
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
}

/// A text that is borrowed from the event unless it has escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Usage<'a> {
    /// The usage that an event reports; `None` for events about something else, which have no
    /// tokens.
    ///
    /// # Errors
    /// When the event is no JSON object, or reports tokens that can't be booked: billable usage is
    /// never skipped silently.
    pub(crate) fn of(event: Event<'a>) -> Result<Option<Self>, ViewError> {
        // Without this, a JSON array of the fields' values would pass for an object.
        if event.bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(invalid("the event is not a JSON object"));
        }
        let fields: Fields<'a> = event.json()?;
        if fields.tokens_in.is_none() && fields.tokens_out.is_none() {
            return Ok(None);
        }
        let Some(Text(model)) = fields.model else {
            return Err(invalid("the event has tokens but no \"model\""));
        };
        let time = match fields.timestamp {
            Some(Text(text)) => text.parse().map_err(|_| {
                invalid("the event's \"timestamp\" is not RFC 3339, such as 2025-03-01T12:30:00Z")
            })?,
            None => event.timestamp,
        };
        Ok(Some(Self {
            month: month_of(time),
            model,
            tokens: Totals {
                tokens_in: fields.tokens_in.unwrap_or(0),
                tokens_out: fields.tokens_out.unwrap_or(0),
            },
        }))
    }
}

fn month_of(time: Timestamp) -> Month {
    let (year, month) = time.year_and_month();
    Month::new(year, month)
}

fn invalid(message: &str) -> ViewError {
    ViewError::new("invalid_event", message)
}
