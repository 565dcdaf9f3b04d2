//! Snapshots in the object store: which there are, and when another one is worth its price.
//!
//! A snapshot is a cache: whatever is wrong with one, the state can be had from an older one or
//! from the log. So nothing here is ever an error to a reader.

use std::time::Duration;

use bytes::Bytes;
use catalog::clock::SharedClock;
use catalog::{Catalog, CatalogError};
use protocol::view::SnapshotInfo;
use protocol::{Sequence, VersionId};
use storage::objects::{ObjectKey, SharedObjects};

use crate::options::SnapshotOptions;

/// Encoding and storing a state costs about this many times as much as taking it.
const STORING_FACTOR: u32 = 20;

/// An instance that is dropped is saved if it folded for longer than this since the last snapshot;
/// replaying less is as quick as restoring.
const AT_EVICTION_CPU: Duration = Duration::from_millis(10);

/// Snapshots that are looked at when the catalog is away, at most.
const LISTED_MAX: usize = 100;

/// Folding since the last snapshot, or since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) events: u64,
    pub(crate) cpu: Duration,
    /// What taking the last snapshot cost.
    pub(crate) snapshot_cost: Duration,
}

/// Whether snapshots of a version may be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    Verified,
    Unverified,
    Off,
}

pub(crate) struct Snapshots {
    pub(crate) objects: SharedObjects,
    pub(crate) catalog: Catalog,
    pub(crate) clock: SharedClock,
    pub(crate) options: SnapshotOptions,
}

impl Snapshots {
    /// Whether a hot instance should be saved.
    pub(crate) fn due(&self, folded: Folded) -> bool {
        let enough =
            folded.cpu >= self.options.after_cpu || folded.events >= self.options.after_events;
        enough && folded.cpu >= folded.snapshot_cost * STORING_FACTOR
    }

    /// Whether an instance that is dropped should be saved.
    pub(crate) fn pays(&self, folded: Folded) -> bool {
        folded.cpu > AT_EVICTION_CPU || folded.events > self.options.at_eviction_events
    }

    pub(crate) async fn trust(&self, version: VersionId) -> Result<Trust, CatalogError> {
        if self.catalog.snapshots_off(version).await?.is_some() {
            return Ok(Trust::Off);
        }
        if self.catalog.snapshots_verified(version).await? {
            return Ok(Trust::Verified);
        }
        Ok(Trust::Unverified)
    }

    /// Writes down that a version does not survive a snapshot, and removes those there are.
    pub(crate) async fn turn_off(&self, version: VersionId, reason: &str) {
        metrics::counter!("views_snapshots_off").increment(1);
        tracing::warn!(%version, reason, "snapshots are off for this version");
        if let Err(error) = self.catalog.set_snapshots_off(version, reason).await {
            tracing::warn!(%version, %error, "that snapshots are off could not be written down");
        }
        for sequence in self.newest_first(version, Sequence::MAX).await {
            self.discard(version, sequence).await;
        }
    }

    /// The snapshots of a version at or below a sequence, newest first.
    pub(crate) async fn newest_first(
        &self,
        version: VersionId,
        ceiling: Sequence,
    ) -> Vec<Sequence> {
        let mut sequences: Vec<Sequence> = match self.catalog.snapshots(version).await {
            Ok(infos) => infos.into_iter().map(|info| info.sequence).collect(),
            Err(error) => {
                tracing::warn!(%version, %error, "snapshots are looked up in the object store");
                self.listed(version).await
            }
        };
        sequences.retain(|sequence| *sequence <= ceiling);
        sequences.sort_unstable_by(|left, right| right.cmp(left));
        sequences
    }

    async fn listed(&self, version: VersionId) -> Vec<Sequence> {
        let prefix = ObjectKey::snapshots_of(version);
        let Ok(objects) = self.objects.list(&prefix, None, LISTED_MAX).await else {
            return Vec::new();
        };
        let sequence = |key: &ObjectKey| {
            let number = key.as_str().strip_prefix(&prefix)?.parse().ok()?;
            Sequence::new(number).ok()
        };
        objects.iter().filter_map(|it| sequence(&it.key)).collect()
    }

    /// Stores a snapshot and removes those that are older than the newest few.
    pub(crate) async fn store(&self, version: VersionId, sequence: Sequence, object: Bytes) {
        let info = SnapshotInfo {
            sequence,
            bytes: object.len() as u64,
            created_at: self.clock.now(),
        };
        let key = ObjectKey::snapshot(version, sequence);
        if let Err(error) = self.objects.put_if_absent(&key, object).await {
            metrics::counter!("views_snapshot_errors").increment(1);
            tracing::warn!(%version, %sequence, %error, "a snapshot could not be stored");
            return;
        }
        if let Err(error) = self.catalog.record_snapshot(version, info).await {
            metrics::counter!("views_snapshot_errors").increment(1);
            tracing::warn!(%version, %sequence, %error, "a snapshot could not be recorded");
            return;
        }
        metrics::counter!("views_snapshots").increment(1);
        let kept = self.newest_first(version, Sequence::MAX).await;
        for old in kept.into_iter().skip(self.options.keep.max(1)) {
            self.discard(version, old).await;
        }
    }

    /// Removes a snapshot: first its row, so that nobody looks for the object any more.
    pub(crate) async fn discard(&self, version: VersionId, sequence: Sequence) {
        if let Err(error) = self.catalog.forget_snapshot(version, sequence).await {
            tracing::warn!(%version, %sequence, %error, "a snapshot could not be forgotten");
            return;
        }
        let key = ObjectKey::snapshot(version, sequence);
        if let Err(error) = self.objects.delete(&key).await {
            tracing::warn!(%version, %sequence, %error, "a snapshot could not be removed");
        }
    }
}
