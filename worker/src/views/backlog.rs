//! Runs of events that wait to be folded, cut into batches.

use std::collections::VecDeque;

use protocol::packed::{LENGTH_BYTES, split_event};
use protocol::{Run, Sequence, Timestamp};

use crate::engine::EventRun;

/// Runs in their order, of which the first may be folded in part.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    runs: VecDeque<Run>,
    /// How far the first run is cut already.
    cut: Cut,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cut {
    events: u32,
    bytes: usize,
}

/// How large a batch may be. A single event is always enough for a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BatchSize {
    pub events: u32,
    pub bytes: usize,
}

/// Consecutive events that are folded in one call.
#[derive(Debug)]
pub(super) struct Batch {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    run: Run,
    first: Sequence,
    count: u32,
    start: usize,
    end: usize,
}

/// What [`Backlog::next_batch`] found.
#[derive(Debug)]
pub(super) enum Next {
    Batch(Batch),
    /// Nothing is left that is above the applied sequence and not above the ceiling.
    Nothing,
    /// The next run is further on than the next event: some are missing before it.
    Gap,
}

impl Backlog {
    pub(super) fn extend(&mut self, runs: impl IntoIterator<Item = Run>) {
        self.runs.extend(runs);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.cut = Cut::default();
    }

    fn drop_first(&mut self) {
        self.runs.pop_front();
        self.cut = Cut::default();
    }

    /// Takes the events that follow `applied`, as many as fit into `size`, none above `ceiling`.
    pub(super) fn next_batch(
        &mut self,
        applied: Sequence,
        ceiling: Sequence,
        size: BatchSize,
    ) -> Next {
        let mut batch = Batch { pieces: Vec::new() };
        let (mut events_left, mut bytes_left) = (size.events.max(1), size.bytes);
        let mut reached = applied;
        while let Some(run) = self.runs.front() {
            if reached >= ceiling {
                self.clear();
                break;
            }
            if run.last() <= reached {
                self.drop_first();
                continue;
            }
            if run.first() > reached.next() {
                if batch.pieces.is_empty() {
                    return Next::Gap;
                }
                break;
            }
            let events_max = events_left.min(count(ceiling.since(reached)));
            let Some(piece) = piece(run, &mut self.cut, reached, events_max, bytes_left, &batch)
            else {
                break;
            };
            events_left -= piece.count;
            bytes_left = bytes_left.saturating_sub(piece.end - piece.start);
            reached = last_of(&piece);
            batch.pieces.push(piece);
            if events_left == 0 || bytes_left == 0 {
                break;
            }
        }
        if batch.pieces.is_empty() {
            Next::Nothing
        } else {
            Next::Batch(batch)
        }
    }
}

/// The part of a run that follows `reached` and fits; `None` when not one event fits into a batch
/// that holds some already.
fn piece(
    run: &Run,
    cut: &mut Cut,
    reached: Sequence,
    events_max: u32,
    bytes_max: usize,
    batch: &Batch,
) -> Option<Piece> {
    let packed = run.packed_events();
    // Events of the run that were applied before it came, such as by a snapshot.
    while run.first().get() + u64::from(cut.events) <= reached.get() {
        cut.bytes += event_bytes(packed, cut.bytes);
        cut.events += 1;
    }
    let start = *cut;
    let whole = run.count() - start.events;
    if whole <= events_max && packed.len() - start.bytes <= bytes_max {
        *cut = Cut {
            events: run.count(),
            bytes: packed.len(),
        };
    } else {
        while cut.events < run.count() && cut.events - start.events < events_max {
            let bytes = event_bytes(packed, cut.bytes);
            let first_of_batch = batch.pieces.is_empty() && cut.events == start.events;
            if cut.bytes + bytes - start.bytes > bytes_max && !first_of_batch {
                break;
            }
            cut.bytes += bytes;
            cut.events += 1;
        }
    }
    (cut.events > start.events).then(|| Piece {
        first: reached.next(),
        count: cut.events - start.events,
        start: start.bytes,
        end: cut.bytes,
        run: run.clone(),
    })
}

