//! A component in the worker's engine.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use protocol::Sequence;
use worker::compile::{CompileLimits, CompilerCommand, compile};
use worker::engine::{Machine, MachineLimits, wasmer};

use super::batch::{Batch, CALLS, EVENTS};
use crate::COMPILE_COMMAND;

/// An instance, and how far its log has been folded.
pub(super) struct Subject {
    machine: Box<dyn Machine>,
    head: Sequence,
}

impl Subject {
    /// Compiles a component as a worker does, in a child process, and makes an instance.
    pub(super) async fn compile(component: Vec<u8>) -> Result<Self> {
        let own = std::env::current_exe().context("can't find the path of this program")?;
        let command = CompilerCommand::new(own, [COMPILE_COMMAND], 1);
        let (_, artifact) = compile(&command, component.into(), CompileLimits::default(), drop)
            .await
            .context("can't compile the component")?;
        let program = wasmer::load(&artifact)?;
        let mut machine = program.instantiate(&MachineLimits::default())?;
        machine.init(b"")?;
        Ok(Self {
            machine,
            head: Sequence::ZERO,
        })
    }

    /// Folds a round of events as a cold load does, and returns nanoseconds per event.
    pub(super) fn fold(&mut self, batch: &Batch) -> Result<f64> {
        self.fold_in_calls(batch, usize::MAX)
    }

    /// Folds a round of events with at most `runs_max` runs in a call of the engine, and returns
    /// nanoseconds per event.
    pub(super) fn fold_in_calls(&mut self, batch: &Batch, runs_max: usize) -> Result<f64> {
        let mut time = Duration::ZERO;
        for _ in 0..CALLS {
            let (runs, head) = batch.runs(self.head)?;
            let start = Instant::now();
            for runs in runs.chunks(runs_max) {
                self.machine.fold(runs)?;
            }
            time += start.elapsed();
            self.head = head;
        }
        Ok(per_event(time))
    }
}

/// The share of one event in a round.
pub(super) fn per_event(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / f64::from(EVENTS)
}
