//! `tail`: prints a log's events as they are appended.

use clap::Args;
use primatomic_client::Client;

use crate::commands::events::write_event;
use crate::commands::log::LogSummary;
use crate::failure::Failure;
use crate::output::Output;

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

pub(crate) async fn run(
    arguments: TailArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    let from = match arguments.from {
        Some(from) => from,
        None => {
            let log: LogSummary = client.json(&client.get(&["logs", &arguments.log])).await?;
            (log.head_sequence + 1).saturating_sub(arguments.last.unwrap_or(0))
        }
    };
    let mut left = arguments.count.unwrap_or(u64::MAX);
    let mut tail = client.log(&arguments.log).tail(from);
    while left > 0 {
        let mut text = Vec::new();
        for event in tail.next().await? {
            if left > 0 {
                write_event(&mut text, &event, output.json, arguments.raw)?;
                left -= 1;
            }
        }
        output.bytes(&text)?;
    }
    Ok(())
}
