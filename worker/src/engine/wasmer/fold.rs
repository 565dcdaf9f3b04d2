//! Hands events to a guest in as few calls as its world allows.

use ::wasmer::Store;
use protocol::{Sequence, Timestamp, packed};

use super::abi;
use super::driver::{ALL_FOLDED, BatchDriver, EventDriver};
use super::exports::{Exports, Running, V1};
use super::memory;
use crate::engine::{EventRun, Fault, FoldFault};

/// Bytes that are passed in one call; a larger event goes alone.
const CALL_BYTES_MAX: usize = 1 << 20;

/// Bytes in front of each run in the packed form of world 1.0.0.
const RUN_HEADER_BYTES: usize = 16;

/// What is passed in one call.
struct Call<'a> {
    /// The first of the runs.
    head: EventRun<'a>,
    runs: &'a [EventRun<'a>],
    bytes: usize,
}

pub(super) fn fold(
    running: &mut Running,
    exports: &Exports,
    runs: &[EventRun<'_>],
) -> Result<(), FoldFault> {
    match exports {
        Exports::V0(v0) => in_calls(runs, 0, |call| events(running, &v0.driver, call)),
        Exports::V1(v1) => in_calls(runs, RUN_HEADER_BYTES, |call| match &v1.driver {
            Some(driver) => batches_of_one(running, v1, driver, call),
            None => batch(running, v1, call),
        }),
    }
}

/// World 0.0.1: the driver hands over the events of a batch.
fn events(running: &mut Running, driver: &EventDriver, call: &Call<'_>) -> Result<(), FoldFault> {
    running.begin_batch(driver.progress(), times(call.runs));
    let store = &mut running.store;
    let mut rest = driver.staging(store, call.bytes)?;
    let mut count: u32 = 0;
    for run in call.runs {
        rest = write(rest, run.packed);
        count = count.saturating_add(run.count);
    }
    driver.fold.call(store, count).map_err(|error| {
        let event = call.head.first.saturating_add(driver.done(store));
        fault_at(event, abi::trap(error))
    })
}

/// World 1.0.0: the component takes a batch as it is.
fn batch(running: &mut Running, v1: &V1, call: &Call<'_>) -> Result<(), FoldFault> {
    let (append, first) = (&v1.append, call.head.first);
    // Where only the batch is known to fault, a batch of one event still names it.
    let events: u64 = call.runs.iter().map(|run| u64::from(run.count)).sum();
    let only = (events == 1).then_some(first);
    let fault = |fault| FoldFault::Fault {
        sequence: only,
        fault,
    };
    running.begin(call.head.timestamp);
    let store = &mut running.store;
    let (pointer, length) = append.allocate(store, 1, call.bytes).map_err(fault)?;
    let memory = append.memory().map_err(fault)?;
    let mut rest = memory::write(memory, store, pointer, length).map_err(fault)?;
    for run in call.runs {
        rest = write_run(rest, run);
    }
    let result = append.call.call(store, first.get(), pointer, length);
    let result = result.map_err(|error| fault(abi::trap(error)))?;
    let rejection = rejection(v1, store, result, first, events).map_err(fault)?;
    append.post(store, result).map_err(fault)?;
    rejection.map_or(Ok(()), Err)
}

/// World 1.0.0 with a guest that sees the time: the driver hands over each event of a batch in a
/// batch of its own, or else what the guest sees would depend on how events were batched.
fn batches_of_one(
    running: &mut Running,
    v1: &V1,
    driver: &BatchDriver,
    call: &Call<'_>,
) -> Result<(), FoldFault> {
    running.begin_batch(driver.progress(), times(call.runs));
    let store = &mut running.store;
    let mut rest = driver.staging(store, call.bytes)?;
    for run in call.runs {
        rest = write_run(rest, run);
    }
    let first = call.head.first;
    let length = u32::try_from(call.bytes).unwrap_or(u32::MAX);
    let folded = driver.fold.call(store, first.get(), length);
    let event = first.saturating_add(driver.done(store));
    let fault = |fault| fault_at(event, fault);
    match folded.map_err(|error| fault(abi::trap(error)))? {
        ALL_FOLDED => Ok(()),
        result => {
            let rejection = rejection(v1, store, result, event, 1).map_err(fault)?;
            v1.append.post(store, result).map_err(fault)?;
            rejection.map_or(Ok(()), Err)
        }
    }
}

/// Cuts runs into calls of at most [`CALL_BYTES_MAX`], with `overhead` bytes for each part. A run
/// that fits is taken as it is: its events are not looked at.
fn in_calls(
    runs: &[EventRun<'_>],
    overhead: usize,
    mut call: impl FnMut(&Call<'_>) -> Result<(), FoldFault>,
) -> Result<(), FoldFault> {
    let mut call = |runs: &[EventRun<'_>], bytes| match runs.first() {
        Some(&head) => call(&Call { head, runs, bytes }),
        None => Ok(()),
    };
    let mut parts = Vec::with_capacity(runs.len());
    let mut bytes = 0;
    for run in runs {
        let mut rest = *run;
        while rest.count > 0 {
            let left = CALL_BYTES_MAX.saturating_sub(bytes + overhead);
            let (part, after) = if rest.packed.len() <= left {
                (Some(rest), None)
            } else {
                match split_run(rest, left) {
                    // An event that does not fit any more opens the next call; one that fits into
                    // no call goes alone.
                    Some((part, _)) if part.packed.len() > left && !parts.is_empty() => {
                        (None, Some(rest))
                    }
                    Some((part, after)) => (Some(part), Some(after)),
                    None => (None, None),
                }
            };
            if let Some(part) = part {
                bytes += overhead + part.packed.len();
                parts.push(part);
            }
            let Some(after) = after else { break };
            call(&parts, bytes)?;
            parts.clear();
            bytes = 0;
            rest = after;
        }
    }
    call(&parts, bytes)
}

/// Splits off as many events of a run as fit into `bytes`, but at least one. `None` when there is
/// none.
fn split_run<'a>(run: EventRun<'a>, bytes: usize) -> Option<(EventRun<'a>, EventRun<'a>)> {
    let mut end = 0;
    let mut count = 0;
    while count < run.count {
        let Some((_, rest)) = packed::split_event(&run.packed[end..]) else {
            break;
        };
        let next = run.packed.len() - rest.len();
        if count > 0 && next > bytes {
            break;
        }
        end = next;
        count += 1;
    }
    let (head, tail) = run.packed.split_at_checked(end)?;
    if count == 0 {
        return None;
    }
    let part = EventRun {
        count,
        packed: head,
        ..run
    };
    let rest = EventRun {
        first: run.first.saturating_add(count.into()),
        count: run.count - count,
        packed: tail,
        ..run
    };
    Some((part, rest))
}

fn times(batch: &[EventRun<'_>]) -> impl Iterator<Item = (u32, Timestamp)> {
    batch.iter().map(|run| (run.count, run.timestamp))
}

/// Writes bytes and returns what is left of the buffer.
fn write<'b>(buffer: &'b mut [u8], bytes: &[u8]) -> &'b mut [u8] {
    let Some((to, rest)) = buffer.split_at_mut_checked(bytes.len()) else {
        return &mut [];
    };
    to.copy_from_slice(bytes);
    rest
}

/// Writes a run with its header and returns what is left of the buffer.
fn write_run<'b>(buffer: &'b mut [u8], run: &EventRun<'_>) -> &'b mut [u8] {
    let length = u32::try_from(run.packed.len()).unwrap_or(u32::MAX);
    let mut header = [0; RUN_HEADER_BYTES];
    header[..8].copy_from_slice(&run.timestamp.as_micros().to_le_bytes());
    header[8..12].copy_from_slice(&run.count.to_le_bytes());
    header[12..].copy_from_slice(&length.to_le_bytes());
    write(write(buffer, &header), run.packed)
}

fn fault_at(sequence: Sequence, fault: Fault) -> FoldFault {
    FoldFault::Fault {
        sequence: Some(sequence),
        fault,
    }
}

/// What `append` returned: which of the `events` from `first` on was rejected, if one was.
fn rejection(
    v1: &V1,
    store: &Store,
    result: u32,
    first: Sequence,
    events: u64,
) -> Result<Option<FoldFault>, Fault> {
    let words = v1.append.result(store, result, 8, abi::REJECTION_BYTES)?;
    if !abi::is_error(words)? {
        return Ok(None);
    }
    let message = v1.append.lift_message(store, abi::list_at(words, 16))?;
    let sequence = within(memory::u64_at(words, 8), first, events)?;
    Ok(Some(FoldFault::Rejected { sequence, message }))
}

/// The sequence that a guest named, if it was handed that event in this call.
fn within(sequence: u64, first: Sequence, events: u64) -> Result<Sequence, Fault> {
    match Sequence::new(sequence) {
        Ok(named) if named >= first && named.since(first) < events => Ok(named),
        _ => Err(Fault::Abi(format!(
            "a rejection of sequence {sequence}, which is not among the {events} events from \
             {first} on that it was given"
        ))),
    }
}
