//! Windows of frames, forwards and backwards.

use protocol::{LogId, Sequence, Timestamp};

use super::{Violation, Writer, ensure, ensure_dense, ensure_equal};
use storage::event_log::{SharedEventLog, StoredFrame};

/// Frames of the log that the checks read, and events in each of them.
const FRAMES: u64 = 20;
const EVENTS: u64 = 5;

async fn written(event_log: &SharedEventLog) -> Result<LogId, Violation> {
    let (mut writer, mut neighbour) = (Writer::new(), Writer::new());
    for _ in 0..FRAMES {
        writer.publish(event_log, 5, 100).await?;
        neighbour.publish(event_log, 1, 100).await?;
    }
    Ok(writer.log)
}

fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap_or(Sequence::MAX)
}

fn firsts(frames: &[StoredFrame]) -> Vec<u64> {
    frames
        .iter()
        .map(|stored| stored.frame.first().get())
        .collect()
}

/// A log that was never written has no newest frame and nothing to read.
pub(crate) async fn an_empty_log_has_no_frames(event_log: SharedEventLog) -> Result<(), Violation> {
    let log = LogId::generate();
    ensure(event_log.newest(log).await?.is_none(), || {
        "an empty log has a newest frame".to_owned()
    })?;
    let forward = event_log.read(log, Sequence::FIRST, 1_000).await?;
    let back = event_log.read_back(log, Sequence::MAX, 1_000).await?;
    ensure_equal("frames of an empty log", forward.len() + back.len(), 0)
}

/// Reading begins with the frame that holds the sequence, gives at least one frame, and no more
/// than fit.
pub(crate) async fn reads_are_bounded_and_gapless(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let log = written(&event_log).await?;
    for from in 0..=FRAMES * EVENTS {
        let frames = event_log.read(log, sequence(from), usize::MAX).await?;
        let begin = from.max(1).div_ceil(EVENTS) - 1;
        let wanted = (begin..FRAMES).map(|index| index * EVENTS + 1).collect();
        ensure_equal("frames from a sequence", firsts(&frames), wanted)?;
        ensure_dense(&frames)?;
    }
    let past = sequence(FRAMES * EVENTS + 1);
    let frames = event_log.read(log, past, usize::MAX).await?;
    ensure_equal("frames behind the end", frames.len(), 0)?;
    let one = event_log.read(log, sequence(8), 0).await?;
    ensure_equal("a read without room", firsts(&one), vec![6])?;
    let room = one[0].frame.encoded().len() * 3;
    let three = event_log.read(log, sequence(8), room).await?;
    ensure_equal(
        "a read with room for three",
        firsts(&three),
        vec![6, 11, 16],
    )
}

/// Reading back begins below a sequence and gives the newest frames first.
pub(crate) async fn reads_go_back(event_log: SharedEventLog) -> Result<(), Violation> {
    let log = written(&event_log).await?;
    let newest = event_log.newest(log).await?;
    let newest: Vec<_> = newest.into_iter().collect();
    ensure_equal("the newest frame", firsts(&newest), vec![96])?;
    let all = event_log.read_back(log, Sequence::MAX, usize::MAX).await?;
    let wanted = (0..FRAMES).rev().map(|index| index * EVENTS + 1).collect();
    ensure_equal("all frames back", firsts(&all), wanted)?;
    let one = event_log.read_back(log, sequence(11), 0).await?;
    ensure_equal("one frame back", firsts(&one), vec![6])?;
    let inside = event_log.read_back(log, sequence(12), 0).await?;
    ensure_equal(
        "the frame that holds the one before",
        firsts(&inside),
        vec![11],
    )?;
    let none = event_log
        .read_back(log, Sequence::FIRST, usize::MAX)
        .await?;
    ensure_equal("frames before the first", none.len(), 0)
}

/// A frame is found by its time, however many share it, and behind what was trimmed.
pub(crate) async fn frames_are_found_by_their_time(
    event_log: SharedEventLog,
) -> Result<(), Violation> {
    let (mut writer, mut neighbour) = (Writer::new(), Writer::new());
    let found = event_log.since(writer.log, Timestamp(0)).await?;
    ensure(found.is_none(), || "an empty log has a frame".to_owned())?;
    // Three frames at each of seven times.
    for index in 0..21u64 {
        writer.now = Timestamp(1_700_000_000_000_000 + index / 3 * 10);
        writer.publish(&event_log, 5, 100).await?;
        neighbour.publish(&event_log, 1, 100).await?;
    }
    let log = writer.log;
    let check = async |time: u64, wanted: Option<u64>| {
        let time = Timestamp(1_700_000_000_000_000 + time);
        let found = event_log.since(log, time).await?;
        let first = found.map(|stored| stored.frame.first().get());
        ensure_equal("the first frame since a time", first, wanted)
    };
    for step in 0..7u64 {
        check(step * 10, Some(step * 15 + 1)).await?;
        check(step * 10 + 1, (step < 6).then_some(step * 15 + 16)).await?;
    }
    ensure_equal(
        "frames since ever",
        event_log.since(log, Timestamp(0)).await?.is_some(),
        true,
    )?;
    event_log.trim(log, sequence(35)).await?;
    check(0, Some(36)).await?;
    check(20, Some(36)).await?;
    check(21, Some(46)).await?;
    check(60, Some(91)).await?;
    check(61, None).await
}
