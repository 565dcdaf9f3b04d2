//! The suite that every implementation of [`EventLog`](storage::event_log::EventLog) passes.
//!
//! Each check makes logs of its own, so one engine serves all of them, in any order and at the same
//! time.

mod following;
mod publishing;
mod reading;
mod removing;
mod shards;

use protocol::frame::{FrameBuilder, Head};
use protocol::{Frame, LogId, Position, Sequence, Timestamp};
use storage::event_log::{PublishError, ReadError, SharedEventLog, StoredFrame};

pub(crate) use self::following::{a_subscriber_hears_of_every_frame, tails_have_no_gap};
pub(crate) use self::publishing::{
    a_frame_of_ten_megabytes_is_stored, a_wrong_expectation_is_a_conflict,
    frames_survive_reopening, many_publishers_of_many_logs_are_independent,
    many_publishers_of_one_log_never_overwrite,
};
pub(crate) use self::reading::{
    an_empty_log_has_no_frames, frames_are_found_by_their_time, reads_are_bounded_and_gapless,
    reads_go_back,
};
pub(crate) use self::removing::{a_deleted_log_stays_deleted, trimming_keeps_the_newest_frame};
pub(crate) use self::shards::shards_hold_every_frame_in_order;

/// What an engine does otherwise than it should.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Violation(String);

impl From<PublishError> for Violation {
    fn from(error: PublishError) -> Self {
        Self(format!("publishing failed: {error}"))
    }
}

impl From<ReadError> for Violation {
    fn from(error: ReadError) -> Self {
        Self(format!("reading failed: {error}"))
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation(otherwise()))
    }
}

fn ensure_equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    wanted: T,
) -> Result<(), Violation> {
    ensure(found == wanted, || {
        format!("{what}: expected {wanted:?}, found {found:?}")
    })
}

/// Someone who appends to a log of its own.
struct Writer {
    log: LogId,
    head: Head,
    position: Position,
    now: Timestamp,
}

impl Writer {
    fn new() -> Self {
        Self::of(LogId::generate())
    }

    fn of(log: LogId) -> Self {
        Self {
            log,
            head: Head::origin(log),
            position: Position::START,
            now: Timestamp(1_700_000_000_000_000),
        }
    }

    /// A frame behind the head, with so many events of so many bytes.
    fn frame(&self, count: u32, event_bytes: usize) -> Result<Frame, Violation> {
        let mut builder = FrameBuilder::new(self.log, self.head, self.now, rand::random());
        for index in 0..count {
            let fill = u8::try_from(index % 251).unwrap_or_default();
            let event = vec![fill; event_bytes];
            let full = |error| Violation(format!("the suite made a wrong frame: {error}"));
            builder.push([event.as_slice()], None).map_err(full)?;
        }
        let empty = || Violation("the suite made an empty frame".to_owned());
        builder.finish().ok_or_else(empty)
    }

    async fn publish(
        &mut self,
        event_log: &SharedEventLog,
        count: u32,
        event_bytes: usize,
    ) -> Result<StoredFrame, Violation> {
        let frame = self.frame(count, event_bytes)?;
        let position = event_log.publish(frame.clone(), self.position).await?;
        self.head = frame.head();
        self.position = position;
        Ok(StoredFrame { frame, position })
    }
}

/// All frames of a log from a sequence on.
async fn read_all(
    event_log: &SharedEventLog,
    log: LogId,
    from: Sequence,
    chunk_bytes: usize,
) -> Result<Vec<StoredFrame>, Violation> {
    let mut all: Vec<StoredFrame> = Vec::new();
    let mut next = from;
    loop {
        let frames = event_log.read(log, next, chunk_bytes).await?;
        let Some(last) = frames.last() else {
            return Ok(all);
        };
        next = last.frame.last().next();
        all.extend(frames);
    }
}

/// Whether frames follow each other without a gap, in sequence, position and hash chain.
fn ensure_dense(frames: &[StoredFrame]) -> Result<(), Violation> {
    for pair in frames.windows(2) {
        let (one, next) = (&pair[0], &pair[1]);
        ensure_equal("next sequence", next.frame.first(), one.frame.last().next())?;
        ensure(next.position > one.position, || {
            format!("position {:?} after {:?}", next.position, one.position)
        })?;
        ensure(next.frame.chain_holds(one.frame.head().chain), || {
            format!("the hash chain breaks at {}", next.frame.first())
        })?;
    }
    Ok(())
}
