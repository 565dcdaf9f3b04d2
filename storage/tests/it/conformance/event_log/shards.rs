//! Shards: the frames of many logs, in the order in which they were stored.

use std::collections::HashMap;
use std::time::Duration;

use protocol::{LogId, Position, Sequence};

use super::{Violation, Writer, ensure, ensure_equal};
use storage::event_log::SharedEventLog;

/// How often, and how far apart, the shards are read for the newest frames.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// Whoever reads the shards behind a position finds every frame that was stored after it, those of
/// each log in their order, and the end of a shard is its newest frame.
pub(crate) async fn shards_hold_every_frame_in_order(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let mut starts = Vec::new();
    for shard in 0..event_log.shards() {
        starts.push(event_log.shard_end(shard).await?);
    }
    let mut writers: Vec<_> = (0..20).map(|_| Writer::new()).collect();
    for round in 0..15 {
        for writer in &mut writers {
            writer.publish(&event_log, 1 + round % 3, 50).await?;
        }
    }
    let mut gone = Writer::new();
    gone.publish(&event_log, 1, 50).await?;
    event_log.delete(gone.log).await?;
    let mut newest = HashMap::new();
    for _ in 0..ATTEMPTS {
        for (shard, after) in starts.iter_mut().enumerate() {
            let shard = u16::try_from(shard).unwrap_or_default();
            *after = read(&event_log, shard, *after, &mut newest).await?;
        }
        let found = |writer: &Writer| newest.get(&writer.log) == Some(&writer.head.sequence);
        if writers.iter().all(found) {
            return Ok(());
        }
        // The newest frames may be missing for a moment.
        tokio::time::sleep(PAUSE).await;
    }
    Err(Violation(
        "frames of some logs are not in their shards".to_owned(),
    ))
}

/// Reads a shard to where it seems to end, in small steps.
async fn read(
    event_log: &SharedEventLog,
    shard: u16,
    mut after: Position,
    newest: &mut HashMap<LogId, Sequence>,
) -> Result<Position, Violation> {
    loop {
        let frames = event_log.read_shard(shard, after, 2_000).await?;
        if frames.is_empty() {
            break;
        }
        for stored in frames {
            ensure(stored.position > after, || {
                format!("position {:?} behind {after:?}", stored.position)
            })?;
            after = stored.position;
            let last = newest.entry(stored.frame.log()).or_default();
            ensure_equal("the next frame", stored.frame.first(), last.next())?;
            *last = stored.frame.last();
        }
    }
    let end = event_log.shard_end(shard).await?;
    ensure(after <= end, || {
        format!("a frame at {after:?} behind the end {end:?}")
    })?;
    Ok(after)
}
