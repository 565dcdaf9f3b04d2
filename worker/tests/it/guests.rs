//! Small guests in WebAssembly text, made into components with the published worlds.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use protocol::view::{ComponentError, ComponentReport, World};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;
use worker::compile::{self, CompileLimits, CompilerCommand};
use worker::engine::{Machine, MachineLimits, Program};

/// The compiler of the tests.
pub(crate) static COMPILER: LazyLock<CompilerCommand> = LazyLock::new(|| {
    CompilerCommand::new(
        env!("CARGO_BIN_EXE_primatomic-compile"),
        std::iter::empty::<&str>(),
        4,
    )
});

/// A core module in named parts, each of which a test can replace.
pub(crate) struct Guest {
    world: World,
    parts: BTreeMap<&'static str, String>,
    /// Packages in WIT, and the interfaces of theirs that the guest imports.
    packages: Vec<&'static str>,
    interfaces: Vec<&'static str>,
}

const COMMON: [(&str, &str); 4] = [
    ("imports", ""),
    ("memory", r#"(memory (export "memory") 2)"#),
    ("extra", ""),
    (
        "realloc",
        r#"(func (export "cabi_realloc") (param $old i32) (param i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then (drop (memory.grow (i32.add (i32.const 1)
        (i32.div_u (local.get $size) (i32.const 65536)))))))
    (local.get $at))"#,
    ),
];

/// Count at 0, bytes at 8, results at 64, heap from 4096.
const V0: [(&str, &str); 5] = [
    ("init", "(i64.store (i32.const 0) (i64.const 0)) (i64.store (i32.const 8) (i64.const 0))"),
    (
        "append",
        "(i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
    (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.extend_i32_u (local.get $length))))
    (global.set $heap (i32.const 4096))",
    ),
    (
        "query",
        "(i32.store (i32.const 64) (i32.const 0)) (i32.store (i32.const 68) (i32.const 16)) (i32.const 64)",
    ),
    (
        "snapshot",
        "(i32.store (i32.const 64) (i32.const 0)) (i32.store (i32.const 68) (i32.const 16)) (i32.const 64)",
    ),
    ("restore", "(memory.copy (i32.const 0) (local.get $pointer) (i32.const 16))"),
];

/// As above; besides, an event that begins with `X` is rejected.
const V1: [(&str, &str); 5] = [
    ("init", "(i32.store8 (i32.const 64) (i32.const 0)) (i32.const 64)"),
    (
        "append",
        r#"(local $end i32) (local $left i32) (local $length i32)
    (local.set $end (i32.add (local.get $pointer) (local.get $size)))
    (i64.store (i32.const 64) (i64.const 0))
    (block $done (loop $runs
      (br_if $done (i32.ge_u (local.get $pointer) (local.get $end)))
      (i64.store (i32.const 16) (i64.load align=1 (local.get $pointer)))
      (local.set $left (i32.load offset=8 align=1 (local.get $pointer)))
      (local.set $pointer (i32.add (local.get $pointer) (i32.const 16)))
      (loop $events
        (if (local.get $left) (then
          (local.set $length (i32.load align=1 (local.get $pointer)))
          (if (i32.eq (i32.load8_u offset=4 (local.get $pointer)) (i32.const 88)) (then
            (i32.store8 (i32.const 64) (i32.const 1))
            (i64.store (i32.const 72) (local.get $sequence))
            (i32.store (i32.const 80) (i32.const 1024))
            (i32.store (i32.const 84) (i32.const 4))
            (br $done)))
          (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
          (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.extend_i32_u (local.get $length))))
          (local.set $sequence (i64.add (local.get $sequence) (i64.const 1)))
          (local.set $pointer (i32.add (local.get $pointer) (i32.add (i32.const 4) (local.get $length))))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $events))))
      (br $runs)))
    (i32.const 64)"#,
    ),
    (
        "query",
        "(i64.store (i32.const 64) (i64.const 0))
    (i32.store (i32.const 80) (i32.const 0)) (i32.store (i32.const 84) (i32.const 24)) (i32.const 64)",
    ),
    (
        "snapshot",
        "(i64.store (i32.const 64) (i64.const 0))
    (i32.store (i32.const 68) (i32.const 0)) (i32.store (i32.const 72) (i32.const 24)) (i32.const 64)",
    ),
    (
        "restore",
        "(memory.copy (i32.const 0) (local.get $pointer) (i32.const 24))
    (i64.store (i32.const 64) (i64.const 0)) (i32.const 64)",
    ),
];

impl Guest {
    /// Counts events and their bytes; a query answers with both as little-endian `u64`.
    pub(crate) fn v0() -> Self {
        Self {
            world: World::V0,
            parts: parts(&V0),
            packages: Vec::new(),
            interfaces: Vec::new(),
        }
    }

