//! Logs that are full before a measurement, and the views on them.

use anyhow::Result;

use super::events::{INCREMENT, lines};
use crate::api::{Api, ensure_answer};

pub(super) const COUNTER: &str = "counter";
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
