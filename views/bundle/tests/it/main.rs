//! What the example components export and import, whichever way they are built.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod wasi_build;
mod worlds;

use wit_component::DecodedWasm;
use wit_parser::WorldKey;

/// The names of what a component exports and imports.
struct Contract {
    exports: Vec<String>,
    imports: Vec<String>,
}

impl Contract {
    fn of(component: &[u8]) -> Self {
        let decoded = wit_component::decode(component).unwrap();
        let DecodedWasm::Component(resolve, world) = decoded else {
            panic!("a WIT package and not a component");
        };
        let world = &resolve.worlds[world];
        let name = |key: &WorldKey| resolve.name_world_key(key);
        Self {
            exports: world.exports.keys().map(name).collect(),
            imports: world.imports.keys().map(name).collect(),
        }
    }
}
