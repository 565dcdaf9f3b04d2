//! The wasmer engine.
//!
//! Cranelift compiles in the child process ([`settings`]); here run only headless engines that load
//! what it made. Each program has an engine of its own, because an engine keeps its code for as
//! long as it lives.
//!
//! Architecture Invariant: everything that a guest can reach is bounded: memory and tables by the
//! tunables ([`limits`]), time by the watchdog ([`watchdog`]), the stack by wasmer's own guard, and
//! what it returns by checked reads ([`memory`], [`abi`]).

mod abi;
mod calls;
mod driver;
mod exports;
mod fold;
mod host;
mod limits;
mod link;
mod machine;
mod memory;
pub(crate) mod settings;
mod wasi;
mod watchdog;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ::wasmer::{Engine, Module};

use self::machine::WasmerMachine;
use super::{Fault, Machine, MachineLimits, Program};
use crate::compile::artifact::Artifact;
use crate::loader::plan::Plan;

/// Why an artifact can't be used: another build made it, or it is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the compiled artifact can't be used ({0}); compile the component again")]
pub struct LoadError(String);

/// Makes a program from an artifact.
///
/// The bytes must be exactly those that [`crate::compile::compile`] returned: they hold machine
/// code. The caller compares their SHA-256 with the recorded one first.
///
/// # Errors
/// When the artifact was made by another build of the engine or for another machine.
pub fn load(artifact: &[u8]) -> Result<Arc<dyn Program>, LoadError> {
    let artifact = Artifact::decode(artifact).map_err(LoadError)?;
    let engine = settings::headless();
    let module = |bytes: &[u8]| {
        #[expect(unsafe_code, reason = "wasmer can load compiled code in no other way")]
        // SAFETY: the caller promises that these are bytes that our own compiler made, and has
        // verified their hash; `decode` has checked that this very build of it did.
        let module = unsafe { Module::deserialize(&engine, bytes) };
        module.map_err(|error| LoadError(error.to_string()))
    };
    let modules = artifact
        .modules
        .iter()
        .map(|bytes| module(bytes))
        .collect::<Result<_, _>>()?;
    let driver = artifact.driver.as_deref().map(module).transpose()?;
    Ok(Arc::new(WasmerProgram {
        engine,
        plan: artifact.plan,
        modules,
        driver,
    }))
}

/// Compiled modules and how to put them together.
struct WasmerProgram {
    engine: Engine,
    plan: Plan,
    modules: Vec<Module>,
    /// Only for components that need one.
    driver: Option<Module>,
}

impl Program for WasmerProgram {
    fn instantiate(&self, limits: &MachineLimits) -> Result<Box<dyn Machine>, Fault> {
        let made = catch_unwind(AssertUnwindSafe(|| WasmerMachine::new(self, limits)));
        match made {
            Ok(machine) => Ok(Box::new(machine?)),
            Err(_) => Err(Fault::Start("the engine failed while it started it".into())),
        }
    }
}
