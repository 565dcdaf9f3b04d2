//! Which events of a log are wanted: those that hold a text, and those whose JSON an expression
//! holds for.
//!
//! The language is the part of the logical expressions of JSONPath (RFC 9535, section 2.3.5) whose
//! evaluation takes time in proportion to the event: paths to one value, comparisons, `&&`, `||`,
//! `!`. It knows no functions, no regular expressions, and no segments that select many values.
//! Nothing here reads a log.

mod expression;
mod parse;
#[cfg(test)]
mod tests;

use memchr::memmem::Finder;
use serde_json::Value;

pub(crate) use self::expression::Expression;

/// Bytes of a text that is looked for.
pub(crate) const TEXT_BYTES_MAX: usize = 256;
/// Bytes of an expression.
pub(crate) const EXPRESSION_BYTES_MAX: usize = 512;
/// How deep the parentheses of an expression may be nested.
pub(crate) const NESTING_MAX: usize = 16;

/// What an event must be like. Without any condition, all events match.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventFilter {
    text: Option<Finder<'static>>,
    expression: Option<Expression>,
}

impl EventFilter {
    pub(crate) fn new(text: Option<&str>, expression: Option<Expression>) -> Self {
        let text = text.map(|text| Finder::new(text).into_owned());
        Self { text, expression }
    }

    /// Whether all events match.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_none() && self.expression.is_none()
    }

    /// Whether an event holds the text, byte for byte, and is JSON that the expression holds for.
    /// JSON that is nested more than 127 levels deep is taken for none, so that no event can exhaust
    /// the stack.
    pub(crate) fn matches(&self, event: &[u8]) -> bool {
        let has_text = |text: &Finder<'_>| text.find(event).is_some();
        if !self.text.as_ref().is_none_or(has_text) {
            return false;
        }
        let Some(expression) = &self.expression else {
            return true;
        };
        let json = serde_json::from_slice::<Value>(event);
        json.is_ok_and(|value| expression.holds_for(&value))
    }
}
