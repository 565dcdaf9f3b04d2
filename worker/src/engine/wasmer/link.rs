//! Puts the core modules of a component together in a store.

use ::wasmer::sys::vm::TrapCode;
use ::wasmer::{
    Extern, ExternType, Function, FunctionEnv, Imports, Instance, InstantiationError, LinkError,
    Memory, Module, RuntimeError, Store, TypedFunction, WasmTypeList,
};

use super::host::Host;
use super::wasi;
use crate::engine::Fault;
use crate::loader::plan::{CoreExport, Link, Plan};

/// The core instances of a component, in the order of its plan.
pub(super) struct Instances(Vec<Instance>);

impl Instances {
    /// Instantiates everything; the start functions of the modules run.
    ///
    /// # Errors
    /// When a limit is met or a start function traps.
    pub(super) fn make(
        store: &mut Store,
        host: &FunctionEnv<Host>,
        plan: &Plan,
        modules: &[Module],
    ) -> Result<Self, Fault> {
        let mut instances = Self(Vec::with_capacity(plan.instances.len()));
        for planned in &plan.instances {
            let module = modules
                .get(planned.module as usize)
                .ok_or_else(|| broken("a module is missing"))?;
            let mut imports = Imports::new();
            for (import, link) in module.imports().zip(&planned.imports) {
                let item = instances.resolve(store, host, link, import.ty())?;
                imports.define(import.module(), import.name(), item);
            }
            let instance = Instance::new(store, module, &imports).map_err(start_fault)?;
            instances.0.push(instance);
        }
        Ok(instances)
    }

    fn resolve(
        &self,
        store: &mut Store,
        host: &FunctionEnv<Host>,
        link: &Link,
        ty: &ExternType,
    ) -> Result<Extern, Fault> {
        let function_type = || match ty {
            ExternType::Function(ty) => Ok(ty.clone()),
            _ => Err(broken("a host function is imported as something else")),
        };
        Ok(match link {
            Link::Export(export) => self.item(export)?.clone(),
            Link::Host(function) => {
                let memory = function.memory.as_ref();
                let realloc = function.realloc.as_ref();
                let function = wasi::HostCall {
                    interface: function.interface.clone(),
                    function: function.function.clone(),
                    memory: memory.map(|it| self.memory(it)).transpose()?,
                    realloc: realloc.map(|it| self.typed(store, it)).transpose()?,
                    ty: function_type()?,
                };
                let ty = function.ty.clone();
                Function::new_with_env(store, host, ty, move |env, arguments| {
                    wasi::call(&function, env, arguments)
                })
                .into()
            }
            Link::DropHandle => Function::new(store, function_type()?, |_| Ok(Vec::new())).into(),
            Link::Unavailable(sentence) => {
                let sentence = sentence.clone();
                Function::new(store, function_type()?, move |_| {
                    Err(RuntimeError::new(sentence.clone()))
                })
                .into()
            }
        })
    }

    fn item(&self, export: &CoreExport) -> Result<&Extern, Fault> {
        self.0
            .get(export.instance as usize)
            .and_then(|instance| instance.exports.get_extern(&export.name))
            .ok_or_else(|| broken(&format!("a module does not export `{}`", export.name)))
    }

    pub(super) fn memory(&self, export: &CoreExport) -> Result<Memory, Fault> {
        match self.item(export)? {
            Extern::Memory(memory) => Ok(memory.clone()),
            _ => Err(broken("an export is not a memory")),
        }
    }

    pub(super) fn function(&self, export: &CoreExport) -> Result<Function, Fault> {
        match self.item(export)? {
            Extern::Function(function) => Ok(function.clone()),
            _ => Err(broken("an export is not a function")),
        }
    }

    /// A function with its types checked once; the validator has seen to it that they are right.
    pub(super) fn typed<Args: WasmTypeList, Rets: WasmTypeList>(
        &self,
        store: &Store,
        export: &CoreExport,
    ) -> Result<TypedFunction<Args, Rets>, Fault> {
        let typed = self.function(export)?.typed(store);
        typed.map_err(|error| broken(&error.to_string()))
    }
}

/// Something that can't happen to a checked component.
pub(super) fn broken(what: &str) -> Fault {
    Fault::Start(format!("its parts do not fit together: {what}"))
}

pub(super) fn start_fault(error: InstantiationError) -> Fault {
    match error {
        InstantiationError::Start(error) => {
            Fault::Start(format!("its start function trapped: {}", describe(&error)))
        }
        InstantiationError::Link(LinkError::Resource(text)) => {
            // The engine puts its own words in front of those of the tunables.
            let reason = text.rsplit("A user-defined error occurred: ").next();
            Fault::Start(reason.unwrap_or(&text).to_owned())
        }
        error => Fault::Start(error.to_string()),
    }
}

/// A trap in words for the author of the component.
pub(super) fn describe(error: &RuntimeError) -> String {
    match error.clone().to_trap() {
        Some(TrapCode::StackOverflow) => {
            "its calls nest too deep: the stack of 1 MiB is used up".into()
        }
        Some(TrapCode::HeapAccessOutOfBounds) => "it accessed memory out of bounds".into(),
        Some(TrapCode::TableAccessOutOfBounds) => "it accessed a table out of bounds".into(),
        Some(TrapCode::UnreachableCodeReached) => {
            "it ran into `unreachable`, as a panic or an abort does".into()
        }
        Some(code) => code.message().to_owned(),
        None => error.message(),
    }
}
