//! `append`: one event from a flag, a file or standard input, or many from NDJSON.

use clap::Args;
use protocol::limits::EVENT_BYTES_MAX;
use serde_json::Value;

use crate::commands::input::InputOptions;
use crate::commands::json::number;
use crate::commands::ndjson::{self, BatchOptions, random_key, was_replayed};
use crate::commands::session::Session;
use crate::failure::Failure;

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
    log: String,
    #[command(flatten)]
    input: InputOptions,
    /// Append each line as an event of its own, in batches
    #[arg(long)]
    ndjson: bool,
    /// Append only if this is the log's head (0: the log is empty)
    #[arg(long, value_name = "N")]
    expected_sequence: Option<u64>,
    /// Key that makes a repeated append of one event harmless [default: a random one]
    #[arg(long, value_name = "KEY", conflicts_with = "ndjson")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    batches: BatchOptions,
}

pub(crate) async fn run(arguments: AppendArguments, session: &Session) -> Result<(), Failure> {
    let expected = arguments.expected_sequence;
    if arguments.ndjson {
        let (log, input) = (&arguments.log, &arguments.input);
        return ndjson::run(log, input, arguments.batches, expected, session).await;
    }
    let event = arguments.input.read(EVENT_BYTES_MAX)?;
    let key = arguments.idempotency_key.unwrap_or_else(random_key);
    let call = session.client.post(&["logs", &arguments.log, "append"]);
    let call = call.body("application/octet-stream", event);
    let received = session.client.send(&call.keyed(&key, expected)?).await?;
    let appended: Value = received.json()?;
    session.output.value(&appended, |it| {
        let sequence = number(it, "sequence");
        let replayed = if was_replayed(&received) {
            ", which an earlier append with this key stored"
        } else {
            ""
        };
        format!("Appended as event {sequence}{replayed}.")
    })
}
