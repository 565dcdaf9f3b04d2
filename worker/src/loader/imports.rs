//! Which imports a component may have: none, or interfaces of WASI 0.2.

use protocol::view::ComponentError;
use wasmparser::{ComponentTypeRef, Payload};

use super::{invalid, payloads};

const PACKAGES: [&str; 7] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:http",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// The interfaces that a component imports, sorted.
///
/// # Errors
/// With all imports that are not allowed, when there are any.
pub(super) fn check(component: &[u8]) -> Result<Vec<String>, ComponentError> {
    let mut allowed = Vec::new();
    let mut offenders = Vec::new();
    for payload in payloads(component) {
        let (0, Payload::ComponentImportSection(section)) = payload? else {
            continue;
        };
        for import in section {
            let import = import.map_err(invalid)?;
            let name = import.name.full_name();
            match import.ty {
                ComponentTypeRef::Instance(_) if is_wasi(&name) => allowed.push(name.into_owned()),
                // A type alone asks for nothing.
                ComponentTypeRef::Type(_) => {}
                _ => offenders.push(name.into_owned()),
            }
        }
    }
    if offenders.is_empty() {
        allowed.sort_unstable();
        Ok(allowed)
    } else {
        Err(ComponentError::ForbiddenImports(offenders))
    }
}

fn is_wasi(name: &str) -> bool {
    let (interface, version) = name.split_once('@').unwrap_or_default();
    let (package, _) = interface.split_once('/').unwrap_or_default();
    PACKAGES.contains(&package) && (version == "0.2" || version.starts_with("0.2."))
}

/// `wasi:clocks/wall-clock` of `wasi:clocks/wall-clock@0.2.3`.
pub(super) fn without_version(interface: &str) -> &str {
    interface
        .split_once('@')
        .map_or(interface, |(name, _)| name)
}

/// Whether answers of the interface change from event to event.
pub(super) fn tells_time_or_chance(interface: &str) -> bool {
    interface.starts_with("wasi:clocks/") || interface.starts_with("wasi:random/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wasi_0_2_of_known_packages_is_allowed() {
        assert!(is_wasi("wasi:cli/stdout@0.2.6"));
        assert!(is_wasi("wasi:http/types@0.2.0"));
        for name in [
            "wasi:cli/stdout",
            "wasi:cli/stdout@0.3.0",
            "wasi:cli/stdout@0.20.0",
            "wasi:keyvalue/store@0.2.0",
            "acme:cli/stdout@0.2.0",
            "log",
        ] {
            assert!(!is_wasi(name), "{name}");
        }
    }
}
