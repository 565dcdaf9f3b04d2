//! Ctrl-C and SIGTERM: the first one stops in good order, the second one at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// The exit code of a process that an interrupt ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// Cancels the token on the first signal and ends the process on the second. The listening ends
/// when the returned set is dropped.
pub(crate) fn cancel_on_signal(stop: CancellationToken) -> Result<JoinSet<()>, Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::other)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::other)?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        next().await;
        tracing::info!("stopping; a second signal stops at once");
        stop.cancel();
        next().await;
        // Everything acknowledged is on disk, so there is nothing that leaving would lose.
        std::process::exit(INTERRUPTED);
    });
    Ok(tasks)
}
