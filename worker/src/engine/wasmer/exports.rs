//! What a machine calls: its store, and the exports of its component.

use ::wasmer::{FunctionEnv, Global, Store};
use protocol::Timestamp;
use protocol::view::World;

use super::WasmerProgram;
use super::abi::Export;
use super::driver::{BatchDriver, Driver, EventDriver};
use super::host::Host;
use super::link::{self, Instances};
use crate::engine::Fault;

/// The exports of world 0.0.1.
pub(super) struct V0 {
    pub(super) init: Export<(), ()>,
    pub(super) query: Export<(u32, u32), u32>,
    pub(super) snapshot: Export<(), u32>,
    pub(super) restore: Export<(u32, u32), ()>,
    pub(super) driver: EventDriver,
}

/// The exports of world 1.0.0.
pub(super) struct V1 {
    pub(super) init: Export<(u32, u32), u32>,
    pub(super) append: Export<(u64, u32, u32), u32>,
    pub(super) query: Export<(u32, u32, u32, u32), u32>,
    pub(super) snapshot: Export<(), u32>,
    pub(super) restore: Export<(u32, u32), u32>,
    /// If it sees the time.
    pub(super) driver: Option<BatchDriver>,
}

pub(super) enum Exports {
    V0(V0),
    V1(V1),
}

impl Exports {
    pub(super) fn new(
        store: &mut Store,
        program: &WasmerProgram,
        instances: &Instances,
    ) -> Result<Self, Fault> {
        let exports = &program.plan.exports;
        let module = program.driver.as_ref();
        Ok(match program.plan.world {
            World::V0 => {
                let module = module.ok_or_else(|| link::broken("it has no driver"))?;
                Self::V0(V0 {
                    init: Export::new(store, instances, &exports.init)?,
                    query: Export::new(store, instances, &exports.query)?,
                    snapshot: Export::new(store, instances, &exports.snapshot)?,
                    restore: Export::new(store, instances, &exports.restore)?,
                    driver: Driver::new(store, module, &exports.append, instances)?,
                })
            }
            World::V1 => Self::V1(V1 {
                init: Export::new(store, instances, &exports.init)?,
                append: Export::new(store, instances, &exports.append)?,
                query: Export::new(store, instances, &exports.query)?,
                snapshot: Export::new(store, instances, &exports.snapshot)?,
                restore: Export::new(store, instances, &exports.restore)?,
                driver: module
                    .map(|module| Driver::new(store, module, &exports.append, instances))
                    .transpose()?,
            }),
        })
    }
}

/// The parts that calls share.
pub(super) struct Running {
    pub(super) store: Store,
    pub(super) host: FunctionEnv<Host>,
    pub(super) sees_time: bool,
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
