//! Walks a component symbolically: evaluates its definitions, and those of nested components as
//! they are instantiated, into the list of core instantiations that they amount to.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use protocol::view::{ComponentError, World};
use wasmparser::{
    CanonicalFunction, Chunk, ComponentInstance, ComponentType, Instance as CoreInst, Parser,
    Payload,
};

use super::items::{Named, alias_item, import_item};
use super::plan::{CoreInstance, Exports, HostFunction, Lifted, Link, Plan};
use super::scope::{
    CoreInstanceRef, Func, Instance, Item, Nested, Scope, Type, at, export, values,
};
use super::{imports, invalid, refused, survey, world};

/// Core instances of a component. Every one costs memory whenever a view is loaded.
const INSTANCES_MAX: usize = 64;
/// Instantiations of nested components. Without a limit, thirty levels that each instantiate the
/// next one twice would be a billion.
const EVALUATIONS_MAX: u32 = 256;
/// Links of all core instances together.
const LINKS_MAX: usize = 100_000;

/// Flattens a validated component whose world was checked.
///
/// # Errors
/// When it uses something that a view can't, or is too complex.
pub(super) fn flatten(bytes: &[u8], world: World) -> Result<(Plan, Vec<Vec<u8>>), ComponentError> {
    let mut walk = Walk {
        bytes,
        modules: Vec::new(),
        module_imports: Vec::new(),
        instances: Vec::new(),
        links: 0,
        evaluations: 0,
        sees_time: false,
    };
    let exports = walk.evaluate(0..bytes.len(), None, &[])?;
    let exports = machine_exports(&exports, world)?;
    let plan = Plan {
        world,
        instances: walk.instances,
        exports,
        sees_time: walk.sees_time,
    };
    Ok((plan, walk.modules))
}

fn machine_exports(exports: &Named, world: World) -> Result<Exports, ComponentError> {
    let interface = world::interface_name(world);
    let Some(Item::Instance(Instance::Exports(functions))) = exports.get(interface) else {
        return Err(ComponentError::WrongWorld(format!(
            "the component passes on an imported `{interface}` instead of exporting its own"
        )));
    };
    let lifted = |name: &str| match functions.get(name) {
        Some(Item::Func(Func::Lifted(lifted))) => Ok((**lifted).clone()),
        _ => Err(ComponentError::WrongWorld(format!(
            "the function `{name}` of `{interface}` is an import that is passed on"
        ))),
    };
    Ok(Exports {
        init: lifted("init")?,
        append: lifted("append")?,
        query: lifted("query")?,
        snapshot: lifted("snapshot")?,
        restore: lifted("restore")?,
    })
}

struct Walk<'a> {
    bytes: &'a [u8],
    modules: Vec<Vec<u8>>,
    /// For each module the names of its imports.
    module_imports: Vec<Vec<(String, String)>>,
    instances: Vec<CoreInstance>,
    links: usize,
    evaluations: u32,
    sees_time: bool,
}

