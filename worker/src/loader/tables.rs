//! Works around a bug of the engine with tables that several instances share; see
//! `docs/decisions/0001-fixed-tables.md`.

use std::convert::Infallible;

use protocol::view::ComponentError;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{ExternalKind, Parser, Payload, TableType, TypeRef};

use super::{invalid, refused};

/// Raises the maximum of a module's fixed-size tables by one if the module shares a table with
/// others, which keeps the engine from caching them. A guest can tell only by growing such a table,
/// which then succeeds once, always and everywhere; toolchains emit nothing of the kind.
///
/// # Errors
/// When the module can't be encoded again.
pub(super) fn make_shared_tables_growable(module: Vec<u8>) -> Result<Vec<u8>, ComponentError> {
    if !has_fixed_shared_table(&module)? {
        return Ok(module);
    }
    let mut encoded = wasm_encoder::Module::new();
    Growable
        .parse_core_module(&mut encoded, Parser::new(0), &module)
        .map_err(|error| refused(format!("a core module can't be encoded again: {error}")))?;
    Ok(encoded.finish())
}

fn has_fixed_shared_table(module: &[u8]) -> Result<bool, ComponentError> {
    let mut fixed = false;
    let mut shared = false;
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(invalid)? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Table(ty) = import.map_err(invalid)?.ty {
                        shared = true;
                        fixed |= is_fixed(&ty);
                    }
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    fixed |= is_fixed(&table.map_err(invalid)?.ty);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    shared |= export.kind == ExternalKind::Table;
                }
            }
            // Tables, imports and exports all come before the code.
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(fixed && shared)
}

fn is_fixed(ty: &TableType) -> bool {
    ty.maximum == Some(ty.initial)
}

struct Growable;

impl Reencode for Growable {
    type Error = Infallible;

    fn table_type(
        &mut self,
        ty: TableType,
    ) -> Result<wasm_encoder::TableType, reencode::Error<Infallible>> {
        let fixed = is_fixed(&ty);
        let mut ty = reencode::utils::table_type(self, ty)?;
        if fixed {
            ty.maximum = ty.maximum.map(|maximum| maximum.saturating_add(1));
        }
        Ok(ty)
    }
}
