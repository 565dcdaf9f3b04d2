//! One instance of a component in wasmer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use protocol::view::World;
use protocol::{Sequence, Timestamp};

use ::wasmer::sys::NativeEngineExt;
use ::wasmer::{FunctionEnv, Global, Interrupter, Store};

use super::WasmerProgram;
use super::abi::{self, Export};
use super::calls::{call_with_bytes, lift_state, post, post_nothing, query_v0, query_v1, refused};
use super::driver::{BatchDriver, Driver, EventDriver};
use super::fold::Fold;
use super::host::Host;
use super::limits::{Budget, MachineTunables};
use super::link::{self, Instances};
use super::watchdog;
use crate::engine::{Answer, EventRun, Fault, FoldFault, Machine, MachineLimits};

/// The exports of world 0.0.1.
pub(super) struct V0 {
    init: Export<(), (), ()>,
    pub(super) query: Export<(u32, u32), u32, u32>,
    snapshot: Export<(), u32, u32>,
    restore: Export<(u32, u32), (), ()>,
}

/// The exports of world 1.0.0.
pub(super) struct V1 {
    init: Export<(u32, u32), u32, u32>,
    pub(super) append: Export<(u64, u32, u32), u32, u32>,
    pub(super) query: Export<(u32, u32, u32, u32), u32, u32>,
    snapshot: Export<(), u32, u32>,
    restore: Export<(u32, u32), u32, u32>,
}

enum Exports {
    V0(V0, EventDriver),
    /// With a driver if it sees the time.
    V1(V1, Option<BatchDriver>),
}

/// The parts that calls share.
pub(super) struct Running {
    pub(super) store: Store,
    pub(super) host: FunctionEnv<Host>,
    sees_time: bool,
}

impl Running {
    /// Begins a call of an export: what the guest sees of the world depends on this call alone, so
    /// that no answer depends on the calls before it.
    pub(super) fn begin(&mut self, time: Timestamp) {
        self.host.as_mut(&mut self.store).begin(time);
    }

    /// Begins a call of a driver: as [`Self::begin`] for each of its events.
    pub(super) fn begin_batch(
        &mut self,
        progress: Global,
        mut runs: impl Iterator<Item = (u32, Timestamp)>,
    ) {
        let host = self.host.as_mut(&mut self.store);
        if self.sees_time {
            host.begin_batch(progress, runs);
        } else {
            host.begin(runs.next().map_or(Timestamp(0), |(_, time)| time));
        }
    }
}

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

    fn call<T>(
        &mut self,
        limit: Duration,
        operation: impl FnOnce(&mut Running, &Exports) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
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

impl Exports {
    fn new(
        store: &mut Store,
        program: &WasmerProgram,
        instances: &Instances,
    ) -> Result<Self, Fault> {
        let exports = &program.plan.exports;
        match program.plan.world {
            World::V0 => {
                let functions = V0 {
                    init: Export::new(store, instances, &exports.init)?,
                    query: Export::new(store, instances, &exports.query)?,
                    snapshot: Export::new(store, instances, &exports.snapshot)?,
                    restore: Export::new(store, instances, &exports.restore)?,
                };
                let module = program.driver.as_ref();
                let module = module.ok_or_else(|| link::broken("it has no driver"))?;
                let driver = Driver::new(store, module, &exports.append, instances)?;
                Ok(Self::V0(functions, driver))
            }
            World::V1 => {
                let functions = V1 {
                    init: Export::new(store, instances, &exports.init)?,
                    append: Export::new(store, instances, &exports.append)?,
                    query: Export::new(store, instances, &exports.query)?,
                    snapshot: Export::new(store, instances, &exports.snapshot)?,
                    restore: Export::new(store, instances, &exports.restore)?,
                };
                let module = program.driver.as_ref();
                let driver = module
                    .map(|module| Driver::new(store, module, &exports.append, instances))
                    .transpose()?;
                Ok(Self::V1(functions, driver))
            }
        }
    }
}

impl Machine for WasmerMachine {
    fn init(&mut self, config: &[u8]) -> Result<(), Fault> {
        self.call(self.limits.fold_cpu, |running, exports| {
            running.begin(Timestamp(0));
            match exports {
                Exports::V0(v0, _) => {
                    v0.init.call.call(&mut running.store).map_err(abi::trap)?;
                    post_nothing(&v0.init, &mut running.store)
                }
                Exports::V1(v1, _) => call_with_bytes(&v1.init, &mut running.store, config, "init"),
            }
        })
    }

    fn fold(&mut self, runs: &[EventRun<'_>]) -> Result<(), FoldFault> {
        let limit = self.limits.fold_cpu;
        self.run(
            limit,
            |running, exports| {
                let mut fold = Fold::new(running);
                match exports {
                    Exports::V0(_, driver) => fold.events(driver, runs),
                    Exports::V1(v1, None) => fold.batches(v1, runs),
                    Exports::V1(v1, Some(driver)) => fold.batches_of_one(v1, driver, runs),
                }
            },
            |fault| matches!(fault, FoldFault::Fault { .. }),
        )
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
        self.call(self.limits.query_cpu, |running, exports| {
            running.begin(at);
            match exports {
                Exports::V0(v0, _) => query_v0(v0, &mut running.store, parameters, body, max),
                Exports::V1(v1, _) => query_v1(v1, &mut running.store, parameters, body, max),
            }
        })
    }

    fn snapshot(&mut self) -> Result<Vec<u8>, Fault> {
        let max = self.limits.snapshot_bytes;
        self.call(self.limits.fold_cpu, |running, exports| {
            running.begin(Timestamp(0));
            let store = &mut running.store;
            match exports {
                Exports::V0(v0, _) => {
                    let snapshot = &v0.snapshot;
                    let result = snapshot.call.call(store).map_err(abi::trap)?;
                    let words = snapshot.result(store, result, 4, abi::LIST_BYTES)?;
                    let state = lift_state(snapshot, store, abi::list_at(words, 0), max)?;
                    post(snapshot, store, result)?;
                    Ok(state)
                }
                Exports::V1(v1, _) => {
                    let snapshot = &v1.snapshot;
                    let result = snapshot.call.call(store).map_err(abi::trap)?;
                    let words = snapshot.result(store, result, 4, abi::RESULT_BYTES)?;
                    if abi::is_error(words)? {
                        let error = snapshot.lift_error(store, abi::error_words(words))?;
                        return Err(refused(&error, "snapshot"));
                    }
                    let state = lift_state(snapshot, store, abi::list_at(words, 4), max)?;
                    post(snapshot, store, result)?;
                    Ok(state)
                }
            }
        })
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), Fault> {
        self.call(self.limits.fold_cpu, |running, exports| {
            running.begin(Timestamp(0));
            let store = &mut running.store;
            match exports {
                Exports::V0(v0, _) => {
                    let (pointer, length) = v0.restore.lower_bytes(store, state)?;
                    v0.restore
                        .call
                        .call(store, pointer, length)
                        .map_err(abi::trap)?;
                    post_nothing(&v0.restore, store)
                }
                Exports::V1(v1, _) => call_with_bytes(&v1.restore, store, state, "restore"),
            }
        })
    }

    fn memory_bytes(&self) -> u64 {
        self.budget.used()
    }

    fn take_cpu(&mut self) -> Duration {
        std::mem::take(&mut self.cpu)
    }
}

/// A sequence that is at most the largest one; a log never reaches it.
pub(super) fn sequence_after(first: Sequence, count: u64) -> Sequence {
    first.advance(count).unwrap_or(Sequence::MAX)
}