impl Walk<'_> {
    /// Evaluates one component; `arguments` is `None` for the outermost. The recursion is as deep
    /// as the component nests, which [`survey`] bounds.
    fn evaluate(
        &mut self,
        range: Range<usize>,
        arguments: Option<&Named>,
        outer: &[Rc<Scope>],
    ) -> Result<Named, ComponentError> {
        self.evaluations += 1;
        if self.evaluations > EVALUATIONS_MAX || outer.len() > survey::DEPTH_MAX {
            return Err(ComponentError::TooComplex(format!(
                "the component instantiates more than {EVALUATIONS_MAX} nested components"
            )));
        }
        let bytes = self.bytes;
        let mut parser = super::parser(range.start as u64);
        let mut rest = bytes.get(range).unwrap_or_default();
        let mut scope = Scope::default();
        let mut exports = Named::new();
        loop {
            let chunk = parser.parse(rest, true).map_err(invalid)?;
            let Chunk::Parsed { consumed, payload } = chunk else {
                return Err(refused("it ends in the middle"));
            };
            rest = rest.get(consumed..).unwrap_or_default();
            match payload {
                Payload::ModuleSection {
                    unchecked_range, ..
                } => {
                    let range = byte_range(&unchecked_range, bytes)?;
                    rest = rest.get(range.len()..).unwrap_or_default();
                    self.module(&mut scope, range)?;
                }
                Payload::ComponentSection {
                    unchecked_range, ..
                } => {
                    let range = byte_range(&unchecked_range, bytes)?;
                    rest = rest.get(range.len()..).unwrap_or_default();
                    let mut around = outer.to_vec();
                    around.push(Rc::new(scope.clone()));
                    scope.components.push(Rc::new(Nested {
                        range,
                        outer: around,
                    }));
                }
                Payload::End(_) => return Ok(exports),
                payload => {
                    self.section(payload, &mut scope, arguments, outer, &mut exports)?;
                }
            }
        }
    }

    fn section(
        &mut self,
        payload: Payload<'_>,
        scope: &mut Scope,
        arguments: Option<&Named>,
        outer: &[Rc<Scope>],
        exports: &mut Named,
    ) -> Result<(), ComponentError> {
        match payload {
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.core_instance(scope, instance.map_err(invalid)?)?;
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    self.instance(scope, instance.map_err(invalid)?)?;
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    alias_item(scope, outer, alias.map_err(invalid)?)?;
                }
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    let ty = ty.map_err(invalid)?;
                    scope.types.push(match ty {
                        ComponentType::Resource { .. } => Type::OwnResource,
                        _ => Type::Other,
                    });
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    self.canonical(scope, function.map_err(invalid)?)?;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(invalid)?;
                    scope.push(import_item(import.name.name, &import.ty, arguments)?);
                }
            }
            Payload::ComponentExportSection(section) => {
                for item in section {
                    let item = item.map_err(invalid)?;
                    let value = scope.item(item.kind, item.index)?;
                    exports.insert(item.name.full_name().into_owned(), value.clone());
                    scope.push(value);
                }
            }
            Payload::ComponentStartSection { .. } => return Err(values()),
            _ => {}
        }
        Ok(())
    }

    fn module(&mut self, scope: &mut Scope, range: Range<usize>) -> Result<(), ComponentError> {
        let bytes = self.bytes.get(range).unwrap_or_default();
        let mut names = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(invalid)?;
                        names.push((import.module.to_owned(), import.name.to_owned()));
                    }
                }
                // Imports come before code, so the bodies need not be read again.
                Payload::FunctionSection(_) | Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        let index = u32::try_from(self.modules.len()).unwrap_or(u32::MAX);
        self.modules.push(bytes.to_vec());
        self.module_imports.push(names);
        scope.modules.push(index);
        Ok(())
    }

    fn core_instance(
        &mut self,
        scope: &mut Scope,
        instance: CoreInst<'_>,
    ) -> Result<(), ComponentError> {
        let made = match instance {
            CoreInst::Instantiate { module_index, args } => {
                let module = *at(&scope.modules, module_index)?;
                let mut bags = BTreeMap::new();
                for arg in &args {
                    bags.insert(arg.name, at(&scope.core_instances, arg.index)?.clone());
                }
                self.make_instance(module, &bags)?
            }
            CoreInst::FromExports(items) => {
                let mut bag = BTreeMap::new();
                for item in &items {
                    let space = scope.core(item.kind)?;
                    bag.insert(item.name.to_owned(), at(space, item.index)?.clone());
                }
                CoreInstanceRef::Bag(Rc::new(bag))
            }
        };
        scope.core_instances.push(made);
        Ok(())
    }

    fn make_instance(
        &mut self,
        module: u32,
        bags: &BTreeMap<&str, CoreInstanceRef>,
    ) -> Result<CoreInstanceRef, ComponentError> {
        if self.instances.len() >= INSTANCES_MAX {
            return Err(ComponentError::TooComplex(format!(
                "the component makes more than {INSTANCES_MAX} instances of its core modules"
            )));
        }
        let names = at(&self.module_imports, module)?;
        self.links += names.len();
        if self.links > LINKS_MAX {
            return Err(ComponentError::TooComplex(format!(
                "the component links more than {LINKS_MAX} imports of its core modules"
            )));
        }
        let imports = names
            .iter()
            .map(|(bag, name)| {
                let link = bags.get(bag.as_str()).and_then(|bag| bag.export(name));
                link.ok_or_else(|| {
                    refused(format!("nothing is linked to the import `{bag}` `{name}`"))
                })
            })
            .collect::<Result<_, _>>()?;
        let index = u32::try_from(self.instances.len()).unwrap_or(u32::MAX);
        self.instances.push(CoreInstance { module, imports });
        Ok(CoreInstanceRef::Made(index))
    }

    fn instance(
        &mut self,
        scope: &mut Scope,
        instance: ComponentInstance<'_>,
    ) -> Result<(), ComponentError> {
        let items = match instance {
            ComponentInstance::Instantiate {
                component_index,
                args,
            } => {
                let nested = Rc::clone(at(&scope.components, component_index)?);
                let mut arguments = Named::new();
                for arg in &args {
                    arguments.insert(arg.name.to_owned(), scope.item(arg.kind, arg.index)?);
                }
                self.evaluate(nested.range.clone(), Some(&arguments), &nested.outer)?
            }
            ComponentInstance::FromExports(items) => {
                let mut bag = Named::new();
                for item in &items {
                    bag.insert(
                        item.name.full_name().into_owned(),
                        scope.item(item.kind, item.index)?,
                    );
                }
                bag
            }
        };
        scope.instances.push(Instance::Exports(Rc::new(items)));
        Ok(())
    }

    fn canonical(
        &mut self,
        scope: &mut Scope,
        function: CanonicalFunction,
    ) -> Result<(), ComponentError> {
        let own = |what: &str| {
            Link::Unavailable(format!(
                "{what} resources of its own is not supported in views"
            ))
        };
        match function {
            CanonicalFunction::Lift {
                core_func_index,
                options,
                ..
            } => {
                let options = scope.options(&options)?;
                let function = export(at(&scope.core_funcs, core_func_index)?)?;
                let lifted = Lifted { function, options };
                scope.funcs.push(Func::Lifted(Rc::new(lifted)));
            }
            CanonicalFunction::Lower {
                func_index,
                options,
            } => {
                let options = scope.options(&options)?;
                let Func::Imported { interface, name } = at(&scope.funcs, func_index)? else {
                    return Err(refused(
                        "it is composed of components that call each other; link them into one \
                         core module instead",
                    ));
                };
                let interface = imports::without_version(interface);
                self.sees_time |= imports::tells_time_or_chance(interface);
                let link = Link::Host(HostFunction {
                    interface: interface.to_owned(),
                    function: name.to_string(),
                    memory: options.memory,
                    realloc: options.realloc,
                });
                scope.core_funcs.push(link);
            }
            CanonicalFunction::ResourceDrop { resource } => {
                let link = match at(&scope.types, resource)? {
                    Type::HostResource => Link::DropHandle,
                    Type::OwnResource | Type::Other => own("dropping"),
                };
                scope.core_funcs.push(link);
            }
            CanonicalFunction::ResourceNew { .. } => scope.core_funcs.push(own("making")),
            CanonicalFunction::ResourceRep { .. } => scope.core_funcs.push(own("reading")),
            _ => {
                return Err(refused(
                    "it uses threads or asynchronous calls of the component model, which views \
                     can't",
                ));
            }
        }
        Ok(())
    }
}

fn byte_range(range: &Range<u64>, bytes: &[u8]) -> Result<Range<usize>, ComponentError> {
    let start = usize::try_from(range.start).unwrap_or(usize::MAX);
    let end = usize::try_from(range.end).unwrap_or(usize::MAX);
    if start > end || end > bytes.len() {
        return Err(refused("it ends in the middle"));
    }
    Ok(start..end)
}
