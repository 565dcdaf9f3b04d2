//! What is left of a component once it is flattened: core modules to instantiate in order, what to
//! link to each of their imports, and where the functions of the world are.

use protocol::view::World;
use serde::{Deserialize, Serialize};

/// How to instantiate a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub world: World,
    /// In the order in which they are made.
    pub instances: Vec<CoreInstance>,
    pub exports: Exports,
    /// Whether a function of the clock or of random numbers is linked anywhere. Such a component
    /// must be told the time of each event before it sees it.
    pub sees_time: bool,
}

/// One instance of a core module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreInstance {
    /// Index of the module.
    pub module: u32,
    /// What to link, in the order of the module's imports.
    pub imports: Vec<Link>,
}

/// What is linked to one import of a core module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    Export(CoreExport),
    Host(HostFunction),
    /// Dropping a handle that the host gave: nothing happens, handles are plain numbers.
    DropHandle,
    /// A function that can't be had; calling it traps with the sentence.
    Unavailable(String),
}

/// An export of an earlier core instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CoreExport {
    pub instance: u32,
    pub name: String,
}

/// A WASI function, lowered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFunction {
    /// Without the version, such as `wasi:clocks/wall-clock`.
    pub interface: String,
    pub function: String,
    pub memory: Option<CoreExport>,
    pub realloc: Option<CoreExport>,
}

/// A lifted function of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    pub function: CoreExport,
    pub options: Options,
}

/// The canonical options that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    pub memory: Option<CoreExport>,
    pub realloc: Option<CoreExport>,
    pub post_return: Option<CoreExport>,
}

/// The five functions, which both worlds have under the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exports {
    pub init: Lifted,
    pub append: Lifted,
    pub query: Lifted,
    pub snapshot: Lifted,
    pub restore: Lifted,
}
