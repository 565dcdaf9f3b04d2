//! The child process that compiles: what it may use, and what happens when it fails.

use std::time::{Duration, Instant};

use bytes::Bytes;
use protocol::ComponentDigest;
use protocol::view::{ComponentError, World};
use worker::compile::{CompileLimits, CompilerCommand, artifact_digest, compile};
use worker::loader;

use crate::guests::{COMPILER, Guest};

fn run(
    command: &CompilerCommand,
    limits: CompileLimits,
) -> Result<(protocol::view::ComponentReport, Bytes), ComponentError> {
    let component = Bytes::from(Guest::v0().build());
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(compile(command, component, limits, drop))
}

fn command(program: &str, args: &[&str]) -> CompilerCommand {
    CompilerCommand::new(program, args.iter().copied(), 1)
}

#[test]
fn the_report_is_what_the_loader_says() {
    let component = Guest::v1().build();
    let (report, _) = crate::guests::compile(&component).unwrap();
    assert_eq!(report.world, World::V1);
    assert!(report.imports.is_empty());
    assert_eq!(report, loader::inspect(&component).unwrap());
}

#[test]
fn compiling_twice_gives_programs_of_one_name() {
    let digest = ComponentDigest::of(&Guest::v0().build());
    assert_eq!(digest, ComponentDigest::of(&Guest::v0().build()));
    assert_eq!(artifact_digest(digest), artifact_digest(digest));
    assert_ne!(artifact_digest(digest).0, digest.0);
}

#[test]
fn a_compiler_that_takes_too_long_is_killed() {
    let limits = CompileLimits {
        wall: Duration::from_millis(200),
        ..CompileLimits::default()
    };
    let started = Instant::now();
    let error = run(&command("sleep", &["60"]), limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the component can't be compiled within 0.2 s"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_compiler_out_of_memory_is_an_error_of_the_component() {
    let limits = CompileLimits {
        memory_bytes: 8 << 20,
        ..CompileLimits::default()
    };
    let error = run(&COMPILER, limits).map(|_| ()).unwrap_err();
    assert!(matches!(error, ComponentError::TooComplex(_)), "{error}");
}

#[test]
fn a_compiler_that_is_missing_or_talks_nonsense_is_no_fault_of_the_component() {
    let error = run(&command("/no/such/compiler", &[]), CompileLimits::default()).unwrap_err();
    assert!(matches!(error, ComponentError::Unavailable(_)), "{error}");
    let error = run(&command("true", &[]), CompileLimits::default()).unwrap_err();
    assert!(matches!(error, ComponentError::Unavailable(_)), "{error}");
}

#[test]
fn an_artifact_has_a_limit() {
    let limits = CompileLimits {
        artifact_bytes: 100,
        ..CompileLimits::default()
    };
    let error = run(&COMPILER, limits).map(|_| ()).unwrap_err();
    assert!(
        error.to_string().ends_with("and at most 100 are allowed"),
        "{error}"
    );
}

#[test]
fn an_artifact_of_another_build_is_refused() {
    let (_, artifact) = run(&COMPILER, CompileLimits::default()).unwrap();
    let mut other = artifact.to_vec();
    let place = other.windows(6).position(|word| word == b"wasmer").unwrap();
    other[place] = b'W';
    let error = worker::engine::wasmer::load(&other).err().unwrap();
    assert!(
        error.to_string().contains("it was made by Wasmer 7.4.2"),
        "{error}"
    );
    assert!(worker::engine::wasmer::load(&artifact[..artifact.len() / 2]).is_err());
    assert!(worker::engine::wasmer::load(b"").is_err());
}
