//! Hands events to a guest in as few calls as its world allows.

use protocol::{Sequence, packed};

use ::wasmer::{Global, Imports, Instance, Memory, Module, Store, TypedFunction, Value};

use super::abi;
use super::calls::{post, post_nothing};
use super::link::{self, Instances};
use super::machine::{Running, V0, V1, sequence_after};
use super::memory;
use crate::engine::{EventRun, Fault, FoldFault};
use crate::loader::plan::Lifted;

/// Bytes that are handed over in one call; a larger event goes alone.
const CALL_BYTES_MAX: usize = 1 << 20;

/// Bytes in front of each run in the packed form of world 1.0.0.
const RUN_HEADER_BYTES: usize = 16;

/// The driver module, linked to a guest.
pub(super) struct Driver {
    staging: Memory,
    fold: TypedFunction<u32, ()>,
    done: Global,
}

impl Driver {
    pub(super) fn new(
        store: &mut Store,
        module: &Module,
        append: &Lifted,
        instances: &Instances,
    ) -> Result<Self, Fault> {
        let missing = || link::broken("`append` has no memory or no `realloc`");
        let mut imports = Imports::new();
        let memory = append.memory.as_ref().ok_or_else(missing)?;
        let realloc = append.realloc.as_ref().ok_or_else(missing)?;
        imports.define("guest", "memory", instances.memory(memory)?);
        imports.define("guest", "realloc", instances.function(realloc)?);
        imports.define("guest", "append", instances.function(&append.function)?);
        if let Some(post_return) = &append.post_return {
            imports.define("guest", "post_return", instances.function(post_return)?);
        }
        let driver = Instance::new(store, module, &imports).map_err(link::start_fault)?;
        let exported = |error: ::wasmer::ExportError| link::broken(&error.to_string());
        Ok(Self {
            staging: driver
                .exports
                .get_memory("staging")
                .map_err(exported)?
                .clone(),
            fold: driver
                .exports
                .get_typed_function(store, "fold")
                .map_err(exported)?,
            done: driver.exports.get_global("done").map_err(exported)?.clone(),
        })
    }

    fn done(&self, store: &mut Store) -> u64 {
        match self.done.get(store) {
            Value::I32(done) => u64::from(done.cast_unsigned()),
            _ => 0,
        }
    }
}

/// A part of a run that goes into one call.
#[derive(Clone, Copy)]
struct Part<'a> {
    run: EventRun<'a>,
}

pub(super) struct Fold<'a> {
    running: &'a mut Running,
}

impl<'a> Fold<'a> {
    pub(super) fn new(running: &'a mut Running) -> Self {
        Self { running }
    }

