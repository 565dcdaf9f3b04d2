//! The index spaces of one component while it is walked.
//!
//! The validator has checked every index already; a lookup that fails all the same is an error and
//! never a panic.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use protocol::view::ComponentError;
use wasmparser::{CanonicalOption, ComponentExternalKind, ExternalKind};

use super::plan::{CoreExport, Lifted, Link, Options};
use super::refused;

/// A core instance as later definitions see it.
#[derive(Clone, Debug)]
pub(super) enum CoreInstanceRef {
    /// An instance of a module: its index in the plan.
    Made(u32),
    /// A bag of items under names.
    Bag(Rc<BTreeMap<String, Link>>),
}

impl CoreInstanceRef {
    /// What it has under a name.
    pub(super) fn export(&self, name: &str) -> Option<Link> {
        match self {
            Self::Made(instance) => Some(Link::Export(CoreExport {
                instance: *instance,
                name: name.to_owned(),
            })),
            Self::Bag(items) => items.get(name).cloned(),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Func {
    Imported { interface: Rc<str>, name: Rc<str> },
    Lifted(Rc<Lifted>),
}

/// What matters of a type: whose resource it is, if it is one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    HostResource,
    OwnResource,
    Other,
}

#[derive(Clone, Debug)]
pub(super) enum Instance {
    Imported(Rc<str>),
    Exports(Rc<BTreeMap<String, Item>>),
}

/// A nested component: where its bytes are, and the scopes around it.
#[derive(Debug)]
pub(super) struct Nested {
    pub(super) range: Range<usize>,
    pub(super) outer: Vec<Rc<Scope>>,
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    Func(Func),
    Type(Type),
    Instance(Instance),
    Component(Rc<Nested>),
    Module(u32),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) modules: Vec<u32>,
    pub(super) core_instances: Vec<CoreInstanceRef>,
    pub(super) core_funcs: Vec<Link>,
    core_memories: Vec<Link>,
    core_tables: Vec<Link>,
    core_globals: Vec<Link>,
    pub(super) funcs: Vec<Func>,
    pub(super) types: Vec<Type>,
    pub(super) instances: Vec<Instance>,
    pub(super) components: Vec<Rc<Nested>>,
}

/// The item at an index.
pub(super) fn at<T>(space: &[T], index: u32) -> Result<&T, ComponentError> {
    usize::try_from(index)
        .ok()
        .and_then(|index| space.get(index))
        .ok_or_else(|| refused(format!("an index of {index} points at nothing")))
}

/// The export that a link is, for places where only an export makes sense.
pub(super) fn export(link: &Link) -> Result<CoreExport, ComponentError> {
    match link {
        Link::Export(export) => Ok(export.clone()),
        _ => Err(refused(
            "it lifts a function that is not an export of one of its modules",
        )),
    }
}

impl Scope {
    /// The core items of a kind.
    pub(super) fn core(&mut self, kind: ExternalKind) -> Result<&mut Vec<Link>, ComponentError> {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => Ok(&mut self.core_funcs),
            ExternalKind::Table => Ok(&mut self.core_tables),
            ExternalKind::Memory => Ok(&mut self.core_memories),
            ExternalKind::Global => Ok(&mut self.core_globals),
            ExternalKind::Tag => Err(refused("it uses exceptions, which views can't")),
        }
    }

    pub(super) fn item(
        &self,
        kind: ComponentExternalKind,
        index: u32,
    ) -> Result<Item, ComponentError> {
        Ok(match kind {
            ComponentExternalKind::Func => Item::Func(at(&self.funcs, index)?.clone()),
            ComponentExternalKind::Type => Item::Type(*at(&self.types, index)?),
            ComponentExternalKind::Instance => Item::Instance(at(&self.instances, index)?.clone()),
            ComponentExternalKind::Component => {
                Item::Component(Rc::clone(at(&self.components, index)?))
            }
            ComponentExternalKind::Module => Item::Module(*at(&self.modules, index)?),
            ComponentExternalKind::Value => return Err(values()),
        })
    }

    pub(super) fn push(&mut self, item: Item) {
        match item {
            Item::Func(func) => self.funcs.push(func),
            Item::Type(ty) => self.types.push(ty),
            Item::Instance(instance) => self.instances.push(instance),
            Item::Component(component) => self.components.push(component),
            Item::Module(module) => self.modules.push(module),
        }
    }

    pub(super) fn options(&self, options: &[CanonicalOption]) -> Result<Options, ComponentError> {
        let mut found = Options::default();
        for option in options {
            match option {
                CanonicalOption::UTF8 => {}
                CanonicalOption::Memory(index) => {
                    found.memory = Some(export(at(&self.core_memories, *index)?)?);
                }
                CanonicalOption::Realloc(index) => {
                    found.realloc = Some(export(at(&self.core_funcs, *index)?)?);
                }
                CanonicalOption::PostReturn(index) => {
                    found.post_return = Some(export(at(&self.core_funcs, *index)?)?);
                }
                CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => {
                    return Err(refused(
                        "it passes strings as UTF-16; build it with UTF-8 strings",
                    ));
                }
                _ => {
                    return Err(refused(
                        "it uses an asynchronous or garbage-collected call, which views can't",
                    ));
                }
            }
        }
        Ok(found)
    }
}

pub(super) fn values() -> ComponentError {
    refused("it uses component values, which views can't")
}
