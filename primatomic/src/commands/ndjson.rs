//! `append --ndjson`: many events in batches that can be sent again.
//!
//! The keys of the batches are made of the prefix and the number of the batch's first line. How
//! lines fall into batches depends on the input and the two limits alone, so a second run with the
//! same prefix makes the same batches with the same keys: those that are stored already are
//! replays, and the import goes on where it stopped. If the input has changed meanwhile, the
//! server refuses the key instead of storing lines twice.

use std::io::{BufRead, Cursor, Read as _};
use std::path::Path;

use clap::Args;
use indicatif::HumanCount;
use primatomic_client::Received;
use protocol::limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX};
use serde::{Deserialize, Serialize};

use crate::commands::input::{self, InputOptions};
use crate::commands::session::Session;
use crate::failure::Failure;
use crate::output::Unit;

/// How an input is cut into batches, and what their keys are.
#[derive(Args, Debug)]
pub(crate) struct BatchOptions {
    /// Prefix of the keys of the batches [default: a random one]
    #[arg(long, value_name = "PREFIX", requires = "ndjson")]
    idempotency_prefix: Option<String>,
    /// Most events in a batch
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "ndjson",
          value_parser = clap::value_parser!(u64).range(1..=BATCH_EVENTS_MAX as u64))]
    batch_events: u64,
    /// Most bytes in a batch
    #[arg(long, value_name = "BYTES", default_value_t = 4 << 20, requires = "ndjson",
          value_parser = clap::value_parser!(u64).range(1..=BATCH_BYTES_MAX as u64))]
    batch_bytes: u64,
}

/// A run of lines, ready to be sent.
#[derive(Debug, PartialEq, Eq)]
struct Batch {
    /// Number of its first line in the input, from 1.
    first_line: u64,
    events: u64,
    /// The lines, each with its line feed.
    body: Vec<u8>,
}

/// Cuts an input into batches.
struct Batches<R> {
    input: R,
    events_max: u64,
    bytes_max: usize,
    /// Lines read so far.
    lines: u64,
    /// A line that did not fit into the batch before.
    waiting: Option<Vec<u8>>,
}

#[derive(Deserialize)]
struct Appended {
    sequences: Vec<u64>,
}

/// What an import did.
#[derive(Debug, Default, Serialize)]
struct Imported {
    events: u64,
    batches: u64,
    /// Batches that an earlier run had stored already.
    replayed_batches: u64,
    first_sequence: Option<u64>,
    last_sequence: Option<u64>,
}

pub(crate) async fn run(
    log: &str,
    input: &InputOptions,
    options: BatchOptions,
    mut expected: Option<u64>,
    session: &Session,
) -> Result<(), Failure> {
    let (input, length) = open(input)?;
    let progress = session.output.progress(length, Unit::Bytes);
    let mut batches = Batches {
        input,
        events_max: options.batch_events,
        bytes_max: usize::try_from(options.batch_bytes).unwrap_or(usize::MAX),
        lines: 0,
        waiting: None,
    };
    let prefix = options.idempotency_prefix.unwrap_or_else(random_key);
    let mut imported = Imported::default();
    while let Some(batch) = batches.next_batch()? {
        let bytes = batch.body.len() as u64;
        let key = format!("{prefix}-{}", batch.first_line);
        let call = session.client.post(&["logs", log, "append_batch"]);
        let call = call.body("application/x-ndjson", batch.body);
        let call = call.keyed(&key, expected)?;
        let sent = session.client.send(&call).await;
        let received = sent
            .inspect_err(|_| progress.abandon())
            .map_err(|error| explain(error.into(), &imported, batch.first_line))?;
        let appended: Appended = received.json()?;
        let (first, last) = (appended.sequences.first(), appended.sequences.last());
        imported.events += batch.events;
        imported.batches += 1;
        imported.replayed_batches += u64::from(was_replayed(&received));
        imported.first_sequence = imported.first_sequence.or(first.copied());
        imported.last_sequence = last.copied().or(imported.last_sequence);
        expected = expected.and(last.copied());
        progress.inc(bytes);
        progress.set_message(format!("{} events", HumanCount(imported.events)));
    }
    progress.finish_and_clear();
    session.output.value(&imported, describe)
}

fn open(options: &InputOptions) -> Result<(Box<dyn BufRead>, Option<u64>), Failure> {
    if let Some(data) = &options.data {
        let bytes = data.clone().into_bytes();
        let length = bytes.len() as u64;
        return Ok((Box::new(Cursor::new(bytes)), Some(length)));
    }
    input::open(options.file.as_deref().unwrap_or(Path::new("-")))
}

