//! The shape of a function's type, from WIT or from a component, in one form that can be compared
//! and printed as WIT.

use std::fmt;

use wasmparser::PrimitiveValType;
use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType};
use wasmparser::types::Types;
use wit_parser::{Function, Resolve, Type, TypeDefKind};

/// Type nodes that are looked at per function. Our worlds need about a dozen; a hostile type can
/// unfold into more than memory holds.
const NODES_MAX: u32 = 200;
const DEPTH_MAX: u32 = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A type without parts.
    Plain(&'static str),
    List(Box<Self>),
    Option(Box<Self>),
    Tuple(Vec<Self>),
    Record(Vec<(String, Self)>),
    Result(Option<Box<Self>>, Option<Box<Self>>),
    /// A type that no world of ours uses.
    Foreign(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FuncShape {
    is_async: bool,
    parameters: Vec<(String, Shape)>,
    result: Option<Shape>,
}

/// What may still be looked at.
struct Budget {
    nodes: u32,
}

impl Budget {
    const fn new() -> Self {
        Self { nodes: NODES_MAX }
    }

    fn take(&mut self, depth: u32) -> bool {
        self.nodes = self.nodes.saturating_sub(1);
        self.nodes > 0 && depth < DEPTH_MAX
    }
}

pub(super) fn of_component(types: &Types, function: &ComponentFuncType) -> FuncShape {
    let budget = &mut Budget::new();
    FuncShape {
        is_async: function.async_,
        parameters: function
            .params
            .iter()
            .map(|(name, ty)| (name.to_string(), component_type(types, ty, 0, budget)))
            .collect(),
        result: function
            .result
            .as_ref()
            .map(|ty| component_type(types, ty, 0, budget)),
    }
}

fn component_type(types: &Types, ty: &ComponentValType, depth: u32, budget: &mut Budget) -> Shape {
    if !budget.take(depth) {
        return Shape::Foreign("…");
    }
    let id = match ty {
        ComponentValType::Primitive(primitive) => return primitive_type(*primitive),
        ComponentValType::Type(id) => *id,
    };
    let mut of = |ty: &ComponentValType| component_type(types, ty, depth + 1, budget);
    match &types[id] {
        ComponentDefinedType::Primitive(primitive) => primitive_type(*primitive),
        ComponentDefinedType::List { element, .. } => Shape::List(Box::new(of(element))),
        ComponentDefinedType::Option { ty, .. } => Shape::Option(Box::new(of(ty))),
        ComponentDefinedType::Tuple(tuple) => {
            Shape::Tuple(tuple.types.iter().take(PARTS_MAX).map(of).collect())
        }
        ComponentDefinedType::Record(record) => Shape::Record(
            record
                .fields
                .iter()
                .take(PARTS_MAX)
                .map(|(name, ty)| (name.to_string(), of(ty)))
                .collect(),
        ),
        ComponentDefinedType::Result { ok, err, .. } => Shape::Result(
            ok.as_ref().map(|ty| Box::new(of(ty))),
            err.as_ref().map(|ty| Box::new(of(ty))),
        ),
        ComponentDefinedType::Variant(_) => Shape::Foreign("variant"),
        ComponentDefinedType::Enum(_) => Shape::Foreign("enum"),
        ComponentDefinedType::Flags(_) => Shape::Foreign("flags"),
        ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => {
            Shape::Foreign("resource")
        }
        _ => Shape::Foreign("…"),
    }
}

/// Fields of a record or parts of a tuple that are compared; ours have three at most.
const PARTS_MAX: usize = 20;

const fn primitive_type(ty: PrimitiveValType) -> Shape {
    Shape::Plain(match ty {
        PrimitiveValType::Bool => "bool",
        PrimitiveValType::S8 => "s8",
        PrimitiveValType::U8 => "u8",
        PrimitiveValType::S16 => "s16",
        PrimitiveValType::U16 => "u16",
        PrimitiveValType::S32 => "s32",
        PrimitiveValType::U32 => "u32",
        PrimitiveValType::S64 => "s64",
        PrimitiveValType::U64 => "u64",
        PrimitiveValType::F32 => "f32",
        PrimitiveValType::F64 => "f64",
        PrimitiveValType::Char => "char",
        PrimitiveValType::String => "string",
        PrimitiveValType::ErrorContext => "error-context",
    })
}

pub(super) fn of_wit(resolve: &Resolve, function: &Function) -> FuncShape {
    FuncShape {
        is_async: function.kind.is_async(),
        parameters: function
            .params
            .iter()
            .map(|param| (param.name.clone(), wit_type(resolve, &param.ty)))
            .collect(),
        result: function.result.as_ref().map(|ty| wit_type(resolve, ty)),
    }
}

/// WIT comes from our own source and needs no bounds.
fn wit_type(resolve: &Resolve, ty: &Type) -> Shape {
    let of = |ty: &Type| wit_type(resolve, ty);
    let plain = match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(id) => {
            return match &resolve.types[*id].kind {
                TypeDefKind::Type(ty) => of(ty),
                TypeDefKind::List(ty) => Shape::List(Box::new(of(ty))),
                TypeDefKind::Option(ty) => Shape::Option(Box::new(of(ty))),
                TypeDefKind::Tuple(tuple) => Shape::Tuple(tuple.types.iter().map(of).collect()),
                TypeDefKind::Record(record) => Shape::Record(
                    record
                        .fields
                        .iter()
                        .map(|field| (field.name.clone(), of(&field.ty)))
                        .collect(),
                ),
                TypeDefKind::Result(result) => Shape::Result(
                    result.ok.as_ref().map(|ty| Box::new(of(ty))),
                    result.err.as_ref().map(|ty| Box::new(of(ty))),
                ),
                _ => Shape::Foreign("unknown"),
            };
        }
    };
    Shape::Plain(plain)
}

impl fmt::Display for FuncShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_async {
            f.write_str("async ")?;
        }
        f.write_str("func(")?;
        fields(f, &self.parameters)?;
        f.write_str(")")?;
        match &self.result {
            Some(result) => write!(f, " -> {result}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) | Self::Foreign(name) => f.write_str(name),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Option(inner) => write!(f, "option<{inner}>"),
            Self::Tuple(parts) => {
                f.write_str("tuple<")?;
                for (place, part) in parts.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}{part}")?;
                }
                f.write_str(">")
            }
            Self::Record(parts) => {
                f.write_str("record { ")?;
                fields(f, parts)?;
                f.write_str(" }")
            }
            Self::Result(None, None) => f.write_str("result"),
            Self::Result(Some(ok), None) => write!(f, "result<{ok}>"),
            Self::Result(None, Some(error)) => write!(f, "result<_, {error}>"),
            Self::Result(Some(ok), Some(error)) => write!(f, "result<{ok}, {error}>"),
        }
    }
}

fn fields(f: &mut fmt::Formatter<'_>, fields: &[(String, Shape)]) -> fmt::Result {
    for (place, (name, shape)) in fields.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        write!(f, "{comma}{name}: {shape}")?;
    }
    Ok(())
}
