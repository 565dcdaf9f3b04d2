//! Bounds on the shape of a component, checked before anything looks at it closely.
//!
//! A few bytes can declare a lot: nested components that instantiate each other, thousands of
//! modules, a million functions. This pass only counts, without building anything.

use protocol::view::ComponentError;
use wasmparser::Payload;

use super::payloads;

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
const DEFINITIONS_MAX: u32 = 50_000;

#[derive(Default)]
struct Counts {
    modules: u32,
    components: u32,
    functions: u32,
    items: u32,
    definitions: u32,
}

pub(super) fn check(component: &[u8]) -> Result<(), ComponentError> {
    let mut counts = Counts::default();
    for payload in payloads(component) {
        let (depth, payload) = payload?;
        counts.add(&payload);
        counts.check(depth)?;
    }
    Ok(())
}

impl Counts {
    fn add(&mut self, payload: &Payload<'_>) {
        let (counter, by) = match payload {
            Payload::ModuleSection { .. } => (&mut self.modules, 1),
            Payload::ComponentSection { .. } => (&mut self.components, 1),
            Payload::FunctionSection(section) => (&mut self.functions, section.count()),
            Payload::TypeSection(section) => (&mut self.items, section.count()),
            Payload::ImportSection(section) => (&mut self.items, section.count()),
            Payload::TableSection(section) => (&mut self.items, section.count()),
            Payload::MemorySection(section) => (&mut self.items, section.count()),
            Payload::GlobalSection(section) => (&mut self.items, section.count()),
            Payload::ExportSection(section) => (&mut self.items, section.count()),
            Payload::ElementSection(section) => (&mut self.items, section.count()),
            Payload::DataSection(section) => (&mut self.items, section.count()),
            Payload::InstanceSection(section) => (&mut self.definitions, section.count()),
            Payload::CoreTypeSection(section) => (&mut self.definitions, section.count()),
            Payload::ComponentInstanceSection(section) => (&mut self.definitions, section.count()),
            Payload::ComponentAliasSection(section) => (&mut self.definitions, section.count()),
            Payload::ComponentTypeSection(section) => (&mut self.definitions, section.count()),
            Payload::ComponentCanonicalSection(section) => (&mut self.definitions, section.count()),
            Payload::ComponentImportSection(section) => (&mut self.definitions, section.count()),
            Payload::ComponentExportSection(section) => (&mut self.definitions, section.count()),
            _ => return,
        };
        *counter = counter.saturating_add(by);
    }

    fn check(&self, depth: usize) -> Result<(), ComponentError> {
        if depth > DEPTH_MAX {
            return Err(ComponentError::TooComplex(format!(
                "the component nests components more than {DEPTH_MAX} deep"
            )));
        }
        for (count, max, what) in [
            (self.modules, MODULES_MAX, "core modules"),
            (self.components, COMPONENTS_MAX, "nested components"),
            (self.functions, FUNCTIONS_MAX, "functions"),
            (
                self.items,
                ITEMS_MAX,
                "entries in the sections of its core modules",
            ),
            (
                self.definitions,
                DEFINITIONS_MAX,
                "component-level definitions",
            ),
        ] {
            if count > max {
                let text = format!("the component has more than {max} {what}");
                return Err(ComponentError::TooComplex(text));
            }
        }
        Ok(())
    }
}
