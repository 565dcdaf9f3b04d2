//! What an event says about an action, if anything.

use primatomic_view::{Event, Timestamp, ViewError};
use serde::Deserialize;

/// An action that an actor took on a resource.
pub(crate) struct Action<'a> {
    pub(crate) actor: String,
    pub(crate) resource: String,
    pub(crate) time: Timestamp,
    /// The whole event, which is JSON.
    pub(crate) event: &'a str,
}

/// The fields that count; an event may have any others.
#[derive(Deserialize)]
struct Fields {
    actor: Option<String>,
    resource: Option<String>,
    action: Option<String>,
    timestamp: Option<String>,
}

impl<'a> Action<'a> {
    /// The action that an event reports; `None` for events about something else, which have neither
    /// actor nor resource nor action.
    ///
    /// # Errors
    /// When the event is no JSON object, or an action of which a part is missing: an audit log that
    /// leaves things out silently is worth nothing.
    pub(crate) fn of(event: Event<'a>) -> Result<Option<Self>, ViewError> {
        let text = event.text()?;
        // Without this, a JSON array of the fields' values would pass for an object.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(invalid("the event is not a JSON object"));
        }
        let fields: Fields = event.json()?;
        let (actor, resource) = match (fields.actor, fields.resource, fields.action) {
            (Some(actor), Some(resource), Some(_)) => (actor, resource),
            (None, None, None) => return Ok(None),
            _ => {
                return Err(invalid(
                    "an action has all three of \"actor\", \"resource\" and \"action\", as texts",
                ));
            }
        };
        let time = match fields.timestamp {
            Some(time) => time.parse().map_err(|_| {
                invalid("the event's \"timestamp\" is not RFC 3339, such as 2025-03-01T12:30:00Z")
            })?,
            None => event.timestamp,
        };
        Ok(Some(Self {
            actor,
            resource,
            time,
            event: text,
        }))
    }
}

fn invalid(message: &str) -> ViewError {
    ViewError::new("invalid_event", message)
}
