//! One instance of a component in wasmer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use protocol::Timestamp;

use ::wasmer::sys::NativeEngineExt;
use ::wasmer::{FunctionEnv, Interrupter, Store};

use super::WasmerProgram;
use super::calls;
use super::exports::{Exports, Running};
use super::fold::fold;
use super::host::Host;
use super::limits::{Budget, MachineTunables};
use super::link::Instances;
use super::watchdog;
use crate::engine::{Answer, EventRun, Fault, FoldFault, Machine, MachineLimits};

pub(super) struct WasmerMachine {
    running: Running,
    exports: Exports,
    interrupter: Interrupter,
    limits: MachineLimits,
    budget: Arc<Budget>,
    cpu: Duration,
    is_poisoned: bool,
}

#[expect(unsafe_code, reason = "a machine moves between the worker's threads")]
// SAFETY: the store, and with it everything in the machine that is not `Send`, holds pointers into
// heap and mapped memory that the machine alone owns. wasmer ties a store to a thread only while a
// call is in progress (its stack of active stores and its interrupt registry are entered and left
// by each call), and a machine is moved between calls only, since calls borrow it exclusively. The
// parts that could tie it to a thread otherwise are ours: `Host` is `Send`, host functions must be
// `Send + Sync` by their bounds, and the `on_called` callback is never set. The instance's engine
// and code are shared through `Arc`s and immutable.
unsafe impl Send for WasmerMachine {}

impl WasmerMachine {
    pub(super) fn new(program: &WasmerProgram, limits: &MachineLimits) -> Result<Self, Fault> {
        let budget = Budget::new(limits.memory_bytes);
        let mut engine = program.engine.clone();
        engine.set_tunables(MachineTunables::new(limits, Arc::clone(&budget)));
        let mut store = Store::new(engine);
        let interrupter = store.interrupter();
        let host = FunctionEnv::new(&mut store, Host::default());
        let (made, used) = watchdog::watch(&interrupter, limits.fold_cpu, || {
            let instances = Instances::make(&mut store, &host, &program.plan, &program.modules)?;
            let exports = Exports::new(&mut store, program, &instances)?;
            Ok::<_, Fault>(exports)
        });
        if used.was_interrupted {
            return Err(Fault::Interrupted(limits.fold_cpu));
        }
        Ok(Self {
            exports: made?,
            running: Running {
                store,
                host,
                sees_time: program.plan.sees_time,
            },
            interrupter,
            limits: limits.clone(),
            budget,
            cpu: used.cpu,
            is_poisoned: false,
        })
    }

    /// Runs one operation under the watchdog and poisons the machine if it faults.
    fn run<T, E: From<Fault>>(
        &mut self,
        limit: Duration,
        operation: impl FnOnce(&mut Running, &Exports) -> Result<T, E>,
        is_fault: impl FnOnce(&E) -> bool,
    ) -> Result<T, E> {
        if self.is_poisoned {
            return Err(Fault::Poisoned.into());
        }
        // Until the operation has ended well: an unwinding panic must not leave it usable.
        self.is_poisoned = true;
        let Self {
            running, exports, ..
        } = self;
        let (outcome, used) = watchdog::watch(&self.interrupter, limit, || {
            catch_unwind(AssertUnwindSafe(|| operation(running, exports)))
        });
        self.cpu = self.cpu.saturating_add(used.cpu);
        let outcome = outcome
            .unwrap_or_else(|_| Err(Fault::Trap("the engine failed in this call".into()).into()));
        if used.was_interrupted {
            return match outcome {
                // The fold knows at which event it was interrupted.
                Err(error) => Err(error),
                Ok(_) => Err(Fault::Interrupted(limit).into()),
            };
        }
        self.is_poisoned = outcome.as_ref().err().is_some_and(is_fault);
        outcome
    }

    /// Calls an export, for which the guest's clock shows `time`.
    fn call<T>(
        &mut self,
        limit: Duration,
        time: Timestamp,
        operation: impl FnOnce(&Exports, &mut Store) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let operation = |running: &mut Running, exports: &Exports| {
            running.begin(time);
            operation(exports, &mut running.store)
        };
        self.run(limit, operation, |_| true)
            .map_err(|fault| interrupted(fault, limit))
    }
}

/// wasmer reports an interrupt as a trap with this text.
const INTERRUPT: &str = "interrupted by host";

fn interrupted(fault: Fault, limit: Duration) -> Fault {
    match fault {
        Fault::Trap(text) if text == INTERRUPT => Fault::Interrupted(limit),
        other => other,
    }
}

impl From<Fault> for FoldFault {
    fn from(fault: Fault) -> Self {
        Self::Fault {
            sequence: None,
            fault,
        }
    }
}

impl Machine for WasmerMachine {
    fn init(&mut self, config: &[u8]) -> Result<(), Fault> {
        let limit = self.limits.fold_cpu;
        self.call(limit, Timestamp(0), |exports, store| {
            calls::init(exports, store, config)
        })
    }

    fn fold(&mut self, runs: &[EventRun<'_>]) -> Result<(), FoldFault> {
        let limit = self.limits.fold_cpu;
        let operation = |running: &mut Running, exports: &Exports| fold(running, exports, runs);
        let is_fault = |fault: &FoldFault| matches!(fault, FoldFault::Fault { .. });
        self.run(limit, operation, is_fault)
            .map_err(|fault| match fault {
                FoldFault::Fault { sequence, fault } => FoldFault::Fault {
                    sequence,
                    fault: interrupted(fault, limit),
                },
                rejected @ FoldFault::Rejected { .. } => rejected,
            })
    }

    fn query(
        &mut self,
        at: Timestamp,
        parameters: &[(String, String)],
        body: &[u8],
    ) -> Result<Answer, Fault> {
        let max = self.limits.result_bytes;
        self.call(self.limits.query_cpu, at, |exports, store| {
            calls::query(exports, store, parameters, body, max)
        })
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Fault> {
        let (limit, max) = (self.limits.fold_cpu, self.limits.snapshot_bytes);
        self.call(limit, Timestamp(0), |exports, store| {
            calls::snapshot(exports, store, max)
        })
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Fault> {
        let limit = self.limits.fold_cpu;
        self.call(limit, Timestamp(0), |exports, store| {
            calls::restore(exports, store, state)
        })
    }

    fn memory_bytes(&self) -> u64 {
        self.budget.used()
    }

    fn take_cpu(&mut self) -> Duration {
        std::mem::take(&mut self.cpu)
    }
}
