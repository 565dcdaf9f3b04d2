//! Bounds on the shape of a component, checked before anything looks at it closely.
//!
//! A few bytes can declare a lot: nested components that instantiate each other, thousands of
//! modules, a million functions. This pass only counts, without building anything.

use protocol::view::ComponentError;
use wasmparser::{Chunk, Parser, Payload};

use super::invalid;

/// Components inside of components.
pub(super) const DEPTH_MAX: usize = 16;
/// Core modules, wherever they are nested.
const MODULES_MAX: u32 = 64;
/// Components, wherever they are nested.
const COMPONENTS_MAX: u32 = 64;
/// Functions of all core modules together.
const FUNCTIONS_MAX: u32 = 200_000;
/// Entries of all other sections together.
const ITEMS_MAX: u32 = 1_000_000;
/// Entries of the sections of components (types, aliases, instances, canonical functions, imports
/// and exports) together.
const COMPONENT_ITEMS_MAX: u32 = 50_000;

#[derive(Default)]
struct Counts {
    modules: u32,
    components: u32,
    functions: u32,
    items: u32,
    component_items: u32,
}

/// # Errors
/// When a count is above its limit, or the bytes end in the middle.
pub(super) fn check(component: &[u8]) -> Result<(), ComponentError> {
    let mut counts = Counts::default();
    let mut parser = Parser::new(0);
    parser.set_features(super::wasm_features());
    let mut outer = Vec::new();
    let mut rest = component;
    loop {
        let chunk = parser.parse(rest, true).map_err(|error| invalid(&error))?;
        let Chunk::Parsed { consumed, payload } = chunk else {
            return Err(ComponentError::Invalid("it ends in the middle".into()));
        };
        rest = rest.get(consumed..).unwrap_or_default();
        counts.add(&payload);
        counts.check(outer.len())?;
        match payload {
            Payload::ModuleSection { parser: inner, .. }
            | Payload::ComponentSection { parser: inner, .. } => {
                outer.push(std::mem::replace(&mut parser, inner));
            }
            Payload::CodeSectionStart { size, .. } => {
                // Function bodies are counted by the function section; the validator reads them.
                parser.skip_section();
                rest = usize::try_from(size)
                    .ok()
                    .and_then(|size| rest.get(size..))
                    .ok_or_else(|| ComponentError::Invalid("it ends in the middle".into()))?;
            }
            Payload::End(_) => match outer.pop() {
                Some(parent) => parser = parent,
                None => return Ok(()),
            },
            _ => {}
        }
    }
}

impl Counts {
    fn add(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::ModuleSection { .. } => self.modules += 1,
            Payload::ComponentSection { .. } => self.components += 1,
            Payload::FunctionSection(section) => bump(&mut self.functions, section.count()),
            Payload::TypeSection(section) => bump(&mut self.items, section.count()),
            Payload::ImportSection(section) => bump(&mut self.items, section.count()),
            Payload::TableSection(section) => bump(&mut self.items, section.count()),
            Payload::MemorySection(section) => bump(&mut self.items, section.count()),
            Payload::GlobalSection(section) => bump(&mut self.items, section.count()),
            Payload::ExportSection(section) => bump(&mut self.items, section.count()),
            Payload::ElementSection(section) => bump(&mut self.items, section.count()),
            Payload::DataSection(section) => bump(&mut self.items, section.count()),
            Payload::InstanceSection(section) => bump(&mut self.component_items, section.count()),
            Payload::CoreTypeSection(section) => bump(&mut self.component_items, section.count()),
            Payload::ComponentInstanceSection(section) => {
                bump(&mut self.component_items, section.count());
            }
            Payload::ComponentAliasSection(section) => {
                bump(&mut self.component_items, section.count());
            }
            Payload::ComponentTypeSection(section) => {
                bump(&mut self.component_items, section.count());
            }
            Payload::ComponentCanonicalSection(section) => {
                bump(&mut self.component_items, section.count());
            }
            Payload::ComponentImportSection(section) => {
                bump(&mut self.component_items, section.count());
            }
            Payload::ComponentExportSection(section) => {
                bump(&mut self.component_items, section.count());
            }
            _ => {}
        }
    }

    fn check(&self, depth: usize) -> Result<(), ComponentError> {
        let over = |what: &str, max: u32| {
            Err(ComponentError::TooComplex(format!(
                "the component has more than {max} {what}"
            )))
        };
        if depth > DEPTH_MAX {
            return Err(ComponentError::TooComplex(format!(
                "the component nests components more than {DEPTH_MAX} deep"
            )));
        }
        if self.modules > MODULES_MAX {
            return over("core modules", MODULES_MAX);
        }
        if self.components > COMPONENTS_MAX {
            return over("nested components", COMPONENTS_MAX);
        }
        if self.functions > FUNCTIONS_MAX {
            return over("functions", FUNCTIONS_MAX);
        }
        if self.items > ITEMS_MAX {
            return over("entries in the sections of its core modules", ITEMS_MAX);
        }
        if self.component_items > COMPONENT_ITEMS_MAX {
            return over("component-level definitions", COMPONENT_ITEMS_MAX);
        }
        Ok(())
    }
}

fn bump(counter: &mut u32, by: u32) {
    *counter = counter.saturating_add(by);
}
