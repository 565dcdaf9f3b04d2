//! `view test`: runs a component on a file of events, without a server.
//!
//! It is the worker's own compiler and engine, with the worker's limits, so what works here works
//! when it is deployed, and what is slow here is slow there.

use std::io::{BufRead as _, Read as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use catalog::clock::{Clock as _, SystemClock};
use clap::Args;
use indicatif::{BinaryBytes, HumanCount};
use primatomic_client::{Encoding, Event, encode};
use protocol::limits::{COMPONENT_BYTES_MAX, EVENT_BYTES_MAX, QUERY_BYTES_MAX};
use protocol::{Sequence, Timestamp, packed};
use serde::Serialize;
use worker::compile::{CompileLimits, CompilerCommand, compile};
use worker::engine::{Answer, EventRun, Fault, FoldFault, Machine, MachineLimits, Program};

use crate::commands::input::{CONFIG_BYTES_MAX, open, read_file};
use crate::commands::verify::accepted_at;
use crate::failure::Failure;
use crate::output::{Output, fields};
use crate::server::millis;

/// Events are handed to the component in pieces of about this size, as a worker does.
const PIECE_BYTES: usize = 1 << 20;

#[derive(Args, Debug)]
#[command(after_help = "\
Each line of the file is one event. With --exported it is what `primatomic events --json` prints,
so that events keep their times.

Examples:
  primatomic view test counter.wasm events.ndjson
  primatomic view test totals.wasm events.ndjson --param month=2025-03 --at 2025-03-01T00:00:00Z
  primatomic events acme --all --json | primatomic view test totals.wasm - --exported")]
pub(crate) struct TestArguments {
    /// The component
    component: PathBuf,
    /// File with an event per line; `-` is standard input
    events: PathBuf,
    /// Body of the query that is asked in the end
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// Parameter of that query; may be repeated
    #[arg(long = "param", short, value_name = "NAME=VALUE", value_parser = super::query::parameter)]
    parameters: Vec<(String, String)>,
    /// File whose bytes `init` is called with (world 1.0.0)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Time of the events [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "exported")]
    at: Option<jiff::Timestamp>,
    /// The lines are those of `primatomic events --json`
    #[arg(long)]
    exported: bool,
}

#[derive(Serialize)]
struct Report {
    world: &'static str,
    languages: Vec<String>,
    imports: Vec<String>,
    component_bytes: usize,
    compile_ms: u64,
    events: u64,
    event_bytes: u64,
    /// CPU time inside the component.
    ns_per_event: Option<f64>,
    memory_bytes: u64,
    snapshot: SnapshotReport,
    query: QueryReport,
}

#[derive(Serialize)]
struct SnapshotReport {
    bytes: usize,
    /// A second instance that was restored from it gives the same snapshot and the same answer.
    verified: bool,
}

#[derive(Serialize)]
struct QueryReport {
    us: f64,
    content_type: Option<String>,
    data: Option<String>,
    encoding: Option<Encoding>,
    error: Option<String>,
}

pub(crate) async fn run(arguments: TestArguments, output: Output) -> Result<(), Failure> {
    let component = read_file(&arguments.component, COMPONENT_BYTES_MAX)?;
    let component_bytes = component.len();
    let program = std::env::current_exe().map_err(Failure::other)?;
    let compiler = CompilerCommand::new(program, ["compile-component"], 1);
    let started = Instant::now();
    let (about, artifact) = compile(&compiler, component.into(), CompileLimits::default(), drop)
        .await
        .map_err(Failure::other)?;
    let compile_ms = millis(started.elapsed());
    let program = worker::engine::wasmer::load(&artifact).map_err(Failure::other)?;
    let config = match &arguments.config {
        Some(path) => read_file(path, CONFIG_BYTES_MAX)?,
        None => Vec::new(),
    };
    let mut machine = start(program.as_ref(), &config)?;
    let folded = fold(machine.as_mut(), &arguments)?;
    let body = arguments.query.as_deref().unwrap_or_default().as_bytes();
    if body.len() > QUERY_BYTES_MAX {
        return Err(Failure::Usage(format!(
            "a query has at most {QUERY_BYTES_MAX} bytes"
        )));
    }
    let ask = |machine: &mut dyn Machine| {
        machine
            .query(folded.last, &arguments.parameters, body)
            .map_err(failed("the query"))
    };
    machine.take_cpu();
    let answer = ask(machine.as_mut())?;
    let query_cpu = machine.take_cpu();
    let state = snapshot(machine.as_mut())?;
    let mut second = start(program.as_ref(), &config)?;
    let restored = second.restore(&state);
    restored.map_err(failed("`restore` of the own snapshot"))?;
    let verified = snapshot(second.as_mut())? == state && ask(second.as_mut())? == answer;
    let report = Report {
        world: about.world.as_str(),
        languages: about.languages,
        imports: about.imports,
        component_bytes,
        compile_ms,
        events: folded.events,
        event_bytes: folded.bytes,
        ns_per_event: folded.ns_per_event(),
        memory_bytes: machine.memory_bytes(),
        snapshot: SnapshotReport {
            bytes: state.len(),
            verified,
        },
        query: QueryReport::new(answer, query_cpu),
    };
    output.value(&report, describe)?;
    if verified {
        return Ok(());
    }
    Err(Failure::Other(
        "a second instance that was restored from the snapshot behaves differently: `snapshot` \
         leaves out a part of the state, or writes it in an order that is not fixed"
            .to_owned(),
    ))
}

fn start(program: &dyn Program, config: &[u8]) -> Result<Box<dyn Machine>, Failure> {
    let mut machine = program
        .instantiate(&MachineLimits::default())
        .map_err(Failure::other)?;
    machine.init(config).map_err(failed("`init`"))?;
    Ok(machine)
}

fn snapshot(machine: &mut dyn Machine) -> Result<Vec<u8>, Failure> {
    machine.snapshot().map_err(failed("`snapshot`"))
}

fn failed(what: &str) -> impl Fn(Fault) -> Failure {
    move |fault| Failure::Other(format!("{what} failed: {fault}"))
}

/// What a fold came to.
struct Folded {
    events: u64,
    bytes: u64,
    cpu: Duration,
    /// Time of the last event.
    last: Timestamp,
}

impl Folded {
    #[expect(clippy::cast_precision_loss, reason = "it is a figure for people")]
    fn ns_per_event(&self) -> Option<f64> {
        (self.events > 0).then(|| self.cpu.as_nanos() as f64 / self.events as f64)
    }
}

/// Events that wait to be folded together.
#[derive(Default)]
struct Piece {
    runs: Vec<Run>,
    bytes: usize,
}

/// Consecutive events of one time.
struct Run {
    timestamp: Timestamp,
    first: Sequence,
    count: u32,
    packed: Vec<u8>,
}

impl Piece {
    fn push(&mut self, sequence: Sequence, timestamp: Timestamp, event: &[u8]) {
        if self
            .runs
            .last()
            .is_none_or(|run| run.timestamp != timestamp)
        {
            self.runs.push(Run {
                timestamp,
                first: sequence,
                count: 0,
                packed: Vec::new(),
            });
        }
        if let Some(run) = self.runs.last_mut() {
            run.count += 1;
            packed::push(&mut run.packed, event);
        }
        self.bytes += packed::LENGTH_BYTES + event.len();
    }

    fn fold(self, machine: &mut dyn Machine) -> Result<(), Failure> {
        let runs: Vec<_> = self
            .runs
            .iter()
            .map(|run| EventRun {
                first: run.first,
                timestamp: run.timestamp,
                count: run.count,
                packed: &run.packed,
            })
            .collect();
        machine.fold(&runs).map_err(|fault| {
            Failure::Other(match fault {
                FoldFault::Rejected { sequence, message } => {
                    format!("the component can't fold event {sequence}: {message}")
                }
                FoldFault::Fault {
                    sequence: Some(sequence),
                    fault,
                } => format!("at event {sequence}: {fault}"),
                FoldFault::Fault {
                    sequence: None,
                    fault,
                } => fault.to_string(),
            })
        })
    }
}

fn fold(machine: &mut dyn Machine, arguments: &TestArguments) -> Result<Folded, Failure> {
    let (mut lines, _) = open(&arguments.events)?;
    let at = match arguments.at {
        Some(at) => Timestamp(u64::try_from(at.as_microsecond()).unwrap_or(0)),
        None => SystemClock.now(),
    };
    let mut folded = Folded {
        events: 0,
        bytes: 0,
        cpu: Duration::ZERO,
        last: at,
    };
    let mut piece = Piece::default();
    // An exported line holds an event that may be escaped, which takes up to six times its bytes.
    let line_bytes_max = 6 * EVENT_BYTES_MAX as u64 + 1024;
    let mut line = Vec::new();
    machine.take_cpu();
    loop {
        line.clear();
        let read = (&mut lines)
            .take(line_bytes_max)
            .read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::Other(format!("can't read the events: {error}")))? == 0 {
            break;
        }
        let text = line.trim_ascii_end();
        if text.is_empty() {
            continue;
        }
        let number = folded.events + 1;
        let (timestamp, event) = event(text, number, at, arguments.exported)?;
        folded.events = number;
        folded.bytes += event.len() as u64;
        folded.last = timestamp;
        let sequence = Sequence::new(number).map_err(Failure::other)?;
        piece.push(sequence, timestamp, &event);
        if piece.bytes >= PIECE_BYTES {
            std::mem::take(&mut piece).fold(machine)?;
        }
    }
    if !piece.runs.is_empty() {
        piece.fold(machine)?;
    }
    folded.cpu = machine.take_cpu();
    Ok(folded)
}

