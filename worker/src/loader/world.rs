//! Compares what a component exports with our WIT worlds, structurally: names of types don't
//! matter, their shapes do.

mod signature;

use protocol::view::{ComponentError, World};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;

/// The functions of `wit/machine-0.0.1`.
const FUNCTIONS_V0: [(&str, &str); 5] = [
    ("init", "func()"),
    ("append", "func(event: list<u8>)"),
    ("query", "func(input: list<u8>) -> list<u8>"),
    ("snapshot", "func() -> list<u8>"),
    ("restore", "func(snapshot: list<u8>)"),
];

/// The functions of `wit/machine-1.0.0`.
const FUNCTIONS_V1: [(&str, &str); 5] = [
    (
        "init",
        "func(config: list<u8>) -> result<_, record { code: string, message: string }>",
    ),
    (
        "append",
        "func(first-sequence: u64, packed: list<u8>) -> result<_, record { sequence: u64, \
         message: string }>",
    ),
    (
        "query",
        "func(request: record { parameters: list<tuple<string, string>>, body: list<u8> }) -> \
         result<record { content-type: option<string>, body: list<u8> }, record { code: string, \
         message: string }>",
    ),
    (
        "snapshot",
        "func() -> result<list<u8>, record { code: string, message: string }>",
    ),
    (
        "restore",
        "func(snapshot: list<u8>) -> result<_, record { code: string, message: string }>",
    ),
];

/// The name under which the machine of a world is exported.
pub(super) const fn interface_name(world: World) -> &'static str {
    match world {
        World::V0 => "primatomic:machine/machine@0.0.1",
        World::V1 => "primatomic:machine/machine@1.0.0",
    }
}

/// The world that a component exports; the newer one if it exports both.
///
/// # Errors
/// When it exports neither, or one whose functions differ. The text says which and how.
pub(super) fn check(types: &Types) -> Result<World, ComponentError> {
    for world in [World::V1, World::V0] {
        let name = interface_name(world);
        if let Some(item) = types.as_ref().component_item_for_export(name) {
            check_interface(types, world, &item.ty)?;
            return Ok(world);
        }
    }
    Err(ComponentError::WrongWorld(
        "the component does not export `primatomic:machine/machine@1.0.0` or \
         `primatomic:machine/machine@0.0.1`; build it for the world \
         `primatomic:machine/view@1.0.0` or `primatomic:machine/state-machine@0.0.1`"
            .into(),
    ))
}

fn check_interface(
    types: &Types,
    world: World,
    ty: &ComponentEntityType,
) -> Result<(), ComponentError> {
    let name = interface_name(world);
    let functions = match world {
        World::V0 => FUNCTIONS_V0,
        World::V1 => FUNCTIONS_V1,
    };
    let ComponentEntityType::Instance(instance) = ty else {
        return Err(ComponentError::WrongWorld(format!(
            "the component exports `{name}`, but not as an interface"
        )));
    };
    let exports = &types[*instance].exports;
    let mut problems = Vec::new();
    for (function, wanted) in functions {
        let item = exports.get(function).map(|item| item.ty);
        let Some(ComponentEntityType::Func(id)) = item else {
            problems.push(format!(
                "the function `{function}` is missing; it must be `{function}: {wanted}`"
            ));
            continue;
        };
        let found = signature::of(types, &types[id]);
        if found != wanted {
            problems.push(format!(
                "the function `{function}` is `{found}`, and must be `{wanted}`"
            ));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(ComponentError::WrongWorld(format!(
        "the component does not fit `{name}`: {}",
        problems.join("; ")
    )))
}
