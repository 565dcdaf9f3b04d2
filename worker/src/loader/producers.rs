//! What a component was made with, for people: languages and their versions.

use std::collections::BTreeSet;

use wasmparser::{KnownCustom, Parser, Payload};

/// Entries that are kept, and characters of each.
const LANGUAGES_MAX: usize = 8;
const NAME_CHARS_MAX: usize = 60;

/// The `language` entries of all producers sections, such as `Rust 1.95.0`; and, because some
/// toolchains name only themselves, the `processed-by` entries when there is no language. Empty
/// when the sections are missing or damaged: they carry no meaning.
pub(super) fn languages(component: &[u8]) -> Vec<String> {
    let mut languages = BTreeSet::new();
    let mut tools = BTreeSet::new();
    for payload in Parser::new(0).parse_all(component) {
        let section = match payload {
            Ok(Payload::CustomSection(section)) => section,
            Ok(_) => continue,
            Err(_) => break,
        };
        let KnownCustom::Producers(fields) = section.as_known() else {
            continue;
        };
        for field in fields.into_iter().flatten() {
            let found = match field.name {
                "language" => &mut languages,
                "processed-by" => &mut tools,
                _ => continue,
            };
            for value in field.values.into_iter().flatten() {
                if found.len() < LANGUAGES_MAX {
                    found.insert(entry(value.name, value.version));
                }
            }
        }
    }
    let found = if languages.is_empty() {
        tools
    } else {
        languages
    };
    found.into_iter().collect()
}

fn entry(name: &str, version: &str) -> String {
    format!("{name} {version}")
        .trim()
        .chars()
        .filter(|char| !char.is_control())
        .take(NAME_CHARS_MAX)
        .collect()
}
