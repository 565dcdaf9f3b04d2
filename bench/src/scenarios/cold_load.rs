//! The first answer of a view that is not in memory.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::Scenario;
use super::filling::{VIEW, deploy_keeper, fill};
use crate::api::ensure_answer;
use crate::context::{Context, log_name};
use crate::load::Recorder;
use crate::progress;
use crate::report::Section;
use crate::server::Server;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "cold-load",
    summary: "The first answer of a view that is not in memory",
    about: "\
Over HTTP, against a server that was restarted just before: the time of the first query of a view, \
with `after` at the head of its log. Restore: the view's state is 10 MB of JSON text that hardly \
repeats, all events of its log; a snapshot of it was taken when the server stopped, which is checked. \
Replay: the example view `counter` over a log of 1,000,000 events in frames of 1,000, with its \
snapshots removed while the server was stopped. Key and log are in the server's caches, the files in \
the system's. Compiling is not part of it: the artifact is stored. Medians of 7 and 5 rounds.",
    run: |context, section| Box::pin(run(context, section)),
};

const RESTORE_ROUNDS: usize = 7;
const REPLAY_ROUNDS: usize = 5;
/// Events of the counter's log.
const INCREMENTS: u64 = 1_000_000;
const INCREMENT: &[u8] = br#"{"inc":10}"#;

async fn run(context: &Context, section: &mut Section) -> Result<()> {
    let program = context.own_program()?;
    restore(context, &program, section).await?;
    replay(context, &program, section).await
}

async fn restore(context: &Context, program: &Path, section: &mut Section) -> Result<()> {
    let data = context.data()?;
    let log = log_name("restore");
    let server = Server::start(program, data.path(), &[])?;
    let mut api = server.endpoint.connect().await?;
    let (head, size) = deploy_keeper(&mut api, &log).await?;
    server.node.stop()?;
    ensure!(
        snapshots(data.path())?
            .iter()
            .any(|path| path.to_string_lossy().ends_with(&format!("{head:016}"))),
        "the server took no snapshot of the view when it stopped, so there is nothing to restore"
    );

    let mut times = Recorder::new()?;
    for _ in 0..RESTORE_ROUNDS {
        times.record(first_answer(program, data.path(), &log, head, &size).await?);
    }
    let times = times.summary();
    progress::say(&format!("  restore of 10 MB: {:.1} ms", times.p50_ms));
    section.figure("restore of 10 MB, slowest round", times.max_ms, "ms");
    section.at_most("10 MB snapshot to first answer", times.p50_ms, 30.0, "ms");
    Ok(())
}

async fn replay(context: &Context, program: &Path, section: &mut Section) -> Result<()> {
    let data = context.data()?;
    let log = log_name("replay");
    let server = Server::start(program, data.path(), &[])?;
    let mut api = server.endpoint.connect().await?;
    api.create_log(&log).await?;
    api.deploy(&log, VIEW, example_views::counter()).await?;
    let (head, _) = fill(&mut api, &log, INCREMENTS, |_| INCREMENT.to_vec()).await?;
    api.wait_for_view(&log, VIEW, Some(head)).await?;
    server.node.stop()?;

    let expected = format!(r#"{{"value":{}}}"#, 10 * INCREMENTS);
    let mut times = Recorder::new()?;
    for _ in 0..REPLAY_ROUNDS {
        for path in snapshots(data.path())? {
            std::fs::remove_file(&path)
                .with_context(|| format!("can't remove {}", path.display()))?;
        }
        let expected = expected.as_bytes();
        times.record(first_answer(program, data.path(), &log, head, expected).await?);
    }
    let times = times.summary();
    let seconds = times.p50_ms / 1e3;
    progress::say(&format!("  replay of 1M events: {seconds:.2} s"));
    let slowest = times.max_ms / 1e3;
    section.figure("replay of 1M events, slowest round", slowest, "s");
    let what = "1M events of the counter to first answer";
    section.at_most(what, seconds, 1.5, "s");
    Ok(())
}

/// Starts the server, asks once, stops it, and returns how long the answer took.
async fn first_answer(
    program: &Path,
    data: &Path,
    log: &str,
    head: u64,
    expected: &[u8],
) -> Result<Duration> {
    let server = Server::start(program, data, &[])?;
    let mut api = server.endpoint.connect().await?;
    api.call(&server.endpoint.get(&format!("/logs/{log}")))
        .await?;
    let start = Instant::now();
    let answer = api.query(log, VIEW, Some(head)).await?;
    let time = start.elapsed();
    ensure_answer(&answer, expected)?;
    server.node.stop()?;
    Ok(time)
}

/// The snapshot objects below a data directory.
fn snapshots(data: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for version in data.join("objects/snapshots").read_dir()? {
        for snapshot in version?.path().read_dir()? {
            found.push(snapshot?.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_snapshots_are_found() {
        let data = tempfile::tempdir().unwrap();
        let version = data.path().join("objects/snapshots/version");
        std::fs::create_dir_all(&version).unwrap();
        std::fs::create_dir_all(data.path().join("objects/artifacts")).unwrap();
        std::fs::write(version.join("0000000000000042"), b"").unwrap();
        std::fs::write(data.path().join("objects/artifacts/a"), b"").unwrap();
        assert_eq!(
            snapshots(data.path()).unwrap(),
            [version.join("0000000000000042")]
        );
    }
}
