//! Compiles the example views from source to core modules.
//!
//! The guests are built by a nested cargo with a target directory of its own, because the outer
//! build holds the lock of the shared one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const VIEWS: [&str; 3] = ["audit-log", "counter", "usage-metering"];
const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "component";

fn main() -> Result<()> {
    let workspace = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let workspace = workspace.canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    watch(&workspace);
    let modules = compile(&workspace, &components_dir(&out))?;
    for view in VIEWS {
        let module = modules.join(view.replace('-', "_")).with_extension("wasm");
        fs::copy(&module, out.join(view).with_extension("wasm"))?;
    }
    Ok(())
}

/// A directory beside the outer build's own, so that every profile and every kind of build finds
/// the guests compiled. `OUT_DIR` is `TARGET_DIR/PROFILE/build/PACKAGE/out`.
fn components_dir(out: &Path) -> PathBuf {
    out.ancestors().nth(4).unwrap_or(out).join("components")
}

fn watch(workspace: &Path) {
    let views = VIEWS.map(|view| format!("views/{view}"));
    let sources = ["Cargo.toml", "Cargo.lock", "view-sdk", "wit"].map(str::to_owned);
    for source in sources.iter().chain(&views) {
        // The only channel to cargo is standard output.
        println!(
            "cargo:rerun-if-changed={}",
            workspace.join(source).display()
        );
    }
}

/// Builds the guests and returns the directory of their core modules.
fn compile(workspace: &Path, target_dir: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo
        .current_dir(workspace)
        .args(["build", "--locked", "--lib", "--profile", PROFILE])
        .args(["--target", TARGET, "--target-dir"])
        .arg(target_dir)
        .args(VIEWS.iter().flat_map(|view| ["-p", view]));
    // Settings of the outer build are for the host, or for tools that wrap the outer compiler.
    for name in [
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTFLAGS",
    ] {
        cargo.env_remove(name);
    }
    let output = cargo.output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        let hint = if errors.contains("target may not be installed") {
            format!("\n\nThe example views need the target: rustup target add {TARGET}")
        } else {
            String::new()
        };
        return Err(format!("the example views do not compile:\n{errors}{hint}").into());
    }
    Ok(target_dir.join(TARGET).join(PROFILE))
}
