//! The `metadata` of objects.

use serde_json::{Map, Value};

/// Puts what a request brings into the metadata of an object. An empty value removes a key, an empty
/// string in the place of all of it removes everything.
pub(crate) fn merge(metadata: &mut Value, given: Option<&Value>) {
    if !metadata.is_object() {
        *metadata = Value::Object(Map::new());
    }
    let Value::Object(fields) = metadata else {
        return;
    };
    match given {
        Some(Value::Object(given)) => {
            for (key, value) in given {
                if value == "" {
                    fields.remove(key);
                } else {
                    fields.insert(key.clone(), value.clone());
                }
            }
        }
        Some(_) => fields.clear(),
        None => {}
    }
}

/// The metadata of a new object.
pub(crate) fn new(given: Option<&Value>) -> Value {
    let mut metadata = Value::Null;
    merge(&mut metadata, given);
    metadata
}
