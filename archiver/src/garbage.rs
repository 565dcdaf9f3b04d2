//! Garbage collection: objects that nothing refers to.
//!
//! A segment that no row refers to is waste, and was retired when its last row went. A segment that
//! the catalog does not know at all was uploaded by an archiver that did not come to record it; it
//! is waste once no archiver can record it any more.

use std::collections::HashSet;
use std::time::Duration;

use protocol::{SegmentId, Timestamp};
use storage::objects::{ObjectKey, ObjectMeta};
use uuid::Uuid;

use crate::crash::{Point, reached};
use crate::deletions;
use crate::metrics;
use crate::owner;
use crate::parts::{Parts, StepError};

/// Retired segments, and listed objects, of one step.
const AT_A_TIME: u32 = 1_000;

/// Removes what is waste.
pub(crate) async fn collect(parts: &Parts) -> Result<(), StepError> {
    owner::check(parts.objects.as_ref(), &parts.catalog).await?;
    let begun = parts.clock.now();
    retired(parts).await?;
    orphans(parts).await?;
    deletions::carry_on(parts, begun).await
}

/// The age at which a segment that the catalog does not know is waste.
pub(crate) fn orphan_age(parts: &Parts) -> Duration {
    (parts.options.record_within * 6).max(parts.options.grace)
}

async fn retired(parts: &Parts) -> Result<(), StepError> {
    let before = parts.ago(parts.options.grace);
    loop {
        let waste = parts.catalog.retired_segments(before, AT_A_TIME).await?;
        for (segment, bytes) in &waste {
            parts.objects.delete(&ObjectKey::segment(*segment)).await?;
            reached(Point::SegmentRemoved);
            parts.catalog.forget_segment(0, *segment).await?;
            metrics::removed(1, *bytes);
        }
        if waste.len() < AT_A_TIME as usize {
            return Ok(());
        }
    }
}

async fn orphans(parts: &Parts) -> Result<(), StepError> {
    let age = orphan_age(parts);
    let mut after: Option<ObjectKey> = None;
    loop {
        let limit = AT_A_TIME as usize;
        let objects = parts
            .objects
            .list(ObjectKey::SEGMENTS, after.as_ref(), limit)
            .await?;
        let old: Vec<_> = objects
            .iter()
            .filter_map(|object| object.key.as_segment())
            .filter(|segment| is_older(parts, *segment, age))
            .collect();
        let known: HashSet<_> = parts
            .catalog
            .known_segments(&old)
            .await?
            .into_iter()
            .collect();
        for ObjectMeta { key, bytes } in &objects {
            let waste = key
                .as_segment()
                .is_some_and(|segment| old.contains(&segment) && !known.contains(&segment));
            if waste {
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

fn is_older(parts: &Parts, segment: SegmentId, age: Duration) -> bool {
    made_at(segment.0).is_some_and(|made_at| made_at < parts.ago(age))
}

/// The time in an id of version 7.
pub(crate) fn made_at(id: Uuid) -> Option<Timestamp> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Some(Timestamp(seconds * 1_000_000 + u64::from(nanos) / 1_000))
}
