//! Schemas: what clients send must still be taken, what they receive must be what they know.

use std::collections::HashSet;

use serde_json::Value;

use super::operations::object;

/// Which way a value goes, seen from the client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Sent,
    Received,
}

/// The comparison of one operation.
pub(super) struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    operation: String,
    /// Pairs of references that are being compared, for schemas that hold themselves.
    open: HashSet<(String, String)>,
    pub(super) breaks: Vec<String>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value, operation: String) -> Self {
        Self {
            old,
            new,
            operation,
            open: HashSet::new(),
            breaks: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, what: String) {
        let text = format!("{}: {what}", self.operation);
        if !self.breaks.contains(&text) {
            self.breaks.push(text);
        }
    }

    pub(super) fn schemas(&mut self, place: &str, direction: Direction, old: &Value, new: &Value) {
        let pair = (reference(old).to_owned(), reference(new).to_owned());
        let named = !pair.0.is_empty() && !pair.1.is_empty();
        if named && !self.open.insert(pair.clone()) {
            return;
        }
        let (old_whole, new_whole) = (resolve(self.old, old), resolve(self.new, new));
        self.resolved(place, direction, &old_whole, &new_whole);
        if named {
            self.open.remove(&pair);
        }
    }

    fn resolved(&mut self, place: &str, direction: Direction, old: &Value, new: &Value) {
        if old["type"] != new["type"] {
            let (before, now) = (&old["type"], &new["type"]);
            self.report(format!(
                "the type of {place} changed from {before} to {now}"
            ));
            return;
        }
        // The side that may do less than before: what is sent becomes narrower, or what is received
        // becomes wider.
        let (wider, narrower) = match direction {
            Direction::Sent => (old, new),
            Direction::Received => (new, old),
        };
        if wider["nullable"] == true && narrower["nullable"] != true {
            self.report(match direction {
                Direction::Sent => format!("{place} may not be null any more"),
                Direction::Received => format!("{place} may be null now"),
            });
        }
        for rule in ["format", "pattern"] {
            if narrower.get(rule).is_some() && narrower[rule] != wider[rule] {
                self.report(format!("the {rule} of {place} changed"));
            }
        }
        self.bounds(place, wider, narrower);
        self.values(place, direction, wider, narrower);
        self.properties(place, direction, old, new);
        if old.get("items").is_some() {
            let items = format!("an element of {place}");
            self.schemas(&items, direction, &old["items"], &new["items"]);
        }
    }

    fn bounds(&mut self, place: &str, wider: &Value, narrower: &Value) {
        let number = |schema: &Value, bound: &str| schema[bound].as_f64();
        for bound in ["maximum", "maxLength", "maxItems"] {
            let Some(limit) = number(narrower, bound) else {
                continue;
            };
            if number(wider, bound).is_none_or(|it| it > limit) {
                self.report(format!("the {bound} of {place} changed"));
            }
        }
        for bound in ["minimum", "minLength", "minItems"] {
            let Some(limit) = number(narrower, bound) else {
                continue;
            };
            if number(wider, bound).is_none_or(|it| it < limit) {
                self.report(format!("the {bound} of {place} changed"));
            }
        }
    }

    fn values(&mut self, place: &str, direction: Direction, wider: &Value, narrower: &Value) {
        // Clients are told to expect codes that they don't know.
        if direction == Direction::Received && place.ends_with("answer 400.code") {
            return;
        }
        let Some(known) = narrower["enum"].as_array() else {
            return;
        };
        let Some(values) = wider["enum"].as_array() else {
            return self.report(format!("{place} got fixed values, or lost them"));
        };
        for value in values.iter().filter(|value| !known.contains(value)) {
            self.report(match direction {
                Direction::Sent => format!("{place} may not be {value} any more"),
                Direction::Received => format!("{place} may be {value} now"),
            });
        }
    }

    fn properties(&mut self, place: &str, direction: Direction, old: &Value, new: &Value) {
        let required = |schema: &Value, name: &str| {
            let mut names = schema["required"].as_array().into_iter().flatten();
            names.any(|it| it == name)
        };
        for (name, property) in object(&old["properties"]) {
            let path = format!("{place}.{name}");
            let Some(now) = new["properties"].get(name) else {
                self.report(format!("{path} was removed"));
                continue;
            };
            match direction {
                Direction::Sent if required(new, name) && !required(old, name) => {
                    self.report(format!("{path} became required"));
                }
                Direction::Received if required(old, name) && !required(new, name) => {
                    self.report(format!("{path} may be missing now"));
                }
                _ => {}
            }
            self.schemas(&path, direction, property, now);
        }
        for (name, _) in object(&new["properties"]) {
            let added = old["properties"].get(name).is_none();
            if direction == Direction::Sent && added && required(new, name) {
                self.report(format!("{place} needs a new property {name}"));
            }
        }
    }
}

/// The name that a schema refers to; empty for none.
fn reference(schema: &Value) -> &str {
    let direct = schema.get("$ref");
    let wrapped = ["oneOf", "allOf"]
        .iter()
        .find_map(|kind| schema.get(kind)?.get(0)?.get("$ref"));
    direct
        .or(wrapped)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A schema with what it refers to in its place.
fn resolve(document: &Value, schema: &Value) -> Value {
    let Some(name) = reference(schema)
        .rsplit('/')
        .next()
        .filter(|it| !it.is_empty())
    else {
        return schema.clone();
    };
    let mut whole = document["components"]["schemas"][name].clone();
    if schema["nullable"] == true {
        whole["nullable"] = true.into();
    }
    whole
}
