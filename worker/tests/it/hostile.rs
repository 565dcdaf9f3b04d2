//! Components that attack: each gets its own error, and nobody else notices.

use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use protocol::{Sequence, Timestamp};
use worker::engine::{Answer, EventRun, Fault, FoldFault, Machine, MachineLimits};

use crate::engine::numbers;
use crate::guests::{Guest, compile, pack, program};

const CPU: Duration = Duration::from_millis(100);

/// Small limits, so that the suite is quick.
fn limits() -> MachineLimits {
    MachineLimits {
        memory_bytes: 16 << 20,
        fold_cpu: CPU,
        query_cpu: CPU,
        result_bytes: 1 << 20,
        snapshot_bytes: 1 << 20,
        table_elements: 1_000,
    }
}

/// A machine that all hostile ones run beside.
static BYSTANDER: LazyLock<Mutex<Box<dyn Machine>>> = LazyLock::new(|| {
    let mut machine = Guest::v1().start(&MachineLimits::default());
    machine.init(b"").unwrap();
    let packed = pack(&["x"; 7]);
    let run = EventRun {
        first: Sequence::FIRST,
        timestamp: Timestamp(1),
        count: 7,
        packed: &packed,
    };
    machine.fold(&[run]).unwrap();
    Mutex::new(machine)
});

fn assert_bystander_is_well(of: &str) {
    let started = Instant::now();
    let mut bystander = BYSTANDER.lock().unwrap();
    assert_eq!(numbers(&mut **bystander)[0], 7, "{of}");
    assert!(started.elapsed() < Duration::from_secs(2), "{of}");
}

/// Calls everything in turn until something faults.
fn live(machine: &mut dyn Machine) -> Result<(), Fault> {
    machine.init(b"config")?;
    let packed = pack(&["event"]);
    let run = EventRun {
        first: Sequence::FIRST,
        timestamp: Timestamp(1),
        count: 1,
        packed: &packed,
    };
    machine.fold(&[run]).map_err(|fault| match fault {
        FoldFault::Fault { fault, sequence } => {
            assert_eq!(sequence, Some(Sequence::FIRST), "{fault}");
            fault
        }
        rejected @ FoldFault::Rejected { .. } => Fault::Trap(rejected.to_string()),
    })?;
    let answer = machine.query(Timestamp(1), &[], b"question")?;
    if let Answer::TooLarge { bytes } = answer {
        return Err(Fault::Abi(format!("an answer of {bytes} bytes")));
    }
    let state = machine.snapshot()?;
    machine.restore(&state)
}

/// What a component that compiles does to itself.
fn fate(guest: &Guest) -> String {
    let program = program(&guest.build());
    let mut machine = match program.instantiate(&limits()) {
        Ok(machine) => machine,
        Err(fault) => return fault.to_string(),
    };
    let fault = live(&mut *machine).expect_err("it must fault");
    if !matches!(&fault, Fault::Abi(text) if text.starts_with("an answer")) {
        assert_eq!(
            machine.query(Timestamp(0), &[], b""),
            Err(Fault::Poisoned),
            "{fault}"
        );
        assert_eq!(machine.snapshot(), Err(Fault::Poisoned));
    }
    fault.to_string()
}

const LOOP: &str = "(loop (br 0)) unreachable";
const TOO_LONG: &str = "the component used more than 100 ms of CPU time in one call";
const UNREACHABLE: &str =
    "the component trapped: it ran into `unreachable`, as a panic or an abort does";
const OUT_OF_BOUNDS: &str = "the component trapped: it accessed memory out of bounds";

/// A query of world 0.0.1 that returns a pointer and a length.
fn returns(pointer: i64, length: i64) -> String {
    format!(
        "(i32.store (i32.const 64) (i32.const {pointer}))
    (i32.store (i32.const 68) (i32.const {length})) (i32.const 64)"
    )
}

