//! Compares what a component exports with our WIT worlds, structurally: names of types don't
//! matter, their shapes do.

mod shape;

use std::sync::LazyLock;

use protocol::view::{ComponentError, World};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;
use wit_parser::Resolve;

use self::shape::FuncShape;

const WIT_V0: &str = include_str!("../../../wit/machine-0.0.1/machine.wit");
const WIT_V1: &str = include_str!("../../../wit/machine-1.0.0/machine.wit");

/// The functions of an interface in the order of its WIT.
type Functions = Vec<(String, FuncShape)>;

static FUNCTIONS_V0: LazyLock<Result<Functions, String>> =
    LazyLock::new(|| functions_of("machine-0.0.1.wit", WIT_V0));
static FUNCTIONS_V1: LazyLock<Result<Functions, String>> =
    LazyLock::new(|| functions_of("machine-1.0.0.wit", WIT_V1));

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
    let wanted = match world {
        World::V0 => &*FUNCTIONS_V0,
        World::V1 => &*FUNCTIONS_V1,
    };
    let wanted = wanted
        .as_ref()
        .map_err(|error| ComponentError::Unavailable(error.clone()))?;
    let ComponentEntityType::Instance(instance) = ty else {
        return Err(ComponentError::WrongWorld(format!(
            "the component exports `{name}`, but not as an interface"
        )));
    };
    let exports = &types[*instance].exports;
    let mut problems = Vec::new();
    for (function, wanted) in wanted {
        let item = exports.get(function).map(|item| item.ty);
        let Some(ComponentEntityType::Func(id)) = item else {
            problems.push(format!(
                "the function `{function}` is missing; it must be `{function}: {wanted}`"
            ));
            continue;
        };
        let found = shape::of_component(types, &types[id]);
        if found != *wanted {
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

fn functions_of(path: &str, wit: &str) -> Result<Functions, String> {
    let mut resolve = Resolve::default();
    let broken = |error: &dyn std::fmt::Display| format!("the built-in {path} is broken: {error}");
    resolve
        .push_source(path, wit)
        .map_err(|error| broken(&error))?;
    let interface = resolve
        .interfaces
        .iter()
        .find(|(_, interface)| interface.name.as_deref() == Some("machine"))
        .map(|(_, interface)| interface)
        .ok_or_else(|| broken(&"it has no interface `machine`"))?;
    Ok(interface
        .functions
        .iter()
        .map(|(name, function)| (name.clone(), shape::of_wit(&resolve, function)))
        .collect())
}