/// Bytes of the packed event at `offset`, its length included. Runs are verified when they are
/// decoded, so the length is there.
fn event_bytes(packed: &[u8], offset: usize) -> usize {
    let event = packed.get(offset..).and_then(split_event);
    LENGTH_BYTES + event.map_or(0, |(event, _)| event.len())
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn last_of(piece: &Piece) -> Sequence {
    piece.first.saturating_add(u64::from(piece.count) - 1)
}

impl Batch {
    /// The batch as an engine takes it.
    pub(super) fn runs(&self) -> Vec<EventRun<'_>> {
        self.pieces
            .iter()
            .map(|piece| EventRun {
                first: piece.first,
                timestamp: piece.run.timestamp(),
                count: piece.count,
                packed: &piece.run.packed_events()[piece.start..piece.end],
            })
            .collect()
    }

    pub(super) fn first(&self) -> Sequence {
        self.pieces.first().map_or(Sequence::ZERO, |it| it.first)
    }

    pub(super) fn last(&self) -> Sequence {
        self.pieces.last().map_or(Sequence::ZERO, last_of)
    }

    pub(super) fn events(&self) -> u64 {
        self.last().since(self.first()) + 1
    }

    /// The time of the last event.
    pub(super) fn timestamp(&self) -> Timestamp {
        let last = self.pieces.last();
        last.map_or(Timestamp::default(), |it| it.run.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::frame::{FrameBuilder, Head};
    use protocol::packed::PackedEvents;
    use protocol::{Frame, LogId};

    use super::*;

    /// Frames of the given sizes; the bytes of every event are its sequence, repeated.
    fn frames(sizes: &[usize]) -> Vec<Frame> {
        let log = LogId::generate();
        let mut head = Head::origin(log);
        let mut frames = Vec::new();
        for size in sizes {
            let now = Timestamp(head.timestamp.as_micros() + 1);
            let mut builder = FrameBuilder::new(log, head, now, [0; 16]);
            for index in 0..*size {
                let sequence = head.sequence.get() + index as u64 + 1;
                builder
                    .push([sequence.to_string().as_bytes()], None)
                    .unwrap();
            }
            let frame = builder.finish().unwrap();
            head = frame.head();
            frames.push(frame);
        }
        frames
    }

    fn folded(batch: &Batch) -> Vec<(u64, String)> {
        let mut events = Vec::new();
        for run in batch.runs() {
            let packed = PackedEvents::parse(run.packed).unwrap();
            assert_eq!(packed.count(), run.count as usize);
            for (index, event) in packed.iter().enumerate() {
                let text = String::from_utf8(event.to_vec()).unwrap();
                events.push((run.first.get() + index as u64, text));
            }
        }
        events
    }

    #[test]
    fn a_missing_frame_is_a_gap_and_not_a_jump() {
        let frames = frames(&[2, 2, 2]);
        let mut backlog = Backlog::default();
        backlog.extend([Run::from(&frames[0])]);
        backlog.extend([Run::from(&frames[2])]);
        let size = BatchSize {
            events: 100,
            bytes: 1 << 20,
        };
        let Next::Batch(batch) = backlog.next_batch(Sequence::ZERO, Sequence::MAX, size) else {
            panic!("there is a batch");
        };
        assert_eq!(batch.last().get(), 2);
        let next = backlog.next_batch(batch.last(), Sequence::MAX, size);
        assert!(matches!(next, Next::Gap));
    }

    proptest! {
        /// However frames are cut, every event is folded once, in order, up to the ceiling.
        #[test]
        fn batches_hold_every_event_once(
            sizes in prop::collection::vec(1usize..30, 1..12),
            events in 1u32..40,
            bytes in 1usize..200,
            start in 0u64..20,
            ceiling in 0u64..300,
        ) {
            let mut backlog = Backlog::default();
            let total = sizes.iter().sum::<usize>() as u64;
            let start = start.min(total);
            for frame in frames(&sizes) {
                backlog.extend([Run::from(&frame)]);
                // A run that comes twice changes nothing.
                backlog.extend([Run::from(&frame)]);
            }
            let ceiling = Sequence::new(ceiling).unwrap();
            let mut applied = Sequence::new(start).unwrap();
            let mut seen = Vec::new();
            loop {
                match backlog.next_batch(applied, ceiling, BatchSize { events, bytes }) {
                    Next::Batch(batch) => {
                        prop_assert_eq!(batch.first(), applied.next());
                        prop_assert!(batch.events() <= u64::from(events));
                        applied = batch.last();
                        seen.extend(folded(&batch));
                    }
                    Next::Nothing => break,
                    Next::Gap => panic!("no frame is missing"),
                }
            }
            let expected: Vec<_> = (start + 1..=total.min(ceiling.get()))
                .map(|sequence| (sequence, sequence.to_string()))
                .collect();
            prop_assert_eq!(seen, expected);
            prop_assert!(backlog.is_empty());
        }
    }
}