/// The time and the bytes of the event that a line holds.
fn event(
    line: &[u8],
    number: u64,
    at: Timestamp,
    exported: bool,
) -> Result<(Timestamp, Vec<u8>), Failure> {
    let (timestamp, bytes) = if exported {
        let event: Event = serde_json::from_slice(line).map_err(|error| {
            Failure::Other(format!(
                "event {number} is not as `primatomic events --json` prints it: {error}"
            ))
        })?;
        (accepted_at(&event)?, event.bytes()?)
    } else {
        (at, line.to_vec())
    };
    if bytes.len() > EVENT_BYTES_MAX {
        return Err(Failure::Other(format!(
            "event {number} is larger than {EVENT_BYTES_MAX} bytes, the most that an event holds"
        )));
    }
    Ok((timestamp, bytes))
}

impl QueryReport {
    fn new(answer: Answer, cpu: Duration) -> Self {
        let (response, error) = match answer {
            Answer::Response(response) => (Some(response), None),
            Answer::Error(error) => (None, Some(error.message)),
            Answer::TooLarge { bytes } => {
                let error = format!("the answer is too large: {bytes} bytes");
                (None, Some(error))
            }
        };
        let (data, encoding) = response.as_ref().map(|it| encode(&it.body)).unzip();
        Self {
            us: cpu.as_secs_f64() * 1e6,
            content_type: response.and_then(|it| it.content_type),
            data,
            encoding,
            error,
        }
    }
}

