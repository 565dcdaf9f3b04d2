//! What a name in a component stands for: its imports, and aliases of what is defined elsewhere.

use std::collections::BTreeMap;
use std::rc::Rc;

use protocol::view::ComponentError;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef,
};

use super::refused;
use super::scope::{Func, Instance, Item, Scope, Type, at};

/// Items by their names.
pub(super) type Named = BTreeMap<String, Item>;

pub(super) fn import_item(
    name: &str,
    ty: &ComponentTypeRef,
    arguments: Option<&Named>,
) -> Result<Item, ComponentError> {
    if let Some(arguments) = arguments {
        return match (arguments.get(name), ty) {
            (Some(item), _) => Ok(item.clone()),
            (None, ComponentTypeRef::Type(_)) => Ok(Item::Type(Type::Other)),
            (None, _) => Err(refused(format!(
                "a nested component misses its argument `{name}`"
            ))),
        };
    }
    match ty {
        ComponentTypeRef::Instance(_) => Ok(Item::Instance(Instance::Imported(name.into()))),
        ComponentTypeRef::Type(_) => Ok(Item::Type(Type::HostResource)),
        _ => Err(ComponentError::ForbiddenImports(vec![name.to_owned()])),
    }
}

pub(super) fn alias_item(
    scope: &mut Scope,
    outer: &[Rc<Scope>],
    alias: ComponentAlias<'_>,
) -> Result<(), ComponentError> {
    match alias {
        ComponentAlias::InstanceExport {
            kind,
            instance_index,
            name,
        } => {
            let item = match at(&scope.instances, instance_index)? {
                Instance::Imported(interface) => imported_item(interface, kind, name)?,
                Instance::Exports(items) => items
                    .get(name)
                    .cloned()
                    .ok_or_else(|| refused(format!("an instance has no export `{name}`")))?,
            };
            scope.push(item);
        }
        ComponentAlias::CoreInstanceExport {
            kind,
            instance_index,
            name,
        } => {
            let link = at(&scope.core_instances, instance_index)?.export(name);
            let missing = || refused(format!("a core instance has no export `{name}`"));
            let link = link.ok_or_else(missing)?;
            scope.core(kind)?.push(link);
        }
        ComponentAlias::Outer { kind, count, index } => {
            alias_outer(scope, outer, kind, count, index)?;
        }
    }
    Ok(())
}

fn imported_item(
    interface: &str,
    kind: ComponentExternalKind,
    name: &str,
) -> Result<Item, ComponentError> {
    match kind {
        ComponentExternalKind::Func => Ok(Item::Func(Func::Imported {
            interface: interface.into(),
            name: name.into(),
        })),
        ComponentExternalKind::Type => Ok(Item::Type(Type::HostResource)),
        _ => Err(ComponentError::ForbiddenImports(vec![format!(
            "{interface} ({name})"
        )])),
    }
}

fn alias_outer(
    scope: &mut Scope,
    outer: &[Rc<Scope>],
    kind: ComponentOuterAliasKind,
    count: u32,
    index: u32,
) -> Result<(), ComponentError> {
    let around = match usize::try_from(count).unwrap_or(usize::MAX) {
        0 => None,
        count => Some(
            outer
                .len()
                .checked_sub(count)
                .and_then(|place| outer.get(place))
                .ok_or_else(|| refused("an alias reaches out of the component"))?,
        ),
    };
    let from = around.map_or(&*scope, |outer| outer);
    let item = match kind {
        ComponentOuterAliasKind::Type => Item::Type(*at(&from.types, index)?),
        ComponentOuterAliasKind::CoreModule => Item::Module(*at(&from.modules, index)?),
        ComponentOuterAliasKind::Component => {
            Item::Component(Rc::clone(at(&from.components, index)?))
        }
        // Core types matter to the validator alone.
        ComponentOuterAliasKind::CoreType => return Ok(()),
    };
    scope.push(item);
    Ok(())
}
