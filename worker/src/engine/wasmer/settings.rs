//! How modules are compiled. Whatever changes the machine code is part of [`SETTINGS`], so that
//! artifacts of other settings have other names.

use ::wasmer::sys::{Cranelift, EngineBuilder, Features, NativeEngineExt, Target};
use ::wasmer::{Engine, Module};

use super::driver;
use super::limits::MachineTunables;
use crate::loader::Loaded;

/// The engine and its version. A test compares the version with the lock file.
pub(crate) const ENGINE: &str = "wasmer 7.4.2 cranelift";

/// What else the machine code depends on. Raise the number when anything in this module, the
/// driver or the loader's rewriting of modules changes.
pub(crate) const SETTINGS: &str = "2: nan-canonicalization, static 4 GiB memories, opt speed";

/// The machine that code is made for.
pub(crate) fn target() -> String {
    Target::default().triple().to_string()
}

/// The features of guests; the loader has validated them already.
fn guest_features() -> Features {
    let mut features = Features::none();
    features.reference_types(true);
    features.simd(true);
    features.bulk_memory(true);
    features.multi_value(true);
    features.extended_const(true);
    features
}

fn compiler() -> Cranelift {
    let mut cranelift = Cranelift::default();
    cranelift.canonicalize_nans(true);
    cranelift
}

/// An engine that loads and runs, and can't compile.
pub(super) fn headless() -> Engine {
    EngineBuilder::headless().into()
}

/// Machine code, as the engine serializes it.
type Code = Vec<u8>;

/// Compiles the modules of a component, and the driver if it needs one, which comes second.
///
/// # Errors
/// When Cranelift can't compile a module. The text is for the author of the component.
pub(crate) fn compile(loaded: &Loaded) -> Result<(Vec<Code>, Option<Code>), String> {
    let engine: Engine = EngineBuilder::new(compiler())
        .set_features(Some(guest_features()))
        .into();
    let modules = loaded
        .modules
        .iter()
        .map(|module| serialize(&engine, module))
        .collect::<Result<_, _>>()?;
    let driver = driver::module(&loaded.plan)?
        .map(|module| compile_driver(&module))
        .transpose()?;
    Ok((modules, driver))
}

fn compile_driver(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut features = guest_features();
    features.multi_memory(true);
    let mut engine: Engine = EngineBuilder::new(compiler())
        .set_features(Some(features))
        .into();
    engine.set_tunables(MachineTunables::for_driver());
    serialize(&engine, module)
}

fn serialize(engine: &Engine, module: &[u8]) -> Result<Vec<u8>, String> {
    let module = Module::from_binary(engine, module).map_err(|error| error.to_string())?;
    let bytes = module.serialize().map_err(|error| error.to_string())?;
    Ok(bytes.to_vec())
}
