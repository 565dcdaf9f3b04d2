//! Compiles uploaded components, and says what an artifact is.
//!
//! Components are untrusted, and a compiler is a large piece of code: it runs in a child process
//! that first limits its own memory, time and files. The child checks the component, flattens and
//! compiles it, and answers with one self-describing [artifact](artifact). Nothing here keeps
//! artifacts: whoever calls [`compile`] stores the bytes under [`artifact_digest`], records their
//! hash, and verifies it before [`crate::engine::wasmer::load`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocol::{ArtifactDigest, ComponentDigest};
use storage::bus::{ComponentError, ComponentReport};
use tokio::sync::Semaphore;

/// How to start the child process that compiles, and how many may run at once. Clones share the
/// count.
#[derive(Clone, Debug)]
pub struct CompilerCommand {
    program: PathBuf,
    args: Vec<OsString>,
    running: Arc<Semaphore>,
}

impl CompilerCommand {
    /// A command that calls [`child_main`]; at most `concurrency` of them run at once.
    #[must_use]
    pub fn new(
        program: impl Into<PathBuf>,
        args: impl IntoIterator<Item = impl Into<OsString>>,
        concurrency: usize,
    ) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            running: Arc::new(Semaphore::new(concurrency.max(1))),
        }
    }
}

/// What one compilation may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// Time from the start of the child to its answer.
    pub wall: Duration,
    /// CPU time of all threads of the child together.
    pub cpu: Duration,
    /// Address space of the child.
    pub memory_bytes: u64,
    /// Bytes of the artifact.
    pub artifact_bytes: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(120),
            cpu: Duration::from_secs(120),
            memory_bytes: 4 << 30,
            artifact_bytes: 1 << 30,
        }
    }
}

/// Names the artifact of a component for this build of the engine, this target and these settings.
#[must_use]
pub fn artifact_digest(component: ComponentDigest) -> ArtifactDigest {
    ArtifactDigest(component.0)
}

/// Checks and compiles a component in a child process.
///
/// # Errors
/// When the component is refused, or when it could not be compiled within the limits.
pub async fn compile(
    command: &CompilerCommand,
    component: Bytes,
    limits: CompileLimits,
) -> Result<(ComponentReport, Bytes), ComponentError> {
    let _ = (&command.program, &command.args, &command.running, component, limits);
    Err(ComponentError::Unavailable("the compiler is not there yet".into()))
}

/// The whole life of the child process: reads a component from its standard input, writes the
/// outcome to its standard output.
#[must_use]
pub fn child_main() -> std::process::ExitCode {
    std::process::ExitCode::FAILURE
}
