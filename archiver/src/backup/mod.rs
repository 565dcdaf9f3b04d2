//! Backups: the catalog, and the events that are in no segment yet, as objects.
//!
//! Together with the segments, which are objects already, a backup is all that a cluster is restored
//! from. Its manifest is written last and names everything, so a backup that was cut off is none.
//! Between two backups, the control events that came since are added to the newest one every minute.

mod format;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use storage::objects::{ObjectError, ObjectKey, ObjectMeta, ObjectStore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use self::format::{Manifest, ManifestError, decode_rows};
use crate::metrics;
use crate::owner;
use crate::parts::{ArchiverParts, StepError, made_at};

/// How often it is looked whether a backup is due, at most.
const LOOK_MAX: Duration = Duration::from_secs(60);

/// Objects that are listed at a time.
pub(crate) const LISTED: usize = 1_000;

/// A backup that is there.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: Uuid,
    /// All of its objects.
    pub(crate) keys: Vec<ObjectKey>,
}

impl Found {
    /// Whether its manifest was written.
    pub(crate) fn is_complete(&self) -> bool {
        self.keys.contains(&manifest_key(self.id))
    }
}

pub(crate) fn manifest_key(id: Uuid) -> ObjectKey {
    ObjectKey::backup(id, "manifest")
}

/// What begins the names of the objects with later control events.
pub(crate) const SINCE: &str = "since-";

/// Makes a backup whenever one is due and this archiver leads, until `stop`.
pub(crate) async fn run(
    parts: Arc<ArchiverParts>,
    leads: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let look = (parts.options.backup / 10).clamp(Duration::from_millis(100), LOOK_MAX);
    let mut newest = None;
    loop {
        tokio::select! {
            () = tokio::time::sleep(look) => {}
            () = stop.cancelled() => return,
        }
        if !leads.load(Ordering::Relaxed) {
            newest = None;
            continue;
        }
        let made = tokio::select! {
            made = round(&parts, &mut newest) => made,
            () = stop.cancelled() => return,
        };
        if let Err(error) = made {
            tracing::warn!(%error, "no backup is made right now");
            metrics::failure("backup");
            newest = None;
        }
    }
}

/// Begins a backup, or adds to the newest one.
async fn round(
    parts: &ArchiverParts,
    newest: &mut Option<write::Written>,
) -> Result<(), StepError> {
    owner::check(parts.objects.as_ref(), &parts.catalog).await?;
    let backups = list(parts.objects.as_ref()).await?;
    let last = backups.iter().rev().find(|backup| backup.is_complete());
    let is_old = |at| at <= parts.ago(parts.options.backup);
    let due = last.is_none_or(|backup| is_old(made_at(backup.id).unwrap_or_default()));
    if due {
        let written = write::write(parts).await?;
        metrics::backup(parts.clock.now());
        tracing::info!(id = %written.id, "a backup was made");
        *newest = Some(written);
        return remove_old(parts).await;
    }
    match newest {
        Some(written) => write::add(parts, written).await,
        None => {
            // Made by another archiver, or before a start: what came since is added from the
            // beginning, and the same event twice does no harm.
            *newest = last.map(write::Written::found);
            Ok(())
        }
    }
}

/// All backups, oldest first.
pub(crate) async fn list(objects: &dyn ObjectStore) -> Result<Vec<Found>, ObjectError> {
    let mut backups: Vec<Found> = Vec::new();
    for ObjectMeta { key, .. } in list_all(objects, ObjectKey::BACKUPS).await? {
        if let Some(id) = key.as_backup() {
            match backups.last_mut() {
                Some(backup) if backup.id == id => backup.keys.push(key),
                _ => {
                    let keys = vec![key];
                    backups.push(Found { id, keys });
                }
            }
        }
    }
    Ok(backups)
}

/// All objects of a prefix, in the order of their keys.
pub(crate) async fn list_all(
    objects: &dyn ObjectStore,
    prefix: &str,
) -> Result<Vec<ObjectMeta>, ObjectError> {
    let mut all: Vec<ObjectMeta> = Vec::new();
    loop {
        let after = all.last().map(|last| &last.key);
        let listed = objects.list(prefix, after, LISTED).await?;
        let more = listed.len() == LISTED;
        all.extend(listed);
        if !more {
            return Ok(all);
        }
    }
}

/// Removes backups beyond those that are kept, manifests first.
async fn remove_old(parts: &ArchiverParts) -> Result<(), StepError> {
    let mut backups = list(parts.objects.as_ref()).await?;
    let complete = backups.iter().filter(|it| it.is_complete()).count();
    let mut surplus = complete.saturating_sub(parts.options.backups_kept.max(1));
    backups.retain(|backup| {
        let old = surplus > 0;
        if backup.is_complete() {
            surplus = surplus.saturating_sub(1);
        }
        old
    });
    for backup in backups {
        parts.objects.delete(&manifest_key(backup.id)).await?;
        for key in &backup.keys {
            parts.objects.delete(key).await?;
        }
    }
    Ok(())
}
