//! Trimming and deleting.

use protocol::Sequence;

use super::{Violation, Writer, ensure, ensure_dense, ensure_equal, read_all};
use storage::event_log::{PublishError, SharedEventLog, SubscriptionError};

/// Trimming removes whole frames up to a sequence, but never the newest, so that sequences go on.
pub(crate) async fn trimming_keeps_the_newest_frame(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let mut writer = Writer::new();
    for _ in 0..150 {
        writer.publish(&event_log, 2, 100).await?;
    }
    // Sequence 101 is in the middle of a frame, which stays whole.
    let through = Sequence::new(101).unwrap_or(Sequence::MAX);
    event_log.trim(writer.log, through).await?;
    let frames = event_log
        .read(writer.log, Sequence::FIRST, usize::MAX)
        .await?;
    ensure_equal("frames after a trim", frames.len(), 100)?;
    ensure_equal("the first one", frames[0].frame.first(), through)?;
    ensure_dense(&frames)?;
    event_log.trim(writer.log, Sequence::MAX).await?;
    let frames = read_all(&event_log, writer.log, Sequence::FIRST, 1 << 20).await?;
    ensure_equal("frames after trimming all", frames.len(), 1)?;
    ensure_equal(
        "the newest one",
        frames[0].frame.last(),
        writer.head.sequence,
    )?;
    let stored = writer.publish(&event_log, 1, 10).await?;
    ensure_equal("the next sequence", stored.frame.first().get(), 301)
}

/// A deleted log has no frames, ends its followers, and can't be written again, at no expectation.
pub(crate) async fn a_deleted_log_stays_deleted(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let (mut writer, mut neighbour) = (Writer::new(), Writer::new());
    for _ in 0..100 {
        writer.publish(&event_log, 1, 100).await?;
        neighbour.publish(&event_log, 1, 100).await?;
    }
    let mut live = event_log.subscribe(writer.log);
    event_log.delete(writer.log).await?;
    event_log.delete(writer.log).await?;
    let mut heard = live.next().await;
    while matches!(heard, Err(SubscriptionError::Skipped)) {
        heard = live.next().await;
    }
    ensure(matches!(heard, Err(SubscriptionError::Closed)), || {
        format!("a follower of a deleted log got {heard:?}")
    })?;
    let newest = event_log.newest(writer.log).await?;
    let forward = event_log
        .read(writer.log, Sequence::FIRST, usize::MAX)
        .await?;
    let back = event_log
        .read_back(writer.log, Sequence::MAX, usize::MAX)
        .await?;
    let left = usize::from(newest.is_some()) + forward.len() + back.len();
    ensure_equal("frames of a deleted log", left, 0)?;
    let fresh = Writer::of(writer.log);
    for writer in [&writer, &fresh] {
        let outcome = event_log
            .publish(writer.frame(1, 1)?, writer.position)
            .await;
        ensure(matches!(outcome, Err(PublishError::Deleted)), || {
            format!("publishing to a deleted log gave {outcome:?}")
        })?;
    }
    let frames = read_all(&event_log, neighbour.log, Sequence::FIRST, 1 << 20).await?;
    ensure_equal("frames of the neighbour", frames.len(), 100)?;
    neighbour.publish(&event_log, 1, 1).await.map(|_| ())
}
