//! One request after it has been checked.

use serde_json::Value;

use crate::error::ApiError;

/// What an operation is called with. The parameters have the types that its rules say.
pub(crate) struct Call<'a> {
    /// What stands for `{id}` in the path.
    pub(crate) id: &'a str,
    /// Without a query.
    pub(crate) path: &'a str,
    pub(crate) params: &'a Value,
}

pub(crate) type Answer = Result<Value, ApiError>;

impl Call<'_> {
    /// A parameter by its JSON pointer without the first slash. Nothing that is empty.
    pub(crate) fn value(&self, pointer: &str) -> Option<&Value> {
        let value = self.params.pointer(&format!("/{pointer}"));
        value.filter(|value| *value != "" && !value.is_null())
    }

    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.value(pointer)?.as_str()
    }

    pub(crate) fn time(&self, pointer: &str) -> Option<u64> {
        self.value(pointer)?.as_u64()
    }

    pub(crate) fn flag(&self, pointer: &str) -> Option<bool> {
        self.value(pointer)?.as_bool()
    }

    /// A parameter, or a value in its place, for the answer.
    pub(crate) fn or(&self, pointer: &str, default: impl Into<Value>) -> Value {
        self.value(pointer)
            .cloned()
            .unwrap_or_else(|| default.into())
    }
}
