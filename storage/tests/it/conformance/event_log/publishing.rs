//! Expectations, concurrency and durability.

use std::future::Future;

use protocol::limits::EVENT_BYTES_MAX;
use protocol::{LogId, Position, Sequence};
use tokio::task::JoinSet;

use super::{Violation, Writer, ensure, ensure_dense, ensure_equal, read_all};
use storage::event_log::{PublishError, SharedEventLog};

/// Only a frame that names the newest one is stored, and a refused one leaves nothing behind.
pub(crate) async fn a_wrong_expectation_is_a_conflict(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let mut writer = Writer::new();
    let first = writer.publish(&event_log, 3, 10).await?;
    let mut late = Writer::of(writer.log);
    for expected in [Position::START, Position(first.position.0 + 1)] {
        let outcome = event_log.publish(late.frame(1, 10)?, expected).await;
        ensure(matches!(outcome, Err(PublishError::Conflict)), || {
            format!("a frame at {expected:?} gave {outcome:?}")
        })?;
    }
    late.position = first.position;
    late.head = first.frame.head();
    late.publish(&event_log, 2, 10).await?;
    let outcome = event_log
        .publish(writer.frame(1, 10)?, writer.position)
        .await;
    ensure(matches!(outcome, Err(PublishError::Conflict)), || {
        format!("an overtaken frame gave {outcome:?}")
    })?;
    let frames = read_all(&event_log, writer.log, Sequence::FIRST, 1 << 20).await?;
    ensure_equal("frames", frames.len(), 2)?;
    ensure_dense(&frames)
}

/// Of frames with the same expectation exactly one is stored, however many are published at once.
pub(crate) async fn many_publishers_of_one_log_never_overwrite(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    const PUBLISHERS: usize = 32;
    let mut writer = Writer::new();
    for round in 1..=10usize {
        let mut publishers = JoinSet::new();
        for _ in 0..PUBLISHERS {
            let (event_log, frame) = (event_log.clone(), writer.frame(2, 50)?);
            let expected = writer.position;
            publishers.spawn(async move {
                let outcome = event_log.publish(frame.clone(), expected).await;
                (frame, outcome)
            });
        }
        let mut stored = Vec::new();
        for (frame, outcome) in publishers.join_all().await {
            match outcome {
                Ok(position) => stored.push((frame, position)),
                Err(PublishError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure_equal("frames stored of one round", stored.len(), 1)?;
        if let Some((frame, position)) = stored.pop() {
            (writer.head, writer.position) = (frame.head(), position);
        }
        let frames = read_all(&event_log, writer.log, Sequence::FIRST, 1 << 20).await?;
        ensure_equal("frames", frames.len(), round)?;
        ensure_dense(&frames)?;
    }
    Ok(())
}

/// Logs that are written at the same time don't disturb each other.
pub(crate) async fn many_publishers_of_many_logs_are_independent(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    const FRAMES: usize = 10;
    let mut writers = JoinSet::new();
    for _ in 0..200 {
        let event_log = event_log.clone();
        writers.spawn(async move {
            let mut writer = Writer::new();
            for _ in 0..FRAMES {
                writer.publish(&event_log, 1, 100).await?;
            }
            Ok::<LogId, Violation>(writer.log)
        });
    }
    for log in writers.join_all().await {
        let frames = read_all(&event_log, log?, Sequence::FIRST, 1 << 20).await?;
        ensure_equal("frames of a log", frames.len(), FRAMES)?;
        ensure_dense(&frames)?;
    }
    Ok(())
}

/// The largest batch is one frame, and comes back byte for byte.
pub(crate) async fn a_frame_of_ten_megabytes_is_stored(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let mut writer = Writer::new();
    let small = writer.publish(&event_log, 1, 1).await?;
    let large = writer.publish(&event_log, 10, EVENT_BYTES_MAX).await?;
    writer.publish(&event_log, 1, 1).await?;
    let frames = read_all(&event_log, writer.log, Sequence::FIRST, 1).await?;
    ensure_equal("frames", frames.len(), 3)?;
    ensure_dense(&frames)?;
    ensure_equal(
        "the small frame",
        frames[0].frame.encoded(),
        small.frame.encoded(),
    )?;
    ensure(frames[1].frame.encoded() == large.frame.encoded(), || {
        "the large frame came back with other bytes".to_owned()
    })
}

/// What was acknowledged is there after the engine was closed and opened again, and goes on where
/// it was. `reopen` closes the engine and opens it on the same data.
pub(crate) async fn frames_survive_reopening<F: Future<Output = SharedEventLog>>(
    event_log: SharedEventLog,
    reopen: impl FnOnce() -> F,
) -> Result<(), Violation> {
    let mut writer = Writer::new();
    let mut gone = Writer::new();
    gone.publish(&event_log, 1, 1).await?;
    event_log.delete(gone.log).await?;
    for count in 1..=20 {
        writer.publish(&event_log, count, 300).await?;
    }
    drop(event_log);
    let event_log = reopen().await;
    let newest = event_log.newest(writer.log).await?;
    let position = newest.map(|stored| stored.position);
    ensure_equal("the newest position", position, Some(writer.position))?;
    writer.publish(&event_log, 1, 10).await?;
    let frames = read_all(&event_log, writer.log, Sequence::FIRST, 4_096).await?;
    ensure_equal("frames", frames.len(), 21)?;
    ensure_dense(&frames)?;
    let outcome = event_log.publish(gone.frame(1, 1)?, gone.position).await;
    ensure(matches!(outcome, Err(PublishError::Deleted)), || {
        format!("publishing to a deleted log gave {outcome:?}")
    })
}
