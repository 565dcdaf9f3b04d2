//! Garbage collection: removes the segments that nothing refers to.
//!
//! A segment was retired when its last row went. An orphan, which the catalog does not know at all, was
//! uploaded by an archiver that did not come to record it; it is removed once no archiver can record it
//! any more.

use std::collections::HashSet;

use protocol::SegmentId;
use storage::objects::{ObjectKey, ObjectMeta};

use crate::crash::{Point, reached};
use crate::deletion_steps;
use crate::metrics;
use crate::owner;
use crate::parts::{ArchiverParts, StepError, made_at};

/// Retired segments, and listed objects, of one step.
const AT_A_TIME: u32 = 1_000;

/// Removes segments that nothing refers to, and advances the deletions that waited for that.
pub(crate) async fn remove(parts: &ArchiverParts) -> Result<(), StepError> {
    owner::check(parts.objects.as_ref(), &parts.catalog).await?;
    let begun = parts.clock.now();
    retired(parts).await?;
    orphans(parts).await?;
    deletion_steps::advance_all(parts, begun).await
}

async fn retired(parts: &ArchiverParts) -> Result<(), StepError> {
    let before = parts.ago(parts.options.grace);
    loop {
        let retired = parts.catalog.retired_segments(before, AT_A_TIME).await?;
        for (segment, bytes) in &retired {
            parts.objects.delete(&ObjectKey::segment(*segment)).await?;
            reached(Point::SegmentRemoved);
            parts.catalog.forget_segment(0, *segment).await?;
            metrics::removed(1, *bytes);
        }
        if retired.len() < AT_A_TIME as usize {
            return Ok(());
        }
    }
}

async fn orphans(parts: &ArchiverParts) -> Result<(), StepError> {
    let mut after: Option<ObjectKey> = None;
    loop {
        let limit = AT_A_TIME as usize;
        let listed = parts
            .objects
            .list(ObjectKey::SEGMENTS, after.as_ref(), limit);
        let objects = listed.await?;
        let before = parts.ago(parts.orphan_age());
        let is_old = |segment: &SegmentId| made_at(segment.0).is_some_and(|at| at < before);
        let segments = objects.iter().filter_map(|object| object.key.as_segment());
        let old: Vec<_> = segments.filter(is_old).collect();
        let known = parts.catalog.known_segments(&old).await?;
        let known: HashSet<_> = known.into_iter().collect();
        let is_orphan = |segment| is_old(&segment) && !known.contains(&segment);
        for ObjectMeta { key, bytes } in &objects {
            if key.as_segment().is_some_and(is_orphan) {
                parts.objects.delete(key).await?;
                metrics::removed(1, *bytes);
            }
        }
        // Segments sort by their age: behind a young one there are only younger ones.
        let all_old = old.len() == objects.len();
        match objects.into_iter().next_back() {
            Some(last) if all_old => after = Some(last.key),
            _ => return Ok(()),
        }
    }
}
