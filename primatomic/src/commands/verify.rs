//! `log verify`: recomputes the hash chain of a log from its events.
//!
//! Nothing of the server's own arithmetic is trusted: the chain starts from the log's id and runs
//! over the events as the API returns them. What is compared in the end is the value that the
//! server keeps for its head. Someone who noted an earlier value compares that one with `--at`.

use clap::Args;
use primatomic_client::Event;
use protocol::{ChainHash, LogId, Sequence, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::commands::json::{cell, number, text};
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::output::Unit;

pub(crate) const AFTER_HELP: &str = "\
The chain is c(n) = BLAKE3(c(n-1) | sequence | timestamp | length | bytes), where c(0) is the
BLAKE3 of the log's id. Note the hash of a head; as long as it verifies, no event up to it was
changed, removed or inserted.

Examples:
  primatomic log verify customer-acme-usage
  primatomic log verify customer-acme-usage --at 42 --hash 9c1e…";

/// Events that are asked for at once.
const PAGE_EVENTS: u64 = 10_000;

#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// Name or id
    log: String,
    /// Stop after this sequence and compare with --hash instead of the server's head
    #[arg(long, value_name = "N", requires = "hash")]
    at: Option<u64>,
    /// The chain hash that you noted for --at
    #[arg(long, value_name = "HASH", requires = "at")]
    hash: Option<String>,
}

#[derive(Serialize)]
struct Verified {
    log_id: String,
    sequence: u64,
    chain_hash: String,
    verified: bool,
}

pub(crate) async fn run(arguments: VerifyArguments, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    let log: Value = client.json(&client.get(&["logs", &arguments.log])).await?;
    let id: LogId = text(&log, "log_id").parse().map_err(Failure::other)?;
    let (end, expected, whose) = match (arguments.at, arguments.hash) {
        (Some(at), Some(hash)) => (at, hash.to_lowercase(), "the given hash"),
        _ => (
            number(&log, "head_sequence"),
            cell(&log, "chain_hash"),
            "the server's hash of the head",
        ),
    };
    let found = recompute(session, id, end).await?;
    if found.to_string() != expected {
        return Err(Failure::Other(format!(
            "the log was tampered with, or is damaged: its events up to {end} give {found}, \
             but {whose} is {expected}"
        )));
    }
    let verified = Verified {
        log_id: id.to_string(),
        sequence: end,
        chain_hash: expected,
        verified: true,
    };
    session.output.value(&verified, |it| {
        format!(
            "Verified {} events; the chain hash is {}.",
            indicatif::HumanCount(it.sequence),
            it.chain_hash
        )
    })
}

/// Reads the events 1 to `end` and folds them into the chain.
async fn recompute(session: &Session, log: LogId, end: u64) -> Result<ChainHash, Failure> {
    let progress = session.output.progress(Some(end), Unit::Events);
    let id = log.to_string();
    let mut chain = ChainHash::origin(log);
    let mut applied = 0;
    while applied < end {
        let limit = PAGE_EVENTS.min(end - applied);
        let page = session.client.log(&id).events(applied + 1, limit).await?;
        if page.events.is_empty() {
            return Err(Failure::Other(format!(
                "events are missing: the log ends at {applied}, before {end}"
            )));
        }
        for event in page.events {
            if event.sequence != applied + 1 {
                return Err(Failure::Other(format!(
                    "events are missing: {} follows {applied}",
                    event.sequence
                )));
            }
            applied = event.sequence;
            let sequence = Sequence::new(applied).map_err(Failure::other)?;
            chain = chain.extend(sequence, accepted_at(&event)?, &event.bytes()?);
        }
        progress.set_position(applied);
    }
    progress.finish_and_clear();
    Ok(chain)
}

/// When the log accepted an event.
pub(crate) fn accepted_at(event: &Event) -> Result<Timestamp, Failure> {
    let time: jiff::Timestamp = event.timestamp.parse().map_err(|error| {
        Failure::Other(format!(
            "the timestamp of event {} can't be read: {error}",
            event.sequence
        ))
    })?;
    u64::try_from(time.as_microsecond())
        .map(Timestamp)
        .map_err(|_| Failure::Other(format!("event {} lies before 1970", event.sequence)))
}

#[cfg(test)]
mod tests {
    use primatomic_client::Encoding;

    use super::*;

    #[test]
    fn a_timestamp_is_read_to_the_microsecond() {
        let mut event = Event {
            sequence: 1,
            timestamp: "2023-11-14T22:13:20.123456Z".to_owned(),
            data: String::new(),
            encoding: Encoding::Utf8,
        };
        let read = accepted_at(&event).unwrap();
        assert_eq!(read, Timestamp(1_700_000_000_123_456));
        event.timestamp = "yesterday".to_owned();
        assert!(accepted_at(&event).is_err());
    }
}
