//! `append`: one event from a flag, a file or standard input, or many from NDJSON.

use clap::Args;
use primatomic_client::{Client, Received};
use protocol::limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX};
use serde_json::Value;

use crate::commands::input::InputOptions;
use crate::commands::ndjson;
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args, Debug)]
#[command(after_help = "\
Every append carries an Idempotency-Key, so an attempt whose answer was lost is repeated without
appending twice.

Examples:
  primatomic append demo --data '{\"inc\":10}'
  echo -n hello | primatomic append demo
  primatomic append demo --file picture.png
  primatomic append demo --ndjson --file events.ndjson --idempotency-prefix import-7

An import that was interrupted continues when it is started again within an hour with the same
file, --idempotency-prefix, --batch-events and --batch-bytes.")]
pub(crate) struct AppendArguments {
    /// Name or id of the log
    pub log: String,
    #[command(flatten)]
    pub input: InputOptions,
    /// Append each line as an event of its own, in batches
    #[arg(long)]
    pub ndjson: bool,
    /// Append only if this is the log's head (0: the log is empty)
    #[arg(long, value_name = "N")]
    pub expected_sequence: Option<u64>,
    /// Key that makes a repeated append of one event harmless [default: a random one]
    #[arg(long, value_name = "KEY", conflicts_with = "ndjson")]
    pub idempotency_key: Option<String>,
    /// Prefix of the keys of the batches [default: a random one]
    #[arg(long, value_name = "PREFIX", requires = "ndjson")]
    pub idempotency_prefix: Option<String>,
    /// Most events in a batch
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "ndjson",
          value_parser = clap::value_parser!(u64).range(1..=BATCH_EVENTS_MAX as u64))]
    pub batch_events: u64,
    /// Most bytes in a batch
    #[arg(long, value_name = "BYTES", default_value_t = 4 << 20, requires = "ndjson",
          value_parser = clap::value_parser!(u64).range(1..=BATCH_BYTES_MAX as u64))]
    pub batch_bytes: u64,
}

pub(crate) async fn run(
    arguments: AppendArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    if arguments.ndjson {
        return ndjson::run(arguments, client, output).await;
    }
    let event = arguments.input.read(EVENT_BYTES_MAX)?;
    let key = arguments.idempotency_key.unwrap_or_else(random_key);
    let mut call = client
        .post(&["logs", &arguments.log, "append"])
        .body("application/octet-stream", event)
        .header("idempotency-key", &key)?
        .repeatable();
    if let Some(expected) = arguments.expected_sequence {
        call = call.header("expected-sequence", &expected.to_string())?;
    }
    let received = client.send(&call).await?;
    let answer: Value = received.json()?;
    output.value(&answer, |it| {
        let sequence = it.get("sequence").and_then(Value::as_u64).unwrap_or(0);
        let replayed = if was_replayed(&received) {
            ", which an earlier append with this key stored"
        } else {
            ""
        };
        format!("Appended as event {sequence}{replayed}.")
    })
}

/// Whether the answer is that of an earlier append with the same key.
pub(crate) fn was_replayed(received: &Received) -> bool {
    received.text("idempotency-replayed") == Some("true")
}

pub(crate) fn random_key() -> String {
    format!("cli-{}", uuid::Uuid::new_v4())
}
