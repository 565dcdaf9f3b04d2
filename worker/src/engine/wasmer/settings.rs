//! How modules are compiled. Whatever changes the machine code is part of [`SETTINGS`], so that
//! artifacts of other settings have other names.

use std::ptr::NonNull;

use ::wasmer::sys::vm::{VMConfig, VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition};
use ::wasmer::sys::{
    BaseTunables, Cranelift, EngineBuilder, Features, NativeEngineExt, Target, Tunables, vm,
};
use ::wasmer::{Engine, MemoryError, MemoryType, Module, TableType};

use super::driver;
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

/// The machine code of a component.
pub(crate) struct Compiled {
    pub(crate) modules: Vec<Vec<u8>>,
    pub(crate) driver: Option<Vec<u8>>,
}

/// Compiles the modules of a component, and the driver if it needs one.
///
/// # Errors
/// When Cranelift can't compile a module. The text is for the author of the component.
pub(crate) fn compile(loaded: &Loaded) -> Result<Compiled, String> {
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
    Ok(Compiled { modules, driver })
}

fn compile_driver(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut features = guest_features();
    features.multi_memory(true);
    let mut engine: Engine = EngineBuilder::new(compiler())
        .set_features(Some(features))
        .into();
    engine.set_tunables(DriverTunables(BaseTunables::new()));
    serialize(&engine, module)
}

fn serialize(engine: &Engine, module: &[u8]) -> Result<Vec<u8>, String> {
    let module = Module::from_binary(engine, module).map_err(|error| error.to_string())?;
    let bytes = module.serialize().map_err(|error| error.to_string())?;
    Ok(bytes.to_vec())
}

/// Gives the driver's staging memory a style that reserves no more address space than the memory
/// has. It is for the driver alone: code that imports a memory is compiled for the style that the
/// memory's type suggests, so guests, who share memories among their modules, must have one style
/// only. The driver's staging memory is shared with nobody.
struct DriverTunables(BaseTunables);

impl Tunables for DriverTunables {
    fn memory_style(&self, memory: &MemoryType) -> vm::MemoryStyle {
        if memory.maximum == Some(memory.minimum) && memory.minimum.0 == driver::STAGING_PAGES {
            vm::MemoryStyle::Dynamic {
                offset_guard_size: 0x1_0000,
            }
        } else {
            self.0.memory_style(memory)
        }
    }

    fn table_style(&self, table: &TableType) -> vm::TableStyle {
        self.0.table_style(table)
    }

    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &vm::MemoryStyle,
    ) -> Result<VMMemory, MemoryError> {
        self.0.create_host_memory(ty, style)
    }

    #[expect(unsafe_code, reason = "the trait asks for it")]
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &vm::MemoryStyle,
        location: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: the caller's promise about `location` is passed on.
        unsafe { self.0.create_vm_memory(ty, style, location) }
    }

    fn create_host_table(&self, ty: &TableType, style: &vm::TableStyle) -> Result<VMTable, String> {
        self.0.create_host_table(ty, style)
    }

    #[expect(unsafe_code, reason = "the trait asks for it")]
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &vm::TableStyle,
        location: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        // SAFETY: the caller's promise about `location` is passed on.
        unsafe { self.0.create_vm_table(ty, style, location) }
    }

    fn vmconfig(&self) -> &VMConfig {
        self.0.vmconfig()
    }
}
