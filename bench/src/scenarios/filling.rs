//! Logs that are full before a measurement, and the views on them.

use anyhow::Result;
use tokio::task::JoinSet;

use super::events::{INCREMENT, document, lines};
use crate::api::{Api, Endpoint, ensure_answer};
use crate::guests;

pub(super) const COUNTER: &str = "counter";
/// A view of another kind, one for each log.
pub(super) const VIEW: &str = "view";
/// Documents of the log whose view keeps everything: 10 MB.
const DOCUMENTS: u64 = 10_000;
/// Connections that fill many logs.
const CONNECTIONS: usize = 64;
/// Events of one batch.
const BATCH_EVENTS: u64 = 1_000;

/// Appends `count` events in frames of 1,000, and returns the log's head and the bytes of the events.
pub(super) async fn fill(
    api: &mut Api,
    log: &str,
    count: u64,
    make: impl Fn(u64) -> Vec<u8>,
) -> Result<(u64, u32)> {
    let (mut head, mut bytes) = (0, 0);
    for first in (0..count).step_by(usize::try_from(BATCH_EVENTS)?) {
        let lines = lines(BATCH_EVENTS, |number| make(first + number));
        bytes += lines.len() - usize::try_from(BATCH_EVENTS)?;
        head = api.append_batch(log, &lines).await?;
    }
    Ok((head, u32::try_from(bytes)?))
}

/// Appends an event to each of many logs, which are made first if `make` says so.
pub(super) async fn append_to_each(
    endpoints: impl Iterator<Item = &Endpoint> + Clone,
    logs: &[String],
    event: &[u8],
    make: bool,
) -> Result<()> {
    let mut tasks = JoinSet::new();
    for (index, endpoint) in endpoints.cycle().take(CONNECTIONS).enumerate() {
        let own = logs.iter().skip(index).step_by(CONNECTIONS).cloned();
        let (own, event) = (own.collect::<Vec<_>>(), event.to_vec());
        let mut api = endpoint.connect().await?;
        tasks.spawn(async move {
            for log in own {
                if make {
                    api.create_log(&log).await?;
                }
                api.append(&log, &event).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(filled) = tasks.join_next().await {
        filled??;
    }
    Ok(())
}

/// Makes a log of 10 MB, whose view [`VIEW`] keeps all of it and is in memory. Returns the log's head
/// and what the view answers, its size.
pub(super) async fn deploy_keeper(api: &mut Api, log: &str) -> Result<(u64, [u8; 4])> {
    api.create_log(log).await?;
    let (head, bytes) = fill(api, log, DOCUMENTS, document).await?;
    api.deploy(log, VIEW, &guests::keeps_events()?).await?;
    api.wait_for_view(log, VIEW, Some(head)).await?;
    Ok((head, bytes.to_le_bytes()))
}

/// Makes a log of `events` increments, whose view `counter` is in memory.
pub(super) async fn deploy_counter(api: &mut Api, log: &str, events: u64) -> Result<()> {
    api.create_log(log).await?;
    fill(api, log, events, |_| INCREMENT.to_vec()).await?;
    api.deploy(log, COUNTER, example_views::counter()).await?;
    check_counter(api, log, events).await
}

/// Checks that the view knows all events of its log.
pub(super) async fn check_counter(api: &mut Api, log: &str, events: u64) -> Result<()> {
    let answer = api.query(log, COUNTER, Some(events)).await?;
    ensure_answer(&answer, format!(r#"{{"value":{events}}}"#).as_bytes())
}
