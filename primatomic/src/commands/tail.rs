//! `tail`: prints a log's events as they are appended.
//!
//! The connection may break at any time: the next one begins after the last event that was
//! printed, so nothing is missed and nothing comes twice.

use clap::Args;
use futures::StreamExt as _;

use crate::client::retry::Backoff;
use crate::client::sse::Parser;
use crate::client::types::Event;
use crate::client::{Call, Client};
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

/// How a stream came to its end.
enum Ended {
    /// As many events as were asked for are printed.
    Complete,
    /// The server closed it, or the connection broke.
    Broken,
}

pub(crate) async fn run(
    arguments: TailArguments,
    client: &Client,
    output: Output,
) -> Result<(), Failure> {
    let mut next = match arguments.from {
        Some(from) => from.max(1),
        None => {
            let log: LogSummary = client.json(&client.get(&["logs", &arguments.log])).await?;
            (log.head_sequence + 1)
                .saturating_sub(arguments.last.unwrap_or(0))
                .max(1)
        }
    };
    let mut left = arguments.count.unwrap_or(u64::MAX);
    let mut backoff = Backoff::new();
    while left > 0 {
        let before = next;
        let call = call(client, &arguments.log, next)?;
        match follow(client, &call, output, arguments.raw, &mut next, &mut left).await? {
            Ended::Complete => break,
            Ended::Broken if next > before => backoff = Backoff::new(),
            Ended::Broken => {}
        }
        match backoff.next(None) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => {
                return Err(Failure::Other(
                    "the stream ended again and again without an event".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

fn call(client: &Client, log: &str, next: u64) -> Result<Call, Failure> {
    let call = client
        .get(&["logs", log, "events"])
        .accept("text/event-stream")
        .timeout(None);
    if next > 1 {
        call.header("last-event-id", &(next - 1).to_string())
    } else {
        Ok(call.query("from", next))
    }
}

async fn follow(
    client: &Client,
    call: &Call,
    output: Output,
    raw: bool,
    next: &mut u64,
    left: &mut u64,
) -> Result<Ended, Failure> {
    let mut chunks = client.open(call).await?.bytes_stream();
    let mut parser = Parser::default();
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            return Ok(Ended::Broken);
        };
        let mut text = Vec::new();
        for message in parser.feed(&chunk).map_err(Failure::other)? {
            // Other kinds of messages, such as the one that says goodbye, carry no event.
            let Ok(event) = serde_json::from_str::<Event>(&message.data) else {
                continue;
            };
            if event.sequence < *next || *left == 0 {
                continue;
            }
            write_event(&mut text, &event, output.json, raw)?;
            *next = event.sequence + 1;
            *left -= 1;
        }
        output.bytes(&text)?;
        if *left == 0 {
            return Ok(Ended::Complete);
        }
    }
    Ok(Ended::Broken)
}
