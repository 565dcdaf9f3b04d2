//! Snapshots of a running instance, and the proof that they can be trusted.
//!
//! The first snapshot of every version is verified before any is stored: a twin is started from it,
//! must give the same bytes back, must fold the events that came since, and must then give the same
//! bytes as the instance that never stopped. A version that fails this gets no snapshots; it works
//! all the same, by replaying its log.

use std::sync::Arc;

use protocol::view::VersionSpec;
use protocol::{Run, Sequence, snapshot};

use super::backlog::Backlog;
use super::effects::Captured;
use super::instance::{Instance, SavedState, Step, Stop};
use super::resident::Resident;
use crate::pool::{PoolError, Priority};
use crate::snapshots::Trust;

/// Bytes of frames that a twin reads at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Whether a verified state is stored in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Given,
    /// Only if much was folded.
    ByFolding,
}

/// Why a verification did not succeed.
enum Failed {
    Unsound(String),
    /// Something was away, or the instance went away; another time.
    Open,
}

impl From<PoolError> for Failed {
    fn from(_: PoolError) -> Self {
        Self::Open
    }
}

/// Saves a state that is about to be dropped, if folding again would take longer than loading.
pub(super) async fn save_if_it_pays(resident: Arc<Resident>) {
    let folded = resident.progress().since_snapshot;
    if resident.context.snapshots.pays(folded) {
        save(resident).await;
    }
}

/// Takes a snapshot and stores it, if snapshots of this version can be trusted.
pub(super) async fn save(resident: Arc<Resident>) {
    let version = resident.spec.version;
    let trust = match resident.context.snapshots.trust(version).await {
        Ok(Trust::Off) => return,
        Ok(trust) => trust,
        Err(error) => {
            tracing::warn!(%version, %error, "no snapshot was taken");
            return;
        }
    };
    let Some(captured) = capture(&resident).await else {
        return;
    };
    if trust == Trust::Verified {
        store(&resident, captured.state).await;
    } else {
        verify(&resident, captured, Worth::Given).await;
    }
}

/// The present state, unless there is none worth having. A fault turns snapshots off.
pub(super) async fn capture(resident: &Arc<Resident>) -> Option<Captured> {
    match resident.capture().await? {
        Ok(captured) => (captured.state.sequence > Sequence::ZERO).then_some(captured),
        Err(fault) => {
            let reason = format!("taking a snapshot failed: {fault}");
            let version = resident.spec.version;
            resident.context.snapshots.turn_off(version, &reason).await;
            None
        }
    }
}

/// Verifies a snapshot that was taken some events ago, and stores the newest state if that is
/// worth it.
pub(super) async fn verify(resident: &Arc<Resident>, captured: Captured, worth: Worth) {
    let version = resident.spec.version;
    let snapshots = &resident.context.snapshots;
    match verified(resident, captured.state).await {
        Ok(newest) => {
            if let Err(error) = snapshots.catalog.set_snapshots_verified(version).await {
                tracing::warn!(%version, %error, "a verification could not be written down");
                return;
            }
            if worth == Worth::Given || snapshots.pays(captured.folded) {
                store(resident, newest).await;
            }
        }
        Err(Failed::Unsound(reason)) => snapshots.turn_off(version, &reason).await,
        Err(Failed::Open) => {}
    }
}

async fn store(resident: &Resident, state: SavedState) {
    let version = resident.spec.version;
    let sequence = state.sequence;
    let encoding = move || snapshot::encode(version, sequence, &state.bytes);
    let encoded = resident.on_pool(Priority::Background, encoding).await;
    if resident.abandoned.is_cancelled() {
        return;
    }
    let snapshots = &resident.context.snapshots;
    match encoded {
        Ok(Ok(object)) => snapshots.store(version, sequence, object).await,
        Ok(Err(error)) => tracing::warn!(%version, %error, "a state could not be compressed"),
        Err(error) => tracing::warn!(%version, %error, "no snapshot was stored"),
    }
}

/// The newest state, once a twin that was restored from `state` has come to the same.
async fn verified(resident: &Arc<Resident>, state: SavedState) -> Result<SavedState, Failed> {
    let programs = &resident.context.programs;
    let spec = &resident.spec;
    let prepared = programs.get(spec.tenant, spec.component).await;
    let program = prepared.map_err(|_| Failed::Open)?.program;
    let (twin, _) = resident
        .start_instance(&program, Some(state.clone()))
        .await?;
    let twin = twin.map_err(|fault| Failed::Unsound(format!("restoring failed: {fault}")))?;
    let (twin, again) = snapshot_of(resident, twin).await?;
    if again.bytes != state.bytes {
        let reason = "a snapshot taken right after restoring one is not equal to it";
        return Err(Failed::Unsound(reason.into()));
    }
    let Some(Ok(newer)) = resident.capture().await else {
        return Err(Failed::Open);
    };
    let newer = newer.state;
    if newer.sequence == state.sequence {
        return Ok(state);
    }
    let twin = catch_up(resident, twin, newer.sequence).await?;
    let (_, again) = snapshot_of(resident, twin).await?;
    if again.bytes != newer.bytes {
        return Err(Failed::Unsound(format!(
            "an instance restored at sequence {} differs at sequence {} from one that was not",
            state.sequence, newer.sequence
        )));
    }
    Ok(newer)
}

async fn snapshot_of(
    resident: &Resident,
    mut twin: Instance,
) -> Result<(Instance, SavedState), Failed> {
    let taking = move || {
        let state = twin.snapshot();
        (twin, state)
    };
    let (twin, state) = resident.on_pool(Priority::Background, taking).await?;
    let state = state.map_err(|fault| {
        Failed::Unsound(format!(
            "taking a snapshot of a restored instance failed: {fault}"
        ))
    });
    Ok((twin, state?))
}

/// Lets the twin fold what the instance has folded.
async fn catch_up(
    resident: &Resident,
    mut twin: Instance,
    target: Sequence,
) -> Result<Instance, Failed> {
    twin.set_ceiling(target);
    while twin.progress().applied < target {
        let from = twin.progress().applied.next();
        let history = &resident.context.history;
        let read = history.read(resident.spec.log, from, CHUNK_BYTES).await;
        let runs = read.map_err(|_| Failed::Open)?;
        let folding = move || fold_all(twin, runs);
        let folded = resident.on_pool(Priority::Background, folding).await?;
        twin = folded.map_err(|stop| Failed::Unsound(folding_failed(&resident.spec, &stop)))?;
        if twin.progress().applied < from {
            return Err(Failed::Open);
        }
    }
    Ok(twin)
}

fn fold_all(mut twin: Instance, runs: Vec<Run>) -> Result<Instance, Stop> {
    let mut backlog = Backlog::default();
    backlog.extend(runs);
    while let Step::Folded(_) = twin.fold(&mut backlog)? {}
    Ok(twin)
}

fn folding_failed(spec: &VersionSpec, stop: &Stop) -> String {
    tracing::debug!(version = %spec.version, ?stop, "a restored instance could not fold");
    match stop {
        Stop::At(halt) => format!(
            "a restored instance could not fold event {}: {}",
            halt.sequence, halt.message
        ),
        Stop::Within(range, fault) => format!(
            "a restored instance could not fold events {} to {}: {fault}",
            range.start(),
            range.end()
        ),
    }
}
