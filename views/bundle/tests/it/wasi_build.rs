//! The way most authors build: `cargo build --target wasm32-wasip2` emits a component directly.

use std::path::Path;
use std::process::Command;

use crate::Contract;

#[test]
fn cargo_alone_builds_components_for_either_world() {
    let target_dir = concat!(env!("OUT_DIR"), "/components");
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "build",
            "--locked",
            "--lib",
            "-p",
            "counter",
            "-p",
            "audit-log",
        ])
        .args(["--profile", "component", "--target", "wasm32-wasip2"])
        .args(["--target-dir", target_dir])
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let built = Path::new(target_dir).join("wasm32-wasip2/component");
    for (file, version) in [("counter.wasm", "0.0.1"), ("audit_log.wasm", "1.0.0")] {
        let contract = Contract::of(&std::fs::read(built.join(file)).unwrap());
        let machine = format!("primatomic:machine/machine@{version}");
        assert_eq!(contract.exports, [machine]);
        // The standard library brings these, whether a view calls them or not.
        let mut imports = contract.imports.iter();
        assert!(
            imports.all(|import| import.starts_with("wasi:") && import.contains("@0.2.")),
            "{:?}",
            contract.imports
        );
    }
}