/// Whether the response is that of an earlier append with the same key.
pub(crate) fn was_replayed(received: &Received) -> bool {
    received.text("idempotency-replayed") == Some("true")
}

pub(crate) fn random_key() -> String {
    format!("cli-{}", uuid::Uuid::new_v4())
}

/// Says how far the import came, so that nobody must guess what is stored.
fn explain(failure: Failure, imported: &Imported, line: u64) -> Failure {
    let Failure::Answer(mut answer) = failure else {
        return failure;
    };
    answer.error = format!(
        "{} The batch that begins at line {line} was not appended; {} events before it are stored.",
        answer.error, imported.events
    );
    Failure::Answer(answer)
}

fn describe(imported: &Imported) -> String {
    let (Some(first), Some(last)) = (imported.first_sequence, imported.last_sequence) else {
        return "The input has no lines; nothing was appended.".to_owned();
    };
    let replayed = match imported.replayed_batches {
        0 => String::new(),
        count => format!(" {} of them an earlier run had stored.", HumanCount(count)),
    };
    format!(
        "Appended {} events, sequences {first} to {last}; batches: {}.{replayed}",
        HumanCount(imported.events),
        HumanCount(imported.batches)
    )
}

impl<R: BufRead> Batches<R> {
    fn next_batch(&mut self) -> Result<Option<Batch>, Failure> {
        let mut batch = Batch {
            first_line: 0,
            events: 0,
            body: Vec::new(),
        };
        while batch.events < self.events_max {
            let line = match self.waiting.take() {
                Some(line) => Some(line),
                None => self.read_line()?,
            };
            let Some(line) = line else { break };
            if batch.events > 0 && batch.body.len() + line.len() + 1 > self.bytes_max {
                self.waiting = Some(line);
                break;
            }
            if batch.events == 0 {
                batch.first_line = self.lines;
            }
            batch.events += 1;
            batch.body.extend_from_slice(&line);
            batch.body.push(b'\n');
        }
        Ok((batch.events > 0).then_some(batch))
    }

    /// The next line that is not blank, without its end.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            let mut line = Vec::new();
            let read = (&mut self.input)
                .take(EVENT_BYTES_MAX as u64 + 2)
                .read_until(b'\n', &mut line)
                .map_err(|error| Failure::Other(format!("can't read the input: {error}")))?;
            if read == 0 {
                return Ok(None);
            }
            self.lines += 1;
            while matches!(line.last(), Some(b'\n' | b'\r')) {
                line.pop();
            }
            if line.len() > EVENT_BYTES_MAX {
                return Err(Failure::Other(format!(
                    "line {} is longer than {EVENT_BYTES_MAX} bytes, the most that an event holds; \
                     the lines of earlier batches are stored",
                    self.lines
                )));
            }
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(input: &[u8], events_max: u64, bytes_max: usize) -> Result<Vec<Batch>, Failure> {
        let mut batches = Batches {
            input,
            events_max,
            bytes_max,
            lines: 0,
            waiting: None,
        };
        let mut all = Vec::new();
        while let Some(batch) = batches.next_batch()? {
            all.push(batch);
        }
        Ok(all)
    }

    fn batch(first_line: u64, events: u64, body: &str) -> Batch {
        Batch {
            first_line,
            events,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn lines_fall_into_batches_by_count_and_by_bytes() {
        let input = b"1\n22\r\n\n333\n4444";
        assert_eq!(
            batches(input, 2, 100).unwrap(),
            [batch(1, 2, "1\n22\n"), batch(4, 2, "333\n4444\n")]
        );
        assert_eq!(
            batches(input, 100, 6).unwrap(),
            [
                batch(1, 2, "1\n22\n"),
                batch(4, 1, "333\n"),
                batch(5, 1, "4444\n")
            ]
        );
        assert_eq!(batches(b"\n \r\n", 2, 100).unwrap(), []);
    }

    #[test]
    fn a_line_that_no_event_can_hold_is_named() {
        let mut input = b"{}\n".to_vec();
        input.extend(vec![b'x'; EVENT_BYTES_MAX + 1]);
        let failure = batches(&input, 1, 100).unwrap_err();
        assert!(failure.to_string().starts_with("line 2 "), "{failure}");
        let whole = vec![b'x'; EVENT_BYTES_MAX];
        assert_eq!(batches(&whole, 1, 100).unwrap().len(), 1);
    }
}
