//! Compiles uploaded components, and says what an artifact is.
//!
//! Components are untrusted, and a compiler is a large piece of code: it runs in a child process
//! that first limits its own memory, time and files. The child checks the component, flattens and
//! compiles it, and answers with one self-describing [`artifact`]. Nothing here keeps artifacts:
//! whoever calls [`compile`] stores the bytes under [`artifact_digest`], records their hash, and
//! verifies it before [`crate::engine::wasmer::load`].

pub(crate) mod artifact;
mod child;

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use protocol::view::{ComponentError, ComponentReport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

pub use self::artifact::artifact_digest;
pub use self::child::child_main;

use self::child::{CompilerAnswer, CompilerOutput};
use crate::loader;

/// Bytes that the outcome has besides the artifact: a report, at most.
const REPORT_BYTES_MAX: u64 = 1 << 20;

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
    /// CPU time of all threads of the child together, in whole seconds.
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

/// Checks and compiles a component in a child process. Waits while as many run already as may.
/// `took` hears of the CPU time; of a child that was ended, of as much time as it ran.
///
/// # Errors
/// When the component is refused, or when it could not be compiled within the limits.
pub async fn compile(
    command: &CompilerCommand,
    component: Bytes,
    limits: CompileLimits,
    took: impl FnOnce(Duration),
) -> Result<(ComponentReport, Bytes), ComponentError> {
    loader::check_size(&component)?;
    let _permit = command
        .running
        .acquire()
        .await
        .map_err(|_| unavailable("the worker is shutting down"))?;
    let mut child = Command::new(&command.program)
        .args(&command.args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| unavailable(&format!("the compiler can't be started: {error}")))?;
    let started = Instant::now();
    let talked = tokio::time::timeout(limits.wall, talk(&mut child, &component, &limits)).await;
    let Ok(talked) = talked else {
        took(started.elapsed());
        // Kills by the id of the child and reaps it.
        if let Err(error) = child.kill().await {
            tracing::warn!(%error, "a compiler that took too long can't be killed");
        }
        return Err(ComponentError::TooComplex(format!(
            "the component can't be compiled within {} s",
            limits.wall.as_secs_f32()
        )));
    };
    let (output, status) =
        talked.map_err(|error| unavailable(&format!("the compiler can't be reached: {error}")))?;
    let answer: Option<CompilerAnswer> = postcard::from_bytes(&output).ok();
    took(
        answer
            .as_ref()
            .map_or_else(|| started.elapsed(), |it| it.cpu),
    );
    understand(answer, status, &limits)
}

/// Gives the child its input while reading its output, so that neither waits for the other.
async fn talk(
    child: &mut Child,
    component: &[u8],
    limits: &CompileLimits,
) -> std::io::Result<(Vec<u8>, ExitStatus)> {
    let stdin = child.stdin.take();
    let stdout = child.stdout.take();
    let give = async {
        let Some(mut stdin) = stdin else { return };
        // A child that refuses early closes its input; what it says then counts.
        let _ = stdin.write_all(&child::header(limits)).await;
        let _ = stdin.write_all(component).await;
        let _ = stdin.shutdown().await;
    };
    let take = async {
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            let max = limits.artifact_bytes.saturating_add(REPORT_BYTES_MAX);
            stdout
                .take(max.saturating_add(1))
                .read_to_end(&mut output)
                .await?;
        }
        Ok::<_, std::io::Error>(output)
    };
    let ((), output) = tokio::join!(give, take);
    let output = output?;
    Ok((output, child.wait().await?))
}

fn understand(
    answer: Option<CompilerAnswer>,
    status: ExitStatus,
    limits: &CompileLimits,
) -> Result<(ComponentReport, Bytes), ComponentError> {
    if let Some(signal) = status.signal() {
        return Err(ComponentError::TooComplex(format!(
            "the component can't be compiled with {} s of CPU time and {} MiB of memory (signal \
             {signal})",
            limits.cpu.as_secs(),
            limits.memory_bytes >> 20
        )));
    }
    if !status.success() {
        return Err(ComponentError::TooComplex(
            "the compiler failed on the component".into(),
        ));
    }
    let answer = answer.ok_or_else(|| unavailable("the answer of the compiler is damaged"))?;
    match answer.output {
        CompilerOutput::Compiled { artifact, .. }
            if artifact.len() as u64 > limits.artifact_bytes =>
        {
            Err(ComponentError::TooComplex(format!(
                "the compiled component has {} bytes, and at most {} are allowed",
                artifact.len(),
                limits.artifact_bytes
            )))
        }
        CompilerOutput::Compiled { report, artifact } => Ok((report, Bytes::from(artifact))),
        CompilerOutput::Refused(error) => Err(error),
    }
}

fn unavailable(text: &str) -> ComponentError {
    ComponentError::Unavailable(format!("{text}; try again later"))
}
