//! The child process that compiles, and what it and its parent say to each other.
//!
//! The parent writes the limits and the component to the child's standard input and closes it; the
//! child writes one [`CompilerAnswer`] to its standard output and ends.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use protocol::view::{ComponentError, ComponentReport};
use rlimit::Resource;
use serde::{Deserialize, Serialize};

use super::CompileLimits;
use super::artifact::Artifact;
use crate::engine::wasmer::settings;
use crate::{cpu_time, loader};

/// Files that the child may have open: its three streams and a few for the runtime.
const OPEN_FILES_MAX: u64 = 32;

/// What the child limits itself to: CPU seconds and bytes of address space.
pub(super) const HEADER_BYTES: usize = 16;

/// The bytes in front of the component.
pub(super) fn header(limits: &CompileLimits) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&limits.cpu.as_secs().max(1).to_le_bytes());
    header[8..].copy_from_slice(&limits.memory_bytes.to_le_bytes());
    header
}

/// What the child says.
#[derive(Serialize, Deserialize)]
pub(super) struct CompilerAnswer {
    /// CPU time that it took.
    pub(super) cpu: Duration,
    pub(super) output: CompilerOutput,
}

/// What the child found.
#[derive(Serialize, Deserialize)]
pub(super) enum CompilerOutput {
    Compiled {
        report: ComponentReport,
        artifact: Vec<u8>,
    },
    Refused(ComponentError),
}

/// All that the child process does: reads a component from its standard input, writes the
/// outcome to its standard output. It must be called before anything else in the process, since it
/// limits the process.
pub fn child_main() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        // The parent sees that there is no outcome; there is nobody else to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn answer() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut header = [0; HEADER_BYTES];
    input.read_exact(&mut header)?;
    let (cpu, memory) = header.split_at(8);
    let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
    limit_process(Duration::from_secs(number(cpu)), number(memory))?;
    let mut component = Vec::new();
    input.read_to_end(&mut component)?;
    let output = compile(&component).unwrap_or_else(CompilerOutput::Refused);
    let cpu = cpu_time::of_this_process();
    let answer = CompilerAnswer { cpu, output };
    let bytes = postcard::to_stdvec(&answer).map_err(io::Error::other)?;
    let mut output = io::stdout().lock();
    output.write_all(&bytes)?;
    output.flush()
}

fn limit_process(cpu: Duration, memory_bytes: u64) -> io::Result<()> {
    let set = |resource: Resource, value: u64| {
        let (_, hard) = resource.get()?;
        let value = value.min(hard);
        resource.set(value, value)
    };
    set(Resource::CORE, 0)?;
    set(Resource::NOFILE, OPEN_FILES_MAX)?;
    set(Resource::CPU, cpu.as_secs())?;
    set(Resource::AS, memory_bytes)
}

/// Checks and compiles in this very process.
///
/// # Errors
/// When the component is refused or can't be compiled.
pub(super) fn compile(component: &[u8]) -> Result<CompilerOutput, ComponentError> {
    let loaded = loader::load(component)?;
    let (modules, driver) = settings::compile(&loaded).map_err(|error| {
        ComponentError::Invalid(format!("a core module can't be compiled: {error}"))
    })?;
    let artifact = Artifact::new(loaded.plan, modules, driver);
    let artifact = artifact.encode().map_err(ComponentError::Unavailable)?;
    Ok(CompilerOutput::Compiled {
        report: loaded.report,
        artifact,
    })
}
