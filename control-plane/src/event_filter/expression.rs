//! Expressions and what they say of a value.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// A logical expression about one JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expression(pub(super) Node);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Any(Vec<Node>),
    All(Vec<Node>),
    Not(Box<Node>),
    Exists(Path),
    Compare(Operand, Operator, Operand),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Path(Path),
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A path to one value, from the event on.
pub(super) type Path = Vec<Segment>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Name(String),
    /// From the end when it is negative.
    Index(i64),
}

impl Expression {
    pub(crate) fn holds_for(&self, event: &Value) -> bool {
        self.0.holds_for(event)
    }
}

impl Node {
    fn holds_for(&self, event: &Value) -> bool {
        match self {
            Self::Any(nodes) => nodes.iter().any(|node| node.holds_for(event)),
            Self::All(nodes) => nodes.iter().all(|node| node.holds_for(event)),
            Self::Not(node) => !node.holds_for(event),
            Self::Exists(path) => find(event, path).is_some(),
            Self::Compare(left, operator, right) => {
                operator.holds_for(left.value(event), right.value(event))
            }
        }
    }
}

impl Operand {
    /// `None` where a path leads nowhere.
    fn value<'a>(&'a self, event: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Path(path) => find(event, path),
            Self::Literal(value) => Some(value),
        }
    }
}

fn find<'a>(event: &'a Value, path: &[Segment]) -> Option<&'a Value> {
    path.iter().try_fold(event, |value, segment| match segment {
        Segment::Name(name) => value.as_object()?.get(name),
        Segment::Index(index) => {
            let items = value.as_array()?;
            let index = match index {
                0.. => usize::try_from(*index).ok()?,
                _ => {
                    let back = usize::try_from(index.unsigned_abs()).ok()?;
                    items.len().checked_sub(back)?
                }
            };
            items.get(index)
        }
    })
}

impl Operator {
    /// As RFC 9535 compares, section 2.3.5.2.2: two paths that lead nowhere are equal, and only
    /// numbers and texts have an order.
    fn holds_for(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        match self {
            Self::Equal => equal(left, right),
            Self::NotEqual => !equal(left, right),
            Self::Less => less(left, right),
            Self::LessOrEqual => less(left, right) || equal(left, right),
            Self::Greater => less(right, left),
            Self::GreaterOrEqual => less(right, left) || equal(left, right),
        }
    }
}

fn less(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            order(left, right) == Some(Ordering::Less)
        }
        // UTF-8 sorts like the characters that it stands for.
        (Some(Value::String(left)), Some(Value::String(right))) => left < right,
        _ => false,
    }
}

fn equal(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => same(left, right),
        (None, None) => true,
        _ => false,
    }
}

/// Equality that takes 1 and 1.0 for the same number, at any depth.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => order(left, right) == Some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, value)| right.get(name).is_some_and(|it| same(value, it)))
        }
        _ => left == right,
    }
}

/// Whole numbers of 64 bits are compared exactly, all others as 64-bit floats.
fn order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