    /// As [`Guest::v0`], and the time of the last event.
    pub(crate) fn v1() -> Self {
        Self {
            world: World::V1,
            parts: parts(&V1),
            packages: Vec::new(),
            interfaces: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, part: &'static str, text: impl Into<String>) -> Self {
        self.parts.insert(part, text.into());
        self
    }

    /// Imports an interface of a package that is given in WIT.
    pub(crate) fn importing(mut self, package: &'static str, interface: &'static str) -> Self {
        self.packages.push(package);
        self.interfaces.push(interface);
        self
    }

    /// The whole core module.
    fn text(&self) -> String {
        let part = |name: &str| &self.parts[name];
        let interface = match self.world {
            World::V0 => "primatomic:machine/machine@0.0.1",
            World::V1 => "primatomic:machine/machine@1.0.0",
        };
        let signatures = match self.world {
            World::V0 => [
                ("init", ""),
                ("append", "(param $pointer i32) (param $length i32)"),
                (
                    "query",
                    "(param $pointer i32) (param $length i32) (result i32)",
                ),
                ("snapshot", "(result i32)"),
                ("restore", "(param $pointer i32) (param $length i32)"),
            ],
            World::V1 => [
                (
                    "init",
                    "(param $pointer i32) (param $size i32) (result i32)",
                ),
                (
                    "append",
                    "(param $sequence i64) (param $pointer i32) (param $size i32) (result i32)",
                ),
                (
                    "query",
                    "(param $parameters i32) (param $count i32) (param $pointer i32) (param $size i32) (result i32)",
                ),
                ("snapshot", "(result i32)"),
                (
                    "restore",
                    "(param $pointer i32) (param $size i32) (result i32)",
                ),
            ],
        };
        let mut functions = String::new();
        for (name, signature) in signatures {
            functions += &format!(
                "  (func (export \"{interface}#{name}\") {signature}\n    {})\n",
                part(name)
            );
            let post = format!("post-{name}");
            let returns = signature.contains("(result i32)");
            let post_signature = if returns { "(param i32)" } else { "" };
            let body = match self.parts.get(post.as_str()) {
                Some(body) => body.as_str(),
                None if returns => "(global.set $heap (i32.const 4096))",
                None => continue,
            };
            functions += &format!(
                "  (func (export \"cabi_post_{interface}#{name}\") {post_signature}\n    {body})\n"
            );
        }
        format!(
            "(module\n  {}\n  {}\n  (global $heap (mut i32) (i32.const 4096))\n  {}\n  {}\n{functions}  (data (i32.const 1024) \"no X\"))",
            part("imports"),
            part("memory"),
            part("realloc"),
            part("extra"),
        )
    }

    /// The component.
    pub(crate) fn build(&self) -> Vec<u8> {
        let text = self.text();
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let (wit, machine) = match self.world {
            World::V0 => (
                include_str!("../../../wit/machine-0.0.1/machine.wit"),
                "primatomic:machine/machine@0.0.1",
            ),
            World::V1 => (
                include_str!("../../../wit/machine-1.0.0/machine.wit"),
                "primatomic:machine/machine@1.0.0",
            ),
        };
        let mut resolve = Resolve::default();
        resolve.push_source("machine.wit", wit).unwrap();
        for package in &self.packages {
            resolve.push_source("package.wit", package).unwrap();
        }
        let imports: String = self
            .interfaces
            .iter()
            .map(|interface| format!("import {interface}; "))
            .collect();
        let world = format!("package test:guest; world guest {{ {imports}export {machine}; }}");
        let package = resolve.push_source("guest.wit", &world).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .unwrap();
        ComponentEncoder::default()
            .module(&module)
            .unwrap()
            .encode()
            .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    /// Compiles it and makes one machine, which has not been initialized.
    pub(crate) fn start(&self, limits: &MachineLimits) -> Box<dyn Machine> {
        program(&self.build()).instantiate(limits).unwrap()
    }
}

fn parts(of_world: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    COMMON
        .iter()
        .chain(of_world)
        .map(|(name, text)| (*name, (*text).to_owned()))
        .collect()
}

/// Compiles in a child process.
pub(crate) fn compile(component: &[u8]) -> Result<(ComponentReport, Bytes), ComponentError> {
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(compile::compile(
            &COMPILER,
            Bytes::copy_from_slice(component),
            CompileLimits::default(),
            drop,
        ))
}

/// Compiles and loads what must compile.
pub(crate) fn program(component: &[u8]) -> Arc<dyn Program> {
    let (_, artifact) = compile(component).unwrap();
    worker::engine::wasmer::load(&artifact).unwrap()
}

/// Events in their packed form.
pub(crate) fn pack<E: AsRef<[u8]>>(events: &[E]) -> Vec<u8> {
    let mut packed = Vec::new();
    for event in events {
        protocol::packed::push(&mut packed, event.as_ref());
    }
    packed
}
