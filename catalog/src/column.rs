//! Between the plain values in columns and the words of the domain. A value that can't be one of
//! those is damage, and said so.

use std::str::FromStr;

use protocol::{KeyId, LogId, Sequence, Timestamp, UserId};
use sea_orm::JsonValue as Json;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::CatalogError;
use crate::access::Actor;

pub(super) fn corrupt(what: impl std::fmt::Display) -> CatalogError {
    CatalogError::Corrupt(what.to_string())
}

/// Times beyond the year 290,000 are as good as the last one that a column holds.
pub(super) fn from_time(time: Timestamp) -> i64 {
    from_u64(time.as_micros())
}

pub(super) fn to_time(micros: i64) -> Timestamp {
    Timestamp(to_u64(micros))
}

pub(super) fn from_u64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Columns of sizes and counts never hold a negative number.
pub(super) fn to_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn to_sequence(number: i64) -> Result<Sequence, CatalogError> {
    Sequence::new(to_u64(number)).map_err(corrupt)
}

pub(super) fn to_digest(bytes: Vec<u8>) -> Result<[u8; 32], CatalogError> {
    bytes
        .try_into()
        .map_err(|_| corrupt("a digest has not 32 bytes"))
}

pub(super) fn to_word<T: FromStr>(text: &str) -> Result<T, CatalogError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| CatalogError::Corrupt(format!("{text:?}: {error}")))
}

pub(super) fn from_actor(actor: Actor) -> (String, Option<Uuid>) {
    match actor {
        Actor::User(id) => ("user".to_owned(), Some(id.0)),
        Actor::ApiKey(id) => ("api-key".to_owned(), Some(id.0)),
        Actor::System => ("system".to_owned(), None),
    }
}

pub(super) fn to_actor(kind: &str, id: Option<Uuid>) -> Result<Actor, CatalogError> {
    match (kind, id) {
        ("user", Some(id)) => Ok(Actor::User(UserId(id))),
        ("api-key", Some(id)) => Ok(Actor::ApiKey(KeyId(id))),
        ("system", None) => Ok(Actor::System),
        _ => Err(CatalogError::Corrupt(format!("{kind:?} is no actor"))),
    }
}

pub(super) fn from_json<T: Serialize + ?Sized>(value: &T) -> Result<Json, CatalogError> {
    serde_json::to_value(value).map_err(corrupt)
}

pub(super) fn to_json<T: DeserializeOwned>(json: &Json) -> Result<T, CatalogError> {
    T::deserialize(json).map_err(corrupt)
}

/// The logs that a key or session is limited to.
pub(super) fn from_logs(logs: Option<&[LogId]>) -> Result<Option<Json>, CatalogError> {
    logs.map(from_json).transpose()
}

pub(super) fn to_logs(json: Option<&Json>) -> Result<Option<Vec<LogId>>, CatalogError> {
    json.map(to_json).transpose()
}

/// A text that both databases keep: the character of number zero, which PostgreSQL refuses, becomes
/// the one that stands for what can't be shown.
pub(super) fn plain(text: String) -> String {
    if text.contains('\0') {
        return text.replace('\0', "\u{fffd}");
    }
    text
}
