//! A component in the worker's engine.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use protocol::{Sequence, Timestamp};
use worker::compile::{CompileLimits, CompilerCommand, compile};
use worker::engine::{EventRun, Machine, MachineLimits, wasmer};

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
        let (_, artifact) = compile(&command, component.into(), CompileLimits::default())
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
        let mut time = Duration::ZERO;
        for _ in 0..CALLS {
            let (runs, head) = batch.runs(self.head)?;
            let start = Instant::now();
            self.machine.fold(&runs)?;
            time += start.elapsed();
            self.head = head;
        }
        Ok(per_event(time))
    }

    /// Folds a round of events with a call of the engine for each, and returns nanoseconds per
    /// event.
    pub(super) fn fold_singly(&mut self, batch: &Batch) -> Result<f64> {
        let events = batch.singly()?;
        let mut time = Duration::ZERO;
        for _ in 0..CALLS {
            let start = Instant::now();
            for packed in &events {
                self.head = self.head.next();
                let run = EventRun {
                    first: self.head,
                    timestamp: Timestamp::default(),
                    count: 1,
                    packed,
                };
                self.machine
                    .fold(&[run])
                    .map_err(|fault| anyhow!("{fault}"))?;
            }
            time += start.elapsed();
        }
        Ok(per_event(time))
    }
}

/// The share of one event in a round.
pub(super) fn per_event(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / f64::from(EVENTS)
}