fn describe(report: &Report) -> String {
    let Report {
        snapshot, query, ..
    } = report;
    let answer = match (&query.data, &query.error) {
        (Some(data), _) => data.clone(),
        (None, Some(error)) => format!("error: {error}"),
        (None, None) => String::new(),
    };
    let fold = report
        .ns_per_event
        .map(|ns| format!("{ns:.0} ns per event"));
    let verified = match snapshot.verified {
        true => "verified",
        false => "NOT verified",
    };
    let languages = match report.languages.join(", ") {
        languages if languages.is_empty() => String::new(),
        languages => format!(" ({languages})"),
    };
    let size = |bytes: u64| BinaryBytes(bytes).to_string();
    let (component, compile_ms) = (size(report.component_bytes as u64), report.compile_ms);
    let (events, bytes) = (HumanCount(report.events), size(report.event_bytes));
    let lines = fields(&[
        ("world", format!("{}{languages}", report.world)),
        (
            "component",
            format!("{component}, compiled in {compile_ms} ms"),
        ),
        ("events", format!("{events} ({bytes})")),
        ("fold", fold.unwrap_or_else(|| "-".to_owned())),
        ("memory", size(report.memory_bytes)),
        (
            "snapshot",
            format!("{}, {verified}", size(snapshot.bytes as u64)),
        ),
        ("query", format!("{:.0} µs", query.us)),
    ]);
    format!("{lines}\n\n{answer}")
}
