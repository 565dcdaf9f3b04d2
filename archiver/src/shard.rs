//! A shard and the archiver that holds its lease: it claims the shard, archives it, keeps it tidy, and
//! releases it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use catalog::archive::{ArchiveError, ShardLease};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::parts::{ArchiverParts, StepError};
use crate::pending::Pending;
use crate::{cut, merge, metrics, owner, rewrite, trim, unreferenced};

/// Bytes of frames that are read at a time.
const READ_BYTES: usize = 8 << 20;

/// The longest pause after a step failed; it doubles up to that.
const FAILURE_PAUSE_MAX: Duration = Duration::from_secs(30);
const FAILURE_PAUSE_MIN: Duration = Duration::from_millis(250);

/// Archives a shard whenever no other archiver does, until `stop`.
/// `leads` is set while the shard is held.
pub(crate) async fn run(
    parts: Arc<ArchiverParts>,
    shard: u16,
    leads: Option<Arc<AtomicBool>>,
    stop: CancellationToken,
) {
    let mut pause = FAILURE_PAUSE_MIN;
    while !stop.is_cancelled() {
        let claim = parts
            .catalog
            .claim_shard(shard, parts.id, parts.options.lease);
        let wait = match claim.await {
            Ok(Some(lease)) => {
                tracing::debug!(shard, position = lease.position.0, "archiving a shard");
                let holds = |holds| {
                    metrics::holds(shard, holds);
                    if let Some(leads) = &leads {
                        leads.store(holds, Ordering::Relaxed);
                    }
                };
                holds(true);
                let ended = hold(&parts, lease, &stop).await;
                holds(false);
                match ended {
                    Ok(()) => return,
                    Err(StepError::Archive(ArchiveError::LeaseLost)) => {
                        tracing::info!(shard, "another archiver has claimed a shard");
                        pause = FAILURE_PAUSE_MIN;
                        parts.options.lease
                    }
                    Err(error) => {
                        tracing::warn!(shard, %error, "a shard is not archived right now");
                        metrics::failure("shard");
                        pause = (pause * 2).min(FAILURE_PAUSE_MAX);
                        pause
                    }
                }
            }
            Ok(None) => parts.options.lease / 3,
            Err(error) => {
                tracing::warn!(shard, %error, "a shard can't be claimed right now");
                metrics::failure("lease");
                pause = (pause * 2).min(FAILURE_PAUSE_MAX);
                pause
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// What is due, and when.
struct Holding<'a> {
    parts: &'a ArchiverParts,
    lease: ShardLease,
    pending: Pending,
    renewed: Instant,
    tidied: Instant,
}

/// Archives a shard until `stop`, or until something fails.
async fn hold(
    parts: &ArchiverParts,
    lease: ShardLease,
    stop: &CancellationToken,
) -> Result<(), StepError> {
    let mut holding = Holding {
        parts,
        lease,
        pending: Pending::behind(lease.position),
        renewed: Instant::now(),
        tidied: Instant::now(),
    };
    owner::check(parts.objects.as_ref(), &parts.catalog).await?;
    // The first renewal writes down how far behind the shard is.
    holding.renew().await?;
    holding.align_storage().await?;
    loop {
        let nothing_new = tokio::select! {
            step = holding.step() => step?,
            () = stop.cancelled() => {
                parts.catalog.release_shard(holding.lease).await?;
                return Ok(());
            }
        };
        if nothing_new {
            tokio::select! {
                () = tokio::time::sleep(parts.options.poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

impl Holding<'_> {
    /// One round; whether there was nothing new.
    async fn step(&mut self) -> Result<bool, StepError> {
        let options = &self.parts.options;
        self.renew_if_due().await?;
        let shard = self.lease.shard;
        let (event_log, after) = (&self.parts.event_log, self.pending.through);
        let frames = event_log.read_shard(shard, after, READ_BYTES).await?;
        let nothing_new = frames.is_empty();
        self.pending.add(frames);
        if cut::is_due(&self.pending, options) {
            self.lease = cut::cut(self.parts, self.lease, &mut self.pending).await?;
        }
        if nothing_new {
            trim::trim(self.parts, shard).await?;
            if self.tidied.elapsed() >= options.tidy {
                self.tidy().await;
            }
        }
        // A busy shard is tidied too, only less often.
        if self.tidied.elapsed() >= options.tidy * 4 {
            trim::trim(self.parts, shard).await?;
            self.tidy().await;
        }
        Ok(nothing_new)
    }

    /// Meters the logs that were archived before there were meters, or by a restore.
    async fn align_storage(&mut self) -> Result<(), StepError> {
        let (mut logs, mut after) = (0, None);
        loop {
            let catalog = &self.parts.catalog;
            let aligned = catalog.align_storage(self.lease, after).await?;
            logs += aligned.logs;
            after = aligned.through;
            if after.is_none() {
                break;
            }
            self.renew_if_due().await?;
        }
        if self.lease.shard == 0 {
            logs += self
                .parts
                .catalog
                .end_lost_storage()
                .await
                .map_err(ArchiveError::from)?;
        }
        if logs > 0 {
            tracing::info!(
                self.lease.shard,
                logs,
                "storage of logs is metered from now on"
            );
        }
        Ok(())
    }

    async fn renew_if_due(&mut self) -> Result<(), StepError> {
        if self.renewed.elapsed() >= self.parts.options.lease / 3 {
            self.renew().await?;
        }
        Ok(())
    }

    async fn renew(&mut self) -> Result<(), StepError> {
        let parts = self.parts;
        let end = parts.event_log.shard_end(self.lease.shard).await?;
        let oldest = self.pending.oldest;
        let (catalog, duration) = (&parts.catalog, parts.options.lease);
        let renewed = catalog.renew_shard(self.lease, duration, end, oldest);
        if !renewed.await? {
            return Err(StepError::Archive(ArchiveError::LeaseLost));
        }
        self.renewed = Instant::now();
        let behind = end.0.saturating_sub(self.lease.position.0);
        let age = oldest.map(|oldest| parts.clock.now().duration_since(oldest));
        metrics::lag(self.lease.shard, behind, age.unwrap_or_default());
        Ok(())
    }

    /// What can wait. A failure here keeps nothing from being archived.
    async fn tidy(&mut self) {
        let (parts, lease) = (self.parts, self.lease);
        if let Err(error) = merge::merge(parts, lease).await {
            tracing::warn!(%error, "blocks are not merged right now");
            metrics::failure("merge");
        }
        if let Err(error) = rewrite::rewrite_due(parts, lease).await {
            tracing::warn!(%error, "deleted logs are not erased right now");
            metrics::failure("erase");
        }
        // Unreferenced segments are those of all shards, and are one archiver's work.
        if lease.shard == 0
            && let Err(error) = unreferenced::remove(parts).await
        {
            tracing::warn!(%error, "unreferenced segments are not removed right now");
            metrics::failure("garbage");
        }
        self.tidied = Instant::now();
    }
}
