//! From an uploaded component to a checked plan of core instantiations.
//!
//! wasmer runs core modules and knows nothing of components, so a component is taken apart here:
//! its size and shape are bounded ([`survey`]), it is validated by wasmparser with the features
//! that a deterministic fold may use ([`features`]), its exports are compared with our WIT worlds
//! ([`world`]) and its imports with WASI 0.2 ([`imports`]), and its definitions are walked
//! symbolically ([`walk`]) into a [`plan::Plan`]. Nothing here compiles or runs guest code.
//!
//! Everything in this module reads bytes that a stranger sent. It must never panic and never use
//! more memory than a small multiple of the upload.

mod features;
mod imports;
mod items;
pub mod plan;
mod producers;
mod scope;
mod survey;
mod tables;
#[cfg(test)]
mod tests;
mod walk;
mod world;

use protocol::limits::COMPONENT_BYTES_MAX;
use protocol::view::{ComponentError, ComponentReport};
use wasmparser::{Parser, Payload, Validator, types::Types};

use self::plan::Plan;

pub(crate) use self::features::wasm_features;

/// An accepted component: what it is, how to instantiate it, and its core modules.
#[derive(Debug)]
pub struct Loaded {
    pub report: ComponentReport,
    pub plan: Plan,
    /// The core modules that the plan refers to by index.
    pub modules: Vec<Vec<u8>>,
}

/// Says what an upload is, or why it is not accepted. Compiles nothing.
///
/// # Errors
/// When the bytes are not a component that a view can be.
pub fn inspect(component: &[u8]) -> Result<ComponentReport, ComponentError> {
    load(component).map(|loaded| loaded.report)
}

/// Checks a component and flattens it.
///
/// # Errors
/// When the bytes are not a component that a view can be.
pub fn load(component: &[u8]) -> Result<Loaded, ComponentError> {
    check_kind(component)?;
    survey::check(component)?;
    let types = validate(component)?;
    let imports = imports::check(component)?;
    let world = world::check(&types)?;
    let (plan, modules) = walk::flatten(component, world)?;
    let modules = modules
        .into_iter()
        .map(tables::make_shared_tables_growable)
        .collect::<Result<_, _>>()?;
    Ok(Loaded {
        report: ComponentReport {
            world,
            imports,
            languages: producers::languages(component),
        },
        plan,
        modules,
    })
}

/// Tells apart what people upload by mistake, so that the answer helps them on.
fn check_kind(bytes: &[u8]) -> Result<(), ComponentError> {
    let refuse = |text| Err(refused(text));
    if bytes.is_empty() {
        return refuse("it is empty");
    }
    check_size(bytes)?;
    if Parser::is_core_wasm(bytes) {
        return refuse(
            "it is a core WebAssembly module; make a component of it with `wasm-tools component \
             new`, or build for the target wasm32-wasip2",
        );
    }
    if !bytes.starts_with(b"\0asm") {
        return refuse("it does not begin with the WebAssembly magic number `\\0asm`");
    }
    if !Parser::is_component(bytes) {
        return refuse("its WebAssembly version is unknown; components have version 0x0001000d");
    }
    Ok(())
}

pub(crate) fn check_size(component: &[u8]) -> Result<(), ComponentError> {
    if component.len() > COMPONENT_BYTES_MAX {
        return Err(ComponentError::TooComplex(format!(
            "the component has {} bytes, and at most {COMPONENT_BYTES_MAX} are allowed",
            component.len()
        )));
    }
    Ok(())
}

fn validate(component: &[u8]) -> Result<Types, ComponentError> {
    Validator::new_with_features(wasm_features())
        .validate_all(component)
        .map_err(invalid)
}

/// A parser of bytes that begin at an offset of the upload.
fn parser(offset: u64) -> Parser {
    let mut parser = Parser::new(offset);
    parser.set_features(wasm_features());
    parser
}

/// All payloads of a component, each with how deep in modules and components it lies.
fn payloads(
    component: &[u8],
) -> impl Iterator<Item = Result<(usize, Payload<'_>), ComponentError>> {
    let mut depth: usize = 0;
    parser(0).parse_all(component).map(move |payload| {
        let payload = payload.map_err(invalid)?;
        let at = depth;
        match &payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        Ok((at, payload))
    })
}

fn refused(text: impl Into<String>) -> ComponentError {
    ComponentError::Invalid(text.into())
}

/// What wasmparser says, without its mention of internals.
fn invalid(error: wasmparser::Error) -> ComponentError {
    refused(format!("{} (at byte {})", error.message(), error.offset()))
}