fn table() -> Vec<(&'static str, Guest, &'static str)> {
    let v0 = Guest::v0;
    let v1 = Guest::v1;
    let recursion = "(func $deep (param i64) (result i64)
    (i64.add (local.get 0) (call $deep (i64.add (local.get 0) (i64.const 1)))))";
    let mut table = Vec::new();
    for (name, part) in [
        ("init loops", "init"),
        ("append loops", "append"),
        ("query loops", "query"),
        ("snapshot loops", "snapshot"),
        ("restore loops", "restore"),
        ("post-return of query loops", "post-query"),
    ] {
        table.push((name, v0().with(part, LOOP), TOO_LONG));
        table.push((name, v1().with(part, LOOP), TOO_LONG));
    }
    for part in ["init", "append", "query", "snapshot", "restore"] {
        table.push(("unreachable", v0().with(part, "unreachable"), UNREACHABLE));
        table.push(("unreachable", v1().with(part, "unreachable"), UNREACHABLE));
    }
    table.extend([
        (
            "start loops",
            v0().with("extra", "(func $start (loop (br 0))) (start $start)"),
            TOO_LONG,
        ),
        (
            "start traps",
            v0().with("extra", "(func $start unreachable) (start $start)"),
            "the component could not be started: its start function trapped: it ran into \
             `unreachable`, as a panic or an abort does",
        ),
        (
            "realloc loops",
            v0().with(
                "realloc",
                r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop (br 0)) unreachable)"#,
            ),
            TOO_LONG,
        ),
        (
            "unbounded recursion",
            v0().with("extra", recursion)
                .with("query", "(drop (call $deep (i64.const 0))) (i32.const 64)"),
            "the component trapped: its calls nest too deep: the stack of 1 MiB is used up",
        ),
        (
            "recursion through realloc",
            v0().with(
                "realloc",
                r#"(func $r (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.add (i32.const 1) (call $r (local.get 0) (local.get 1) (local.get 2) (local.get 3))))"#,
            ),
            "the component trapped: its calls nest too deep: the stack of 1 MiB is used up",
        ),
        (
            "memory.grow without end",
            v0().with(
                "append",
                "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable",
            ),
            UNREACHABLE,
        ),
        (
            "memory that is too large from the start",
            v0().with("memory", r#"(memory (export "memory") 1000)"#),
            "the component could not be started: its memories have 65536000 bytes from the start, and at most 16777216 are allowed",
        ),
        (
            "a table that is too large",
            v0().with("extra", "(table 1000000 funcref)"),
            "the component could not be started: a table of 1000000 \
             elements is more than the 1000 elements that are left to it",
        ),
        (
            "table.grow without end",
            v0().with("extra", "(table $t 1 externref)").with(
                "append",
                "(loop (br_if 0 (i32.ne (table.grow $t (ref.null extern) (i32.const 100)) (i32.const -1)))) unreachable",
            ),
            UNREACHABLE,
        ),
        (
            "a data segment out of bounds",
            v0().with("extra", r#"(data (i32.const 131071) "xy")"#),
            "the component could not be started: its start function trapped: it accessed memory \
             out of bounds",
        ),
        (
            "a list out of bounds",
            v0().with("query", returns(131_064, 9)),
            "the component returned a list that reaches out of its memory (9 bytes at 131064, the \
             memory has 131072)",
        ),
        (
            "a list of 4 GiB",
            v0().with("query", returns(0, -1)),
            "the component returned a list that reaches out of its memory (4294967295 bytes at 0, \
             the memory has 131072)",
        ),
        (
            "pointer and length overflow together",
            v0().with("query", returns(-16, 32)),
            "the component returned a list that reaches out of its memory (32 bytes at \
             4294967280, the memory has 131072)",
        ),
        (
            "a misaligned result",
            v0().with("query", "(i32.const 65)"),
            "the component returned a result at 65, which is not a multiple of 4",
        ),
        (
            "a result out of bounds",
            v0().with("query", "(i32.const 131068)"),
            "the component returned a result that reaches out of its memory (8 bytes at 131068, \
             the memory has 131072)",
        ),
        (
            "realloc answers out of bounds",
            v1().with(
                "realloc",
                r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const -4))"#,
            ),
            "the component returned a buffer from its `realloc` that reaches out of its memory (6 \
             bytes at 4294967292, the memory has 131072)",
        ),
        (
            "realloc answers out of bounds to the driver",
            v0().with(
                "realloc",
                r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const -4))"#,
            ),
            OUT_OF_BOUNDS,
        ),
        (
            "realloc answers misaligned",
            v1().with(
                "realloc",
                r#"(func (export "cabi_realloc") (param i32 i32 $align i32) (param i32) (result i32)
    (select (i32.const 4097) (i32.const 8192) (i32.eq (local.get 2) (i32.const 4))))"#
                    .replace("(param i32 i32 $align i32) (param i32)", "(param i32 i32 i32 i32)"),
            ),
            "the component returned a buffer from its `realloc` at 4097, which is not a multiple \
             of 4",
        ),
        (
            "an error message that is not UTF-8",
            v1().with(
                "query",
                "(i32.store8 (i32.const 64) (i32.const 1)) (i64.store (i32.const 68) (i64.const 0))
    (i32.store8 (i32.const 128) (i32.const 255))
    (i32.store (i32.const 76) (i32.const 128)) (i32.store (i32.const 80) (i32.const 1)) (i32.const 64)",
            ),
            "the component returned an error message that is not UTF-8",
        ),
        (
            "an error message that is too long",
            v1().with(
                "query",
                "(i32.store8 (i32.const 64) (i32.const 1)) (i64.store (i32.const 68) (i64.const 0))
    (i32.store (i32.const 76) (i32.const 0)) (i32.store (i32.const 80) (i32.const 131072)) (i32.const 64)",
            ),
            "the component returned an error message of 131072 bytes, and at most 65536 are allowed",
        ),
        (
            "an invalid discriminant of a result",
            v1().with("query", "(i32.store8 (i32.const 64) (i32.const 2)) (i32.const 64)"),
            "the component returned 2 as the discriminant of result, which is 0 or 1",
        ),
        (
            "an invalid discriminant of an option",
            v1().with(
                "query",
                "(i32.store (i32.const 64) (i32.const 0)) (i32.store8 (i32.const 68) (i32.const 7)) (i32.const 64)",
            ),
            "the component returned 7 as the discriminant of option, which is 0 or 1",
        ),
        (
            "a rejection of an event that it was not given",
            v1().with(
                "append",
                "(i32.store8 (i32.const 64) (i32.const 1)) (i64.store (i32.const 72) (i64.const 99))
    (i64.store (i32.const 80) (i64.const 0)) (i32.const 64)",
            ),
            "the component returned a rejection of sequence 99, which is not among the 1 events \
             from 1 on that it was given",
        ),
        (
            "an answer that is too large",
            v0().with("query", format!("(drop (memory.grow (i32.const 32))) {}", returns(0, 2_000_000))),
            "the component returned an answer of 2000000 bytes",
        ),
        (
            "a snapshot that is too large",
            v0().with("snapshot", format!("(drop (memory.grow (i32.const 32))) {}", returns(0, 2_000_000))),
            "the component returned a snapshot of 2000000 bytes, and at most 1048576 are allowed",
        ),
        (
            "an error from init",
            v1().with(
                "init",
                "(i32.store8 (i32.const 64) (i32.const 1))
    (i32.store (i32.const 68) (i32.const 1024)) (i32.store (i32.const 72) (i32.const 2))
    (i32.store (i32.const 76) (i32.const 1024)) (i32.store (i32.const 80) (i32.const 4)) (i32.const 64)",
            ),
            "the component returned an error from `init`: no X (no)",
        ),
        (
            "division by zero",
            v0().with("append", "(drop (i32.div_u (local.get $length) (i32.const 0)))"),
            "the component trapped: integer divide by zero",
        ),
    ]);
    table
}

