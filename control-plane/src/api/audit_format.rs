//! Control events as a tenant sees them: what happened, without what only the catalog needs.
//!
//! Hashes of passwords, tokens and keys never leave the catalog, whatever events there will be: a
//! field that is named like one is left out, and a test goes through all kinds.

use bytes::Bytes;
use catalog::access::Actor;
use catalog::{ControlEvent, Paged, RecordedEvent};
use poem_openapi::{Enum, Object};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(super) enum ActorKind {
    User,
    ApiKey,
    /// The service itself, or its operator.
    System,
}

/// Who changed something.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "Actor")]
pub(super) struct ActorBody {
    kind: ActorKind,
    /// Of the person or the API key; null for the system.
    id: Option<Uuid>,
}

impl From<Actor> for ActorBody {
    fn from(actor: Actor) -> Self {
        let (kind, id) = match actor {
            Actor::User(user) => (ActorKind::User, Some(user.0)),
            Actor::ApiKey(key) => (ActorKind::ApiKey, Some(key.0)),
            Actor::System => (ActorKind::System, None),
        };
        Self { kind, id }
    }
}

/// A change.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "AuditEvent")]
pub(super) struct AuditEventBody {
    /// 1, 2, 3, … for each tenant, without a gap.
    sequence: u64,
    at: String,
    /// What happened.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    kind: String,
    actor: ActorBody,
    /// The request that made the change.
    request_id: Uuid,
    /// What it happened to, and how; the fields depend on the type.
    details: Value,
}

impl From<RecordedEvent> for AuditEventBody {
    fn from(recorded: RecordedEvent) -> Self {
        Self {
            sequence: recorded.sequence,
            at: recorded.at.to_string(),
            kind: recorded.event.kind().to_owned(),
            actor: recorded.actor.into(),
            request_id: recorded.request_id.0,
            details: details(&recorded.event),
        }
    }
}

/// A page of changes, newest first.
#[derive(Object, Serialize, Deserialize)]
#[oai(rename = "AuditPage")]
pub(super) struct AuditPageBody {
    pub events: Vec<AuditEventBody>,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl From<Paged<RecordedEvent>> for AuditPageBody {
    fn from(page: Paged<RecordedEvent>) -> Self {
        Self {
            events: page.items.into_iter().map(Into::into).collect(),
            next_cursor: page.next_cursor,
        }
    }
}

impl AuditPageBody {
    /// Its events as lines of JSON.
    pub(super) fn lines(&self) -> Bytes {
        let mut lines = Vec::new();
        for event in &self.events {
            // Strings, numbers and trees of them can always be written.
            if serde_json::to_writer(&mut lines, event).is_ok() {
                lines.push(b'\n');
            }
        }
        lines.into()
    }
}

fn details(event: &ControlEvent) -> Value {
    // An event was read from such a tree, so it can be made into one.
    let Ok(Value::Object(fields)) = serde_json::to_value(event) else {
        return Value::Null;
    };
    let shown = fields.into_iter().filter_map(|(name, value)| {
        let is_hidden = name == "type"
            || name == "config"
            || name.ends_with("sha256")
            || name.ends_with("hash")
            || name.ends_with("token");
        let mut value = value;
        if let Some(account) = value.as_object_mut() {
            // It may hold a word that only the tenant's own server knows.
            account.remove("webhook_url");
        }
        let is_time = name.ends_with("_at") || name.ends_with("_until");
        let value = match value.as_u64() {
            Some(micros) if is_time => json!(Timestamp(micros).to_string()),
            _ => value,
        };
        (!is_hidden).then_some((name, value))
    });
    Value::Object(shown.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str =
        include_str!("../../../catalog/tests/it/suite/golden/control-events-v1.json");

    /// Whether a text could be a hash or a token: long, and of one word.
    fn looks_secret(text: &str) -> bool {
        let is_id = text.parse::<Uuid>().is_ok();
        text.starts_with('$') || (text.len() >= 32 && !text.contains(' ') && !is_id)
    }

    #[test]
    fn no_kind_of_event_shows_a_secret_or_the_hash_of_one() {
        let golden: Vec<ControlEvent> = serde_json::from_str(GOLDEN).unwrap();
        let mut hidden = 0;
        for event in golden {
            let all = serde_json::to_value(&event).unwrap();
            let shown = details(&event);
            hidden += all.as_object().unwrap().len() - shown.as_object().unwrap().len() - 1;
            for (name, value) in shown.as_object().unwrap() {
                let text = value.as_str().unwrap_or_default();
                let is_public = name == "component";
                assert!(
                    is_public || !looks_secret(text),
                    "{name} of {}",
                    event.kind()
                );
            }
        }
        assert!(hidden > 0, "the golden events hold none");
    }

    #[test]
    fn the_address_of_a_webhook_is_not_shown() {
        let account = catalog::BillingAccount {
            cap_cents: Some(5),
            webhook_url: Some("https://example.com/word".to_owned()),
            ..catalog::BillingAccount::default()
        };
        let shown = details(&ControlEvent::BillingAccountChanged { account });
        assert_eq!(shown["account"]["cap_cents"], 5);
        assert!(!shown.to_string().contains("word"), "{shown}");
    }

    #[test]
    fn times_are_written_as_everywhere() {
        let event: ControlEvent = serde_json::from_value(json!({
            "type": "key_created", "key": Uuid::nil(), "name": "ci", "role": "member",
            "logs": null, "expires_at": 1_700_000_000_000_000_u64, "sha256": "cd".repeat(32),
        }))
        .unwrap();
        let expected = json!({
            "key": Uuid::nil(), "name": "ci", "role": "member", "logs": null,
            "expires_at": "2023-11-14T22:13:20.000000Z",
        });
        assert_eq!(details(&event), expected);
    }
}
