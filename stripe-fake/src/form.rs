//! Form bodies and query strings with brackets: `a[b][0][c]=x`.

use serde_json::{Map, Value};

/// Takes a body or a query string apart. Lists come out as objects whose keys are numbers, since only
/// the rules of an operation say where a list belongs.
pub(crate) fn parse(text: &str) -> Value {
    let mut root = Value::Object(Map::new());
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        insert(&mut root, &decode(name), decode(value));
    }
    root
}

fn insert(root: &mut Value, name: &str, value: String) {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let mut place = root;
    let rest = rest.split('[').filter(|key| !key.is_empty());
    for key in std::iter::once(first).chain(rest.map(|key| key.trim_end_matches(']'))) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(fields) = place else { return };
        let key = match key {
            "" => fields.len().to_string(),
            key => key.to_owned(),
        };
        place = fields.entry(key).or_insert(Value::Null);
    }
    *place = Value::String(value);
}

/// Undoes percent encoding.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let hexadecimal = bytes.get(index + 1..index + 3);
        let escaped = hexadecimal
            .filter(|_| byte == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match escaped {
            Some(escaped) => {
                decoded.push(escaped);
                index += 3;
            }
            None => {
                decoded.push(if byte == b'+' { b' ' } else { byte });
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_nest() {
        assert_eq!(
            parse("a=1&b%5Bc%5D=x+y&d[0][e]=1&d[1][e]=2&f[]=p&f[]=q%26&g="),
            json!({
                "a": "1",
                "b": { "c": "x y" },
                "d": { "0": { "e": "1" }, "1": { "e": "2" } },
                "f": { "0": "p", "1": "q&" },
                "g": "",
            })
        );
        assert_eq!(parse(""), json!({}));
        assert_eq!(parse("a=%zz%4"), json!({ "a": "%zz%4" }));
    }
}
