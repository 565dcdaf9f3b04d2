//! Tables that several instances share, which every component with imports has; see
//! `docs/decisions/0001-fixed-tables.md`.

use protocol::Timestamp;
use wasmer::sys::{Cranelift, EngineBuilder};
use wasmer::{Engine, Imports, Instance, Module, Store};
use worker::engine::MachineLimits;

use crate::engine::numbers;
use crate::guests::Guest;
use crate::wasi::WALL_CLOCK;

/// What `wit-component` makes of lowered imports, reduced: one module calls through a table that it
/// exports, another fills the table.
fn call_through(table: &str) -> Result<i32, String> {
    let engine: Engine = EngineBuilder::new(Cranelift::default()).into();
    let module = |text: String| Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let owner = module(format!(
        r#"(module (type $t (func (result i32))) (table (export "t") {table} funcref)
  (func (export "f") (result i32) (call_indirect (type $t) (i32.const 0))))"#
    ));
    let filler = module(format!(
        r#"(module (import "owner" "t" (table {table} funcref))
  (func $answer (result i32) (i32.const 42))
  (elem (i32.const 0) func $answer))"#
    ));
    let mut store = Store::new(engine);
    let owner = Instance::new(&mut store, &owner, &Imports::new()).unwrap();
    let mut imports = Imports::new();
    imports.define("owner", "t", owner.exports.get_table("t").unwrap().clone());
    Instance::new(&mut store, &filler, &imports).unwrap();
    owner
        .exports
        .get_typed_function::<(), i32>(&store, "f")
        .unwrap()
        .call(&mut store)
        .map_err(|error| error.message())
}

/// When this fails, the bug is gone and the workaround in the loader can go with it.
#[test]
fn the_engine_misses_writes_to_fixed_tables_of_others() {
    assert_eq!(call_through("1 2"), Ok(42));
    assert_eq!(call_through("1"), Ok(42));
    assert!(call_through("1 1").is_err());
}

#[test]
fn a_component_with_imports_calls_them_through_its_shim() {
    let guest = Guest::v0()
        .importing(WALL_CLOCK, "wasi:clocks/wall-clock@0.2.3")
        .with(
            "imports",
            r#"(import "wasi:clocks/wall-clock@0.2.3" "now" (func $now (param i32)))"#,
        )
        .with(
            "query",
            "(call $now (i32.const 0))
    (i32.store (i32.const 64) (i32.const 0)) (i32.store (i32.const 68) (i32.const 16)) (i32.const 64)",
        );
    let mut machine = guest.start(&MachineLimits::default());
    machine.init(b"").unwrap();
    machine.query(Timestamp(1), &[], b"").unwrap();
    assert_eq!(numbers(&mut *machine), [0, 0]);
}
