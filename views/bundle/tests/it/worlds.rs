//! The bundled components.

use example_views::{ALL, Example};

use crate::Contract;

#[test]
fn every_component_exports_its_world_and_imports_nothing() {
    for Example {
        name, component, ..
    } in ALL
    {
        let contract = Contract::of(component());
        let version = if name == "counter" { "0.0.1" } else { "1.0.0" };
        let machine = format!("primatomic:machine/machine@{version}");
        assert_eq!(contract.exports, [machine], "{name}");
        assert_eq!(contract.imports, [""; 0], "{name}");
    }
}

#[test]
fn components_are_small() {
    for Example {
        name, component, ..
    } in ALL
    {
        let bytes = component().len();
        assert!(bytes < 400 << 10, "{name}: {bytes} bytes");
    }
}
