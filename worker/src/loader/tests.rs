//! Flattening, on small components.

use protocol::view::{ComponentError, World};

use super::plan::{CoreExport, Link};
use super::{Loaded, load};

/// A component of world 0.0.1 around a core module named `$m`, with more definitions before it.
fn machine(before: &str, core: &str, instantiate: &str) -> String {
    format!(
        r#"(component
  {before}
  (core module $m {core})
  (core instance $i (instantiate $m {instantiate}))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (type $bytes (list u8))
  (func $init (canon lift (core func $i "init")))
  (func $append (param "event" $bytes)
    (canon lift (core func $i "append") (memory (core memory $memory)) (realloc (core func $realloc))))
  (func $query (param "input" $bytes) (result $bytes)
    (canon lift (core func $i "query") (memory (core memory $memory)) (realloc (core func $realloc))))
  (func $snapshot (result $bytes)
    (canon lift (core func $i "snapshot") (memory (core memory $memory))))
  (func $restore (param "snapshot" $bytes)
    (canon lift (core func $i "restore") (memory (core memory $memory)) (realloc (core func $realloc))))
  (instance $machine
    (export "init" (func $init))
    (export "append" (func $append))
    (export "query" (func $query))
    (export "snapshot" (func $snapshot))
    (export "restore" (func $restore)))
  (export "primatomic:machine/machine@0.0.1" (instance $machine)))"#
    )
}

const CORE: &str = r#"
  (memory (export "memory") 1)
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
  (func (export "init"))
  (func (export "append") (param i32 i32))
  (func (export "query") (param i32 i32) (result i32) i32.const 0)
  (func (export "snapshot") (result i32) i32.const 0)
  (func (export "restore") (param i32 i32))"#;

fn load_text(text: &str) -> Result<Loaded, ComponentError> {
    load(&wat::parse_str(text).unwrap())
}

#[test]
fn a_plain_component_is_one_instance() {
    let loaded = load_text(&machine("", CORE, "")).unwrap();
    assert_eq!(loaded.report.world, World::V0);
    assert_eq!(loaded.modules.len(), 1);
    assert_eq!(loaded.plan.instances.len(), 1);
    assert_eq!(
        loaded.plan.exports.append.function,
        CoreExport {
            instance: 0,
            name: "append".into()
        }
    );
    assert_eq!(loaded.plan.exports.query.options.post_return, None);
    assert!(!loaded.plan.sees_time);
}

#[test]
fn lowered_imports_are_linked_by_their_interface() {
    let before = r#"
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
    (export "now" (func (result u64)))))
  (core func $now (canon lower (func $clock "now")))
  (core instance $host (export "now" (func $now)))"#;
    let core = format!(r#"(import "host" "now" (func (result i64))) {CORE}"#);
    let loaded = load_text(&machine(before, &core, r#"(with "host" (instance $host))"#)).unwrap();
    assert_eq!(loaded.report.imports, ["wasi:clocks/monotonic-clock@0.2.3"]);
    assert!(loaded.plan.sees_time);
    let [Link::Host(function)] = loaded.plan.instances[0].imports.as_slice() else {
        panic!("{:?}", loaded.plan.instances);
    };
    assert_eq!(function.interface, "wasi:clocks/monotonic-clock");
    assert_eq!(function.function, "now");
}

#[test]
fn a_nested_component_is_evaluated_where_it_is_instantiated() {
    let before = r#"
  (component $c
    (core module $shared (memory (export "m") 1))
    (core instance $s (instantiate $shared))
    (export "shared" (core module $shared)))
  (instance $a (instantiate $c))
  (instance $b (instantiate $c))
  (alias export $a "shared" (core module $sm))
  (core instance $host (instantiate $sm))"#;
    let core = format!(
        r#"(import "host" "m" (memory 1)) {}"#,
        CORE.replacen(
            r#"(memory (export "memory") 1)"#,
            r#"(export "memory" (memory 0))"#,
            1,
        )
    );
    let loaded = load_text(&machine(before, &core, r#"(with "host" (instance $host))"#)).unwrap();
    // Two from the nested component, one of its exported module, and the machine itself.
    assert_eq!(loaded.plan.instances.len(), 4);
    assert_eq!(
        loaded.plan.instances[3].imports,
        [Link::Export(CoreExport {
            instance: 2,
            name: "m".into()
        })]
    );
}

#[test]
fn shared_fixed_tables_become_growable() {
    let core = format!(r#"(table (export "t") 3 3 funcref) {CORE}"#);
    let loaded = load_text(&machine("", &core, "")).unwrap();
    let text = wasmparser::Parser::new(0)
        .parse_all(&loaded.modules[0])
        .find_map(|payload| match payload.unwrap() {
            wasmparser::Payload::TableSection(section) => {
                Some(section.into_iter().next().unwrap().unwrap().ty)
            }
            _ => None,
        })
        .unwrap();
    assert_eq!((text.initial, text.maximum), (3, Some(4)));
}

#[test]
fn instantiating_in_powers_of_two_is_refused() {
    let mut inner = String::from("(component $c0 (core module))");
    for level in 1..14 {
        let below = level - 1;
        inner = format!(
            "(component $c{level} {inner} (instance (instantiate $c{below})) (instance (instantiate $c{below})))"
        );
    }
    let before = format!("{inner} (instance (instantiate $c13))");
    let error = load_text(&machine(&before, CORE, "")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the component instantiates more than 256 nested components"
    );
}

#[test]
fn arbitrary_damage_never_panics() {
    let good = wat::parse_str(machine("", CORE, "")).unwrap();
    for place in 0..good.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[place] = value;
            let _ = load(&bad);
        }
        let _ = load(&good[..place]);
    }
}
