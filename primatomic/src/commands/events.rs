//! `events`: reads a range of a log.

use clap::Args;
use primatomic_client::{Event, EventsPage};

use crate::commands::session::Session;
use crate::failure::Failure;

/// Events that are asked for at once.
const PAGE_EVENTS: u64 = 1_000;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  primatomic events demo
  primatomic events demo --newest --limit 10
  primatomic events demo --at 2026-11-22T09:30:00Z
  primatomic events demo --filter '@.model == \"gpt-4\" && @.tokens_out > 400' --all
  primatomic events demo --from 1000 --all --json > events.ndjson
  primatomic events demo --raw --all | jq .inc")]
pub(crate) struct EventsArguments {
    /// Name or id of the log
    log: String,
    /// Sequence to begin with
    #[arg(long, value_name = "N")]
    from: Option<u64>,
    /// Time to begin with, such as 2026-11-22T09:30:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "from")]
    at: Option<String>,
    /// Only events that hold this text
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only events that are JSON and for which this holds, such as '@.tokens_out > 400'
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// Print at most this many
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    limit: u64,
    /// Print all there are
    #[arg(long)]
    all: bool,
    /// Begin with the newest and go back
    #[arg(long)]
    newest: bool,
    /// Print the bytes of each event and a line feed, nothing else
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

pub(crate) async fn run(arguments: EventsArguments, session: &Session) -> Result<(), Failure> {
    let mut left = match arguments.all {
        true => u64::MAX,
        false => arguments.limit,
    };
    let mut from = arguments.from;
    let mut at = arguments.at;
    while left > 0 {
        let call = session
            .client
            .get(&["logs", &arguments.log, "events"])
            .accept("application/json")
            .query("limit", left.min(PAGE_EVENTS))
            .query_if("from", from)
            .query_if("at", at.take())
            .query_if("text", arguments.text.as_deref())
            .query_if("filter", arguments.filter.as_deref())
            .query_if("direction", arguments.newest.then_some("backward"));
        let page: EventsPage = session.client.json(&call).await?;
        let mut text = Vec::new();
        for event in &page.events {
            write_event(&mut text, event, session.output.json, arguments.raw)?;
        }
        session.output.bytes(&text)?;
        left = left.saturating_sub(page.events.len() as u64);
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    Ok(())
}

/// One event as a line: JSON, its bytes alone, or sequence, time and bytes.
pub(crate) fn write_event(
    text: &mut Vec<u8>,
    event: &Event,
    json: bool,
    raw: bool,
) -> Result<(), Failure> {
    if json {
        serde_json::to_writer(&mut *text, event).map_err(Failure::other)?;
    } else if raw {
        text.extend(event.bytes()?);
    } else {
        text.extend(format!("{}\t{}\t", event.sequence, event.timestamp).bytes());
        text.extend(event.data.bytes());
    }
    text.push(b'\n');
    Ok(())
}