#[test]
fn each_gets_its_own_error_and_a_bystander_answers() {
    let table = table();
    assert!(table.len() >= 25);
    let mut wrong = Vec::new();
    for (name, guest, expected) in &table {
        let found = fate(guest);
        if found != *expected {
            wrong.push(format!(
                "{name}:\n  expected {expected}\n  found    {found}"
            ));
        }
        assert_bystander_is_well(name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn refusal(component: &[u8]) -> String {
    compile(component).unwrap_err().to_string()
}

#[test]
fn what_is_not_a_component_is_refused_in_words() {
    let core = wat::parse_str("(module)").unwrap();
    let good = Guest::v0().build();
    assert_eq!(
        refusal(b""),
        "the upload is not a valid component: it is empty"
    );
    assert_eq!(
        refusal(b"hello"),
        "the upload is not a valid component: it does not begin with the WebAssembly magic number \
         `\\0asm`"
    );
    assert_eq!(
        refusal(&core),
        "the upload is not a valid component: it is a core WebAssembly module; make a component of \
         it with `wasm-tools component new`, or build for the target wasm32-wasip2"
    );
    assert!(
        refusal(&good[..good.len() / 2]).starts_with("the upload is not a valid component: "),
        "{}",
        refusal(&good[..good.len() / 2])
    );
    assert_bystander_is_well("uploads");
}

#[test]
fn other_worlds_and_features_are_refused_in_words() {
    let text = |text: &str| refusal(&wat::parse_str(text).unwrap());
    assert_eq!(
        text("(component)"),
        "the component does not export `primatomic:machine/machine@1.0.0` or \
         `primatomic:machine/machine@0.0.1`; build it for the world \
         `primatomic:machine/view@1.0.0` or `primatomic:machine/state-machine@0.0.1`"
    );
    assert_eq!(
        text(
            r#"(component
  (core module $m (func (export "f")) (func (export "g") (param i32)))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))
  (func $g (param "event" u32) (canon lift (core func $i "g")))
  (instance $machine (export "init" (func $f)) (export "append" (func $g)))
  (export "primatomic:machine/machine@0.0.1" (instance $machine)))"#
        ),
        "the component does not fit `primatomic:machine/machine@0.0.1`: the function `append` is \
         `func(event: u32)`, and must be `func(event: list<u8>)`; the function `query` is missing; \
         it must be `query: func(input: list<u8>) -> list<u8>`; the function `snapshot` is missing; \
         it must be `snapshot: func() -> list<u8>`; the function `restore` is missing; it must be \
         `restore: func(snapshot: list<u8>)`"
    );
    assert_eq!(
        text(
            r#"(component
  (import "acme:db/store@1.0.0" (instance))
  (import "log" (func))
  (import "wasi:keyvalue/store@0.2.0" (instance))
  (import "wasi:cli/stdout@0.2.0" (instance)))"#
        ),
        "the component imports what views don't get: acme:db/store@1.0.0, log, \
         wasi:keyvalue/store@0.2.0"
    );
    for (module, expected) in [
        (
            "(memory 1 1 shared)",
            "threads must be enabled for shared memories",
        ),
        (
            "(memory i64 1)",
            "memory64 must be enabled for 64-bit memories",
        ),
        (
            "(func (result v128) (f32x4.relaxed_min (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
            "relaxed SIMD support is not enabled",
        ),
    ] {
        let found = text(&format!("(component (core module {module}))"));
        assert!(found.contains(expected), "{found}");
    }
    let deep = format!("{}{}", "(component ".repeat(30), ")".repeat(30));
    assert_eq!(
        text(&deep),
        "the component nests components more than 16 deep"
    );
    let many = format!("(component {})", "(core module)".repeat(900));
    assert_eq!(text(&many), "the component has more than 64 core modules");
    assert_bystander_is_well("uploads");
}