    /// World 0.0.1, a batch at a time.
    pub(super) fn through_driver(
        &mut self,
        driver: &Driver,
        runs: &[EventRun<'_>],
    ) -> Result<(), FoldFault> {
        self.in_calls(runs, 0, |fold, parts, bytes| {
            fold.drive(driver, parts, bytes)
        })
    }

    fn drive(
        &mut self,
        driver: &Driver,
        parts: &[Part<'_>],
        bytes: usize,
    ) -> Result<(), FoldFault> {
        let Some(first) = parts.first().map(|part| part.run.first) else {
            return Ok(());
        };
        if let Some(part) = parts.first() {
            self.running.begin(part.run.timestamp);
        }
        let store = &mut self.running.store;
        let length = u32::try_from(bytes).unwrap_or(u32::MAX);
        let mut rest = memory::write(&driver.staging, store, 0, length)?;
        let mut count: u32 = 0;
        for part in parts {
            let Some((to, after)) = rest.split_at_mut_checked(part.run.packed.len()) else {
                break;
            };
            to.copy_from_slice(part.run.packed);
            rest = after;
            count = count.saturating_add(part.run.count);
        }
        driver.fold.call(store, count).map_err(|error| {
            let done = driver.done(store);
            FoldFault::Fault {
                sequence: Some(sequence_after(first, done)),
                fault: abi::trap(error),
            }
        })
    }

    /// World 0.0.1 where the guest sees the time: one call per event.
    pub(super) fn one_by_one(&mut self, v0: &V0, runs: &[EventRun<'_>]) -> Result<(), FoldFault> {
        for run in runs {
            let mut sequence = run.first;
            for event in events(run.packed) {
                self.running.begin(run.timestamp);
                self.append(v0, event).map_err(|fault| FoldFault::Fault {
                    sequence: Some(sequence),
                    fault,
                })?;
                sequence = sequence.next();
            }
        }
        Ok(())
    }

    fn append(&mut self, v0: &V0, event: &[u8]) -> Result<(), Fault> {
        let store = &mut self.running.store;
        let (pointer, length) = v0.append.lower_bytes(store, event)?;
        v0.append
            .call
            .call(store, pointer, length)
            .map_err(abi::trap)?;
        post_nothing(&v0.append, store)
    }

    /// World 1.0.0. A guest that sees the time gets its events one by one, or else what it sees
    /// would depend on how events were batched.
    pub(super) fn packed(&mut self, v1: &V1, runs: &[EventRun<'_>]) -> Result<(), FoldFault> {
        if !self.running.sees_time {
            return self.in_calls(runs, RUN_HEADER_BYTES, |fold, parts, bytes| {
                fold.append_packed(v1, parts, bytes)
            });
        }
        for run in runs {
            let mut rest = *run;
            while let Some((one, after)) = split_run(rest, packed::LENGTH_BYTES) {
                let bytes = RUN_HEADER_BYTES + one.packed.len();
                self.append_packed(v1, &[Part { run: one }], bytes)?;
                rest = after;
            }
        }
        Ok(())
    }

    fn append_packed(
        &mut self,
        v1: &V1,
        parts: &[Part<'_>],
        bytes: usize,
    ) -> Result<(), FoldFault> {
        let Some(head) = parts.first().map(|part| part.run) else {
            return Ok(());
        };
        // Where only the batch is known to fault, a batch of one event still names it.
        let events: u64 = parts.iter().map(|part| u64::from(part.run.count)).sum();
        let only = (events == 1).then_some(head.first);
        let fault = |fault| FoldFault::Fault {
            sequence: only,
            fault,
        };
        self.running.begin(head.timestamp);
        let store = &mut self.running.store;
        let (pointer, length) = v1.append.allocate(store, 1, bytes).map_err(fault)?;
        let memory = v1.append.memory().map_err(fault)?;
        let mut rest = memory::write(memory, store, pointer, length).map_err(fault)?;
        for part in parts {
            rest = write_run(rest, &part.run);
        }
        let result = v1
            .append
            .call
            .call(store, head.first.get(), pointer, length)
            .map_err(|error| fault(abi::trap(error)))?;
        let words = v1
            .append
            .result(store, result, 8, abi::REJECTION_BYTES)
            .map_err(fault)?;
        let rejected = abi::is_error(words).map_err(fault)?;
        let rejection = if rejected {
            let (sequence, (pointer, length)) = abi::rejection_words(words);
            let message = v1
                .append
                .lift_message(store, pointer, length)
                .map_err(fault)?;
            let sequence = within(sequence, head.first, events).map_err(fault)?;
            Some(FoldFault::Rejected { sequence, message })
        } else {
            None
        };
        post(&v1.append, store, result).map_err(fault)?;
        rejection.map_or(Ok(()), Err)
    }

    /// Cuts runs into calls of at most [`CALL_BYTES_MAX`], with `overhead` bytes for each part. A
    /// run that fits is taken as it is: its events are not looked at.
    fn in_calls(
        &mut self,
        runs: &[EventRun<'_>],
        overhead: usize,
        mut call: impl FnMut(&mut Self, &[Part<'_>], usize) -> Result<(), FoldFault>,
    ) -> Result<(), FoldFault> {
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
                        // An event that does not fit any more opens the next call; one that fits
                        // into no call goes alone.
                        Some((part, _)) if part.packed.len() > left && !parts.is_empty() => {
                            (None, Some(rest))
                        }
                        Some((part, after)) => (Some(part), Some(after)),
                        None => (None, None),
                    }
                };
                if let Some(part) = part {
                    bytes += overhead + part.packed.len();
                    parts.push(Part { run: part });
                }
                let Some(after) = after else { break };
                call(self, &parts, bytes)?;
                parts.clear();
                bytes = 0;
                rest = after;
            }
        }
        call(self, &parts, bytes)
    }
}

/// Splits off as many events of a run as fit into `bytes`, but at least one. `None` when there is
/// none.
fn split_run<'a>(run: EventRun<'a>, bytes: usize) -> Option<(EventRun<'a>, EventRun<'a>)> {
    let mut end = 0;
    let mut count = 0;
    while count < run.count {
        let length = run
            .packed
            .get(end..)
            .and_then(|rest| rest.first_chunk::<{ packed::LENGTH_BYTES }>())
            .map(|length| u32::from_le_bytes(*length) as usize);
        let Some(next) = length.and_then(|length| end.checked_add(packed::LENGTH_BYTES + length))
        else {
            break;
        };
        if next > run.packed.len() || (count > 0 && next > bytes) {
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
        first: sequence_after(run.first, u64::from(count)),
        count: run.count - count,
        packed: tail,
        ..run
    };
    Some((part, rest))
}

/// Writes a run with its header and returns what is left of the buffer.
fn write_run<'b>(buffer: &'b mut [u8], run: &EventRun<'_>) -> &'b mut [u8] {
    let Some((header, rest)) = buffer.split_first_chunk_mut::<RUN_HEADER_BYTES>() else {
        return &mut [];
    };
    let length = u32::try_from(run.packed.len()).unwrap_or(u32::MAX);
    header[..8].copy_from_slice(&run.timestamp.as_micros().to_le_bytes());
    header[8..12].copy_from_slice(&run.count.to_le_bytes());
    header[12..].copy_from_slice(&length.to_le_bytes());
    let Some((events, rest)) = rest.split_at_mut_checked(run.packed.len()) else {
        return &mut [];
    };
    events.copy_from_slice(run.packed);
    rest
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

fn events(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<{ packed::LENGTH_BYTES }>()?;
        let (event, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = after;
        Some(event)
    })
}
