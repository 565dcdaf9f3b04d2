//! Small modules that hand a guest one event at a time, a whole batch in one call of the host.
//!
//! The host copies a batch into the driver's own memory and makes one call; the driver calls the
//! guest's `realloc` and `append` for each event without leaving WebAssembly. Its memory is its own
//! because a staging buffer from the guest's `realloc` would sit in the middle of what the guest
//! allocates, and would break guests that allocate in arenas.
//!
//! World 0.0.1 takes events in no other way. World 1.0.0 takes batches, but a guest that sees the
//! time must not see how its events were batched. The driver's count of events that are done tells
//! the host which event a guest is at: whom to blame for a trap, and what time it is.

use ::wasmer::{
    Global, Imports, Instance, Memory, Module, Store, TypedFunction, Value, WasmTypeList,
};
use protocol::view::World;

use super::link::{self, Instances};
use super::memory;
use crate::engine::Fault;
use crate::loader::plan::{Lifted, Plan};

/// Pages of the staging memory: a batch of 1 MiB, or one event of 1 MiB and what goes before it.
pub(super) const STAGING_PAGES: u32 = 17;

const EVENTS: &str = include_str!("events.wat");
const BATCHES: &str = include_str!("batches.wat");
/// What a driver's text has in front of the lines that are for guests with a post-return function.
const POST_RETURN: [&str; 2] = [";; IMPORT ", ";; CALL "];

/// The driver that a component needs, as a binary module.
///
/// # Errors
/// When the text of a driver is broken, which a test would show.
pub(super) fn module(plan: &Plan) -> Result<Option<Vec<u8>>, String> {
    let text = match plan.world {
        World::V0 => EVENTS,
        World::V1 if plan.sees_time => BATCHES,
        World::V1 => return Ok(None),
    };
    let mut text = text.to_owned();
    if plan.exports.append.options.post_return.is_some() {
        for marker in POST_RETURN {
            text = text.replace(marker, "");
        }
    }
    wat::parse_str(text)
        .map(Some)
        .map_err(|error| format!("the batch driver is broken: {error}"))
}

/// World 0.0.1: the number of events.
pub(super) type EventDriver = Driver<u32, ()>;
/// World 1.0.0: the first sequence and the bytes of the batch. Answers where the result of a
/// rejected event lies, or [`ALL_FOLDED`].
pub(super) type BatchDriver = Driver<(u64, u32), u32>;

/// No result can lie there: it would not be aligned.
pub(super) const ALL_FOLDED: u32 = u32::MAX;

/// A driver module, linked to a guest.
pub(super) struct Driver<Args: WasmTypeList, Rets: WasmTypeList> {
    staging: Memory,
    pub(super) fold: TypedFunction<Args, Rets>,
    done: Global,
}

impl<Args: WasmTypeList, Rets: WasmTypeList> Driver<Args, Rets> {
    pub(super) fn new(
        store: &mut Store,
        module: &Module,
        append: &Lifted,
        instances: &Instances,
    ) -> Result<Self, Fault> {
        let missing = || link::broken("`append` has no memory or no `realloc`");
        let mut imports = Imports::new();
        let memory = append.options.memory.as_ref().ok_or_else(missing)?;
        let realloc = append.options.realloc.as_ref().ok_or_else(missing)?;
        imports.define("guest", "memory", instances.memory(memory)?);
        imports.define("guest", "realloc", instances.function(realloc)?);
        imports.define("guest", "append", instances.function(&append.function)?);
        if let Some(post_return) = &append.options.post_return {
            imports.define("guest", "post_return", instances.function(post_return)?);
        }
        let driver = Instance::new(store, module, &imports).map_err(link::start_fault)?;
        let exports = &driver.exports;
        let exported = |error: ::wasmer::ExportError| link::broken(&error.to_string());
        Ok(Self {
            staging: exports.get_memory("staging").map_err(exported)?.clone(),
            fold: exports
                .get_typed_function(store, "fold")
                .map_err(exported)?,
            done: exports.get_global("done").map_err(exported)?.clone(),
        })
    }

    /// The staging memory's first bytes.
    pub(super) fn staging<'a>(
        &self,
        store: &'a mut Store,
        bytes: usize,
    ) -> Result<&'a mut [u8], Fault> {
        let length = u32::try_from(bytes).unwrap_or(u32::MAX);
        memory::write(&self.staging, store, 0, length)
    }

    /// The count of events that are done, which can be read while the driver runs.
    pub(super) fn progress(&self) -> Global {
        self.done.clone()
    }

    /// How many events are done.
    pub(super) fn done(&self, store: &mut Store) -> u64 {
        match self.done.get(store) {
            Value::I32(done) => u64::from(done.cast_unsigned()),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_driver_is_a_valid_module_with_and_without_a_post_return_function() {
        for text in [EVENTS, BATCHES] {
            for text in [
                text.to_owned(),
                POST_RETURN
                    .iter()
                    .fold(text.to_owned(), |text, marker| text.replace(marker, "")),
            ] {
                let module = wat::parse_str(&text).unwrap();
                wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
                    .validate_all(&module)
                    .unwrap();
                assert!(text.contains(&format!("17 {STAGING_PAGES})")));
            }
        }
    }
}
