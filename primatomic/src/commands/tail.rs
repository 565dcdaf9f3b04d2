//! `tail`: prints a log's events as they are appended.

use clap::Args;
use serde_json::Value;

use crate::commands::events::write_event;
use crate::commands::json::number;
use crate::commands::session::Session;
use crate::failure::Failure;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  primatomic tail demo               print what is appended from now on
  primatomic tail demo --last 10     the newest ten first
  primatomic tail demo --from 1      everything from the beginning")]
pub(crate) struct TailArguments {
    /// Name or id of the log
    log: String,
    /// Sequence to begin with [default: after the newest]
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// Begin this many events before the end
    #[arg(long, short = 'n', value_name = "N", conflicts_with = "from")]
    last: Option<u64>,
    /// Stop after this many events
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print the bytes of each event and a line feed, nothing else
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

pub(crate) async fn run(arguments: TailArguments, session: &Session) -> Result<(), Failure> {
    let client = &session.client;
    let from = match arguments.from {
        Some(from) => from,
        None => {
            let log: Value = client.json(&client.get(&["logs", &arguments.log])).await?;
            (number(&log, "head_sequence") + 1).saturating_sub(arguments.last.unwrap_or(0))
        }
    };
    let mut left = arguments.count.unwrap_or(u64::MAX);
    let mut tail = client.log(&arguments.log).tail(from);
    while left > 0 {
        let mut text = Vec::new();
        for event in tail.next().await? {
            if left > 0 {
                write_event(&mut text, &event, session.output.json, arguments.raw)?;
                left -= 1;
            }
        }
        session.output.bytes(&text)?;
    }
    Ok(())
}
