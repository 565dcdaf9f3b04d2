//! Deletions of tenants: the steps that are the archive's.
//!
//! The logs of such a tenant are deleted already. What is left to do is to see that no object holds
//! bytes of them any more, and to say so in the catalog.

use std::time::Duration;

use protocol::Timestamp;
use storage::catalog::{DeletionStep, TenantDeletion};
use storage::objects::ObjectKey;

use crate::crash::{Point, reached};
use crate::garbage::{made_at, orphan_age};
use crate::parts::{Parts, StepError};

/// Deletions that are looked at in one round.
const AT_A_TIME: u32 = 1_000;

/// Carries deletions on as far as a round of garbage collection allows that began at `begun`.
pub(crate) async fn carry_on(parts: &Parts, begun: Timestamp) -> Result<(), StepError> {
    let archived = parts
        .catalog
        .tenant_deletions_at(DeletionStep::Archive, AT_A_TIME);
    for deletion in archived.await? {
        if is_erased(parts, &deletion, begun).await? {
            reached(Point::ArchiveErased);
            let next = DeletionStep::Backups;
            parts
                .catalog
                .advance_tenant_deletion(&deletion, next)
                .await?;
        }
    }
    let backed_up = parts
        .catalog
        .tenant_deletions_at(DeletionStep::Backups, AT_A_TIME);
    let mut backed_up = backed_up.await?;
    if backed_up.is_empty() {
        return Ok(());
    }
    // Backups sort by their age, so the first one decides for all.
    let oldest = parts.objects.list(ObjectKey::BACKUPS, None, 1).await?;
    let oldest = oldest
        .first()
        .and_then(|object| object.key.as_backup())
        .and_then(made_at);
    backed_up.retain(|deletion| oldest.is_none_or(|oldest| oldest > deletion.step_at));
    for deletion in backed_up {
        reached(Point::BackupsExpired);
        let next = DeletionStep::Done;
        parts
            .catalog
            .advance_tenant_deletion(&deletion, next)
            .await?;
        tracing::info!(id = %deletion.id, "nothing is left of a deleted tenant");
    }
    Ok(())
}

/// Whether no segment holds the tenant's bytes. An archiver that had read frames before their logs
/// were deleted may upload them a little later; whatever it did is recorded, or waste that this
/// round has removed, once the age of waste is over.
async fn is_erased(
    parts: &Parts,
    deletion: &TenantDeletion,
    begun: Timestamp,
) -> Result<bool, StepError> {
    let until = later(deletion.step_at, orphan_age(parts));
    Ok(begun > until && !parts.catalog.is_erasing(until).await?)
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
    Timestamp(time.as_micros().saturating_add(by))
}
