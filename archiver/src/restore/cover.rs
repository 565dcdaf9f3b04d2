//! Choosing blocks: of all that were found of a log, some that follow each other from its first
//! event as far as possible.
//!
//! A log's events may lie in several blocks: in small ones and in the one that they were merged
//! into, or in one whose segment an archiver uploaded and did not come to record.

use std::collections::HashMap;

use protocol::segment::IndexEntry;
use protocol::{SegmentId, Sequence};

type Candidate = (SegmentId, IndexEntry);

/// The blocks of a log, the first one at sequence 1, that reach furthest; of those that reach equally
/// far, the largest.
pub(super) fn cover(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    // From the end on: how far one gets from each beginning, and with which block.
    candidates.sort_by_key(|(segment, entry)| (entry.first, entry.last, *segment));
    let mut best: HashMap<Sequence, (Sequence, usize)> = HashMap::new();
    for (index, (_, entry)) in candidates.iter().enumerate().rev() {
        let onwards = best.get(&entry.last.next());
        let reach = onwards.map_or(entry.last, |(reach, _)| *reach);
        let known = best.get(&entry.first).map(|(reach, _)| *reach);
        // Sorted by their last event, so the largest of equals is seen first.
        if known.is_none_or(|known| reach > known) {
            best.insert(entry.first, (reach, index));
        }
    }
    let mut chosen = Vec::new();
    let mut next = Sequence::FIRST;
    while let Some((_, index)) = best.get(&next) {
        let candidate = candidates[*index];
        next = candidate.1.last.next();
        chosen.push(candidate);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::{ChainHash, LogId, Timestamp};

    use super::*;

    fn block(first: u64, last: u64) -> Candidate {
        let log = LogId::from_bytes([1; 16]);
        let entry = IndexEntry {
            log,
            first: Sequence::new(first).unwrap(),
            last: Sequence::new(last).unwrap(),
            offset: 8,
            bytes: 1,
            body_bytes: 1,
            payload_bytes: 0,
            first_at: Timestamp(0),
            last_at: Timestamp(0),
            chain: ChainHash::origin(log),
            checksum: 0,
        };
        (SegmentId::generate(), entry)
    }

    fn ranges(chosen: &[Candidate]) -> Vec<(u64, u64)> {
        let range = |(_, entry): &Candidate| (entry.first.get(), entry.last.get());
        chosen.iter().map(range).collect()
    }

    #[test]
    fn a_merged_block_stands_for_the_ones_that_it_was_made_from() {
        let found = vec![block(1, 3), block(4, 6), block(1, 6), block(7, 9)];
        assert_eq!(ranges(&cover(found)), [(1, 6), (7, 9)]);
    }

    #[test]
    fn a_block_that_leads_nowhere_is_not_taken() {
        // The first one was uploaded by an archiver that lost its shard.
        let found = vec![block(1, 5), block(1, 4), block(5, 8), block(9, 9)];
        assert_eq!(ranges(&cover(found)), [(1, 4), (5, 8), (9, 9)]);
    }

    #[test]
    fn what_does_not_follow_is_left_out() {
        assert_eq!(ranges(&cover(vec![block(2, 3)])), []);
        let gap = vec![block(1, 3), block(5, 6)];
        assert_eq!(ranges(&cover(gap)), [(1, 3)]);
    }

    proptest! {
        /// Whatever else is there, a whole cover is found.
        #[test]
        fn a_cover_is_found_if_there_is_one(
            cuts in prop::collection::btree_set(1u64..60, 0..12),
            others in prop::collection::vec((1u64..60, 0u64..30), 0..20),
        ) {
            let end = 60;
            let mut found = Vec::new();
            let mut first = 1;
            for cut in cuts.into_iter().chain([end]) {
                found.push(block(first, cut));
                first = cut + 1;
            }
            for (first, length) in others {
                found.push(block(first, (first + length).min(end)));
            }
            let chosen = cover(found);
            let mut next = 1;
            for (first, last) in ranges(&chosen) {
                prop_assert_eq!(first, next);
                next = last + 1;
            }
            prop_assert_eq!(next, end + 1);
        }
    }
}
