//! The type of a component's function, as WIT says it with all names of types resolved.

use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType};
use wasmparser::types::Types;

/// Type nodes that are looked at per function. Our worlds need about a dozen; a hostile type can
/// unfold into more than memory holds.
const NODES_MAX: u32 = 200;
const DEPTH_MAX: u32 = 16;

/// Fields of a record or parts of a tuple that are looked at; ours have three at most.
const PARTS_MAX: usize = 20;

/// What stands for a type that no world of ours uses, or that is too large to be one of them.
const OTHER: &str = "…";

pub(super) fn of(types: &Types, function: &ComponentFuncType) -> String {
    let mut printer = Printer {
        types,
        nodes_left: NODES_MAX,
    };
    let kind = if function.async_ {
        "async func"
    } else {
        "func"
    };
    let parameters = function.params.iter();
    let parameters = printer.fields(parameters.map(|(name, ty)| (name.as_str(), ty)), 0);
    match &function.result {
        Some(result) => format!("{kind}({parameters}) -> {}", printer.print(result, 0)),
        None => format!("{kind}({parameters})"),
    }
}

struct Printer<'a> {
    types: &'a Types,
    nodes_left: u32,
}

impl Printer<'_> {
    fn print(&mut self, ty: &ComponentValType, depth: u32) -> String {
        self.nodes_left = self.nodes_left.saturating_sub(1);
        if self.nodes_left == 0 || depth >= DEPTH_MAX {
            return OTHER.to_owned();
        }
        let id = match ty {
            ComponentValType::Primitive(primitive) => return primitive.to_string(),
            ComponentValType::Type(id) => *id,
        };
        let depth = depth + 1;
        match &self.types[id] {
            ComponentDefinedType::Primitive(primitive) => primitive.to_string(),
            ComponentDefinedType::List { element, .. } => {
                format!("list<{}>", self.print(element, depth))
            }
            ComponentDefinedType::Option { ty, .. } => format!("option<{}>", self.print(ty, depth)),
            ComponentDefinedType::Tuple(tuple) => {
                let parts = tuple.types.iter().take(PARTS_MAX);
                let parts: Vec<_> = parts.map(|part| self.print(part, depth)).collect();
                format!("tuple<{}>", parts.join(", "))
            }
            ComponentDefinedType::Record(record) => {
                let fields = record.fields.iter();
                let fields = self.fields(fields.map(|(name, ty)| (name.as_str(), ty)), depth);
                format!("record {{ {fields} }}")
            }
            ComponentDefinedType::Result { ok, err, .. } => {
                let mut part = |ty: &Option<_>| ty.as_ref().map(|ty| self.print(ty, depth));
                match (part(ok), part(err)) {
                    (None, None) => "result".to_owned(),
                    (Some(ok), None) => format!("result<{ok}>"),
                    (ok, Some(err)) => format!("result<{}, {err}>", ok.as_deref().unwrap_or("_")),
                }
            }
            ComponentDefinedType::Variant(_) => "variant".to_owned(),
            ComponentDefinedType::Enum(_) => "enum".to_owned(),
            ComponentDefinedType::Flags(_) => "flags".to_owned(),
            ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => "resource".to_owned(),
            _ => OTHER.to_owned(),
        }
    }

    fn fields<'b>(
        &mut self,
        fields: impl Iterator<Item = (&'b str, &'b ComponentValType)>,
        depth: u32,
    ) -> String {
        let fields = fields.take(PARTS_MAX);
        let fields = fields.map(|(name, ty)| format!("{name}: {}", self.print(ty, depth)));
        fields.collect::<Vec<_>>().join(", ")
    }
}
