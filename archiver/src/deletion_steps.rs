//! The steps of deletions that are the archive's.
//!
//! What was deleted is gone from the catalog already. A deletion goes on to its next step once no segment,
//! and then no backup, holds bytes of it any more.

use catalog::DeletionStep;
use protocol::Timestamp;
use storage::objects::ObjectKey;

use crate::crash::{Point, reached};
use crate::parts::{ArchiverParts, StepError, made_at};

/// Deletions that are looked at at a time.
const AT_A_TIME: u32 = 1_000;

/// Advances deletions as far as a removal of unreferenced objects allows that began at `begun`.
pub(crate) async fn advance_all(parts: &ArchiverParts, begun: Timestamp) -> Result<(), StepError> {
    let erased = erased_before(parts, begun).await?;
    let next = DeletionStep::Backups;
    advance(parts, DeletionStep::Archive, erased, next).await?;
    let expired = expired_before(parts).await?;
    let next = DeletionStep::Done;
    advance(parts, DeletionStep::Backups, expired, next).await
}

/// What came to the step `archive` before this time is in no segment. An archiver that had read frames
/// before their logs were deleted may upload them a little later; at the age of an orphan whatever it
/// uploaded is recorded, or was removed.
async fn erased_before(parts: &ArchiverParts, begun: Timestamp) -> Result<Timestamp, StepError> {
    let erasing = parts.catalog.erasing_since().await?;
    let before = erasing.map_or(begun, |since| since.min(begun));
    Ok(before.saturating_sub(parts.orphan_age()))
}

/// What came to the step `backups` before this time is in no backup. Backups sort by their age, so the
/// first one decides for all.
async fn expired_before(parts: &ArchiverParts) -> Result<Timestamp, StepError> {
    let oldest = parts.objects.list(ObjectKey::BACKUPS, None, 1).await?;
    let oldest = oldest.first().and_then(|object| object.key.as_backup());
    Ok(oldest
        .and_then(made_at)
        .unwrap_or_else(|| parts.clock.now()))
}

/// Begins the next step of whatever came to a step before a time.
async fn advance(
    parts: &ArchiverParts,
    from: DeletionStep,
    before: Timestamp,
    to: DeletionStep,
) -> Result<(), StepError> {
    let catalog = &parts.catalog;
    let point = match to {
        DeletionStep::Done => Point::BackupsExpired,
        _ => Point::ArchiveErased,
    };
    loop {
        let due = catalog.deletions_at(from, before, AT_A_TIME).await?;
        if due.is_empty() {
            break;
        }
        reached(point);
        catalog.advance_deletions(&due, from, to).await?;
    }
    let mut due = catalog.tenant_deletions_at(from, AT_A_TIME).await?;
    due.retain(|deletion| deletion.step_at < before);
    for deletion in due {
        reached(point);
        catalog.advance_tenant_deletion(&deletion, to).await?;
        if to == DeletionStep::Done {
            tracing::info!(id = %deletion.id, "nothing is left of a deleted tenant");
        }
    }
    Ok(())
}
