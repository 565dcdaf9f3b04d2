//! The checked-in bindings are what the generator makes of the contracts in `wit/`. They stand in
//! the repository so that a view compiles without the generator, which is most of a first build.
//!
//! `UPDATE=1` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::{env, fs};

use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_parser::Resolve;

#[test]
fn the_bindings_are_those_of_the_contracts() {
    check("0.0.1", "state-machine", "machine_0_0_1");
    check("1.0.0", "view", "machine_1_0_0");
}

fn check(version: &str, world: &str, module: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contract = root.join(format!("../wit/machine-{version}"));
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(contract).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut generator = wit_bindgen_rust::Opts {
        format: true,
        pub_export_macro: true,
        default_bindings_module: Some(format!("primatomic_view::exported::{module}")),
        type_section_suffix: Some(format!("-{version}")),
        ..Default::default()
    }
    .build();
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files).unwrap();
    let (_, generated) = files.iter().next().unwrap();
    let path = root.join(format!("src/world/{module}/bindings.rs"));
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, generated).unwrap();
    }
    assert!(
        fs::read(&path).unwrap() == generated,
        "{} is not what the generator makes; run the test with UPDATE=1",
        path.display()
    );
}
