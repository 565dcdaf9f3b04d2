//! Restoring: from the object store alone to a cluster that goes on where the old one ended.
//!
//! The catalog comes from the newest backup and the control events that were added to it. Where the
//! blocks of each log are comes from the segments themselves, so it does not matter which of them
//! were cut, merged or removed since the backup. Last, the end of every log is put into the event
//! log, so that its sequences go on, and with it the events whose idempotency keys are still valid.

mod cover;
mod segments;
mod tails;

use std::collections::HashMap;
use std::time::Duration;

use catalog::clock::SharedClock;
use catalog::{Catalog, CatalogError};
use protocol::{LogId, Position};
use serde::Serialize;
use storage::event_log::{PublishError, ReadError, SharedEventLog};
use storage::objects::{ObjectError, SharedObjects};
use uuid::Uuid;

use self::segments::Candidates;
use crate::OwnerError;
use crate::backup::{self, Manifest, ManifestError, decode_rows, manifest_key};
use crate::owner;

/// What a restore works with.
pub struct RestoreParts {
    pub event_log: SharedEventLog,
    pub objects: SharedObjects,
    pub catalog: Catalog,
    pub clock: SharedClock,
    /// How long idempotency keys are valid.
    pub key_window: Duration,
    /// Restore although the object store holds the archive of another catalog, and make it this one's.
    pub take_over: bool,
}

/// What was restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    pub backup: Uuid,
    pub control_events: u64,
    pub segments: u64,
    pub logs: u64,
    pub events: u64,
    /// Logs of whose events some are in no segment: they end before the first one that is missing.
    pub cut_off_logs: u64,
}

/// A step that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Catalog { rows: u64 },
    Segments { read: u64 },
    Logs { done: u64, of: u64 },
}

/// Why nothing, or not everything, was restored. A restore that failed begins again on empty
/// stores.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("{0} is not empty; a restore begins with empty stores, but for the object store")]
    NotEmpty(&'static str),
    #[error("the object store has no complete backup; is it the right bucket or directory?")]
    NoBackup,
    #[error("there is no complete backup {0}; leave it out to take the newest one")]
    NoSuchBackup(Uuid),
    #[error(
        "the object store holds the archive of another catalog ({0}). If that cluster is lost, say \
         --take-over. If it still runs, restore from a copy of the bucket: two clusters on one would \
         remove each other's events"
    )]
    InUse(String),
    #[error(transparent)]
    Owner(#[from] OwnerError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the event log refused the end of log {log}: {error}")]
    Publish { log: LogId, error: PublishError },
    #[error("{what} is damaged: {reason}")]
    Damaged { what: String, reason: String },
}

impl RestoreError {
    fn damaged(what: &str, reason: &dyn std::fmt::Display) -> Self {
        Self::Damaged {
            what: what.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// Called with each step that was begun.
type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Restores into empty stores; from the newest backup if none is named.
pub async fn restore(
    parts: &RestoreParts,
    backup: Option<Uuid>,
    progress: OnProgress<'_>,
) -> Result<RestoreReport, RestoreError> {
    check_empty(parts).await?;
    if !parts.take_over
        && let Some(owner) = owner::read(parts.objects.as_ref()).await?
    {
        return Err(RestoreError::InUse(owner));
    }
    let backup = find(parts, backup).await?;
    let mut report = RestoreReport {
        backup: backup.id,
        ..RestoreReport::default()
    };
    let manifest = parts.objects.get(&manifest_key(backup.id)).await?;
    let manifest = Manifest::decode(&manifest)?;
    report.control_events = load_catalog(parts, &backup, &manifest, progress).await?;
    let logs: HashMap<LogId, _> = all_logs(parts).await?;
    let candidates = Candidates::read(parts, &manifest, &logs, progress).await?;
    candidates
        .adopt(parts, &logs, &mut report, progress)
        .await?;
    for shard in 0..parts.event_log.shards() {
        let end = parts.event_log.shard_end(shard).await?;
        parts.catalog.set_archived(shard, end).await?;
    }
    owner::take_over(parts.objects.as_ref(), &parts.catalog).await?;
    Ok(report)
}

async fn check_empty(parts: &RestoreParts) -> Result<(), RestoreError> {
    if !parts.catalog.is_empty().await? {
        return Err(RestoreError::NotEmpty("the catalog"));
    }
    for shard in 0..parts.event_log.shards() {
        if parts.event_log.shard_end(shard).await? != Position::START {
            return Err(RestoreError::NotEmpty("the event log"));
        }
    }
    Ok(())
}

async fn find(parts: &RestoreParts, id: Option<Uuid>) -> Result<backup::Found, RestoreError> {
    let mut backups = backup::list(parts.objects.as_ref()).await?;
    backups.retain(backup::Found::is_complete);
    match id {
        Some(id) => {
            let found = backups.into_iter().find(|backup| backup.id == id);
            found.ok_or(RestoreError::NoSuchBackup(id))
        }
        None => backups.pop().ok_or(RestoreError::NoBackup),
    }
}

/// Loads the rows of the backup and what was added to it, and derives the catalog's tables.
async fn load_catalog(
    parts: &RestoreParts,
    backup: &backup::Found,
    manifest: &Manifest,
    progress: OnProgress<'_>,
) -> Result<u64, RestoreError> {
    let mut loaded = 0;
    for part in &manifest.rows {
        let bytes = parts.objects.get(&part.key(backup.id)).await?;
        part.check(&bytes)?;
        let rows = decode_rows(&part.name, &bytes)?;
        loaded += rows.len() as u64;
        parts.catalog.load(rows).await?;
        progress(Progress::Catalog { rows: loaded });
    }
    for key in &backup.keys {
        let name = key.as_str().rsplit('/').next().unwrap_or_default();
        if name.starts_with(backup::SINCE) {
            let bytes = parts.objects.get(key).await?;
            parts.catalog.load(decode_rows(name, &bytes)?).await?;
        }
    }
    Ok(parts.catalog.finish_load().await?.events)
}

async fn all_logs(
    parts: &RestoreParts,
) -> Result<HashMap<LogId, catalog::Retention>, RestoreError> {
    let mut logs = HashMap::new();
    let mut after = None;
    loop {
        let page = parts.catalog.logs_of_all(after, 1_000).await?;
        let Some((last, _)) = page.last() else {
            return Ok(logs);
        };
        after = Some(*last);
        logs.extend(page);
    }
}
