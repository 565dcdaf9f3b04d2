//! Snapshots of a running instance, and the proof that they can be trusted.
//!
//! The first snapshot of every version is verified before any is stored: a twin is started from it,
//! must give the same bytes back, must fold the events that came since, and must then give the same
//! bytes as the instance that never stopped. A version that fails this gets no snapshots; it works
//! all the same, by replaying its log.

use std::sync::Arc;

use protocol::view::VersionSpec;
use protocol::{Run, Sequence, VersionId, snapshot};

use super::Registry;
use super::backlog::Backlog;
use super::instance::{Instance, Step, Stop};
use super::mailbox::Captured;
use super::resident::Resident;
use crate::pool::{PoolError, Priority};
use crate::snapshots::Standing;

/// Bytes of frames that a twin reads at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// What a verification found.
enum Verdict {
    /// Snapshots can be trusted; perhaps with a newer state than the one that was verified.
    Sound(Option<Captured>),
    Unsound(String),
    /// Something was away, or the instance went away; another time.
    Open,
}

impl Registry {
    /// What is in memory and serves, the largest first: it takes longest to load.
    pub(crate) fn hot(&self) -> Vec<Arc<VersionSpec>> {
        let mut hot = self.all();
        hot.retain(|resident| resident.is_serving());
        hot.sort_by_key(|resident| std::cmp::Reverse(resident.memory_bytes()));
        hot.iter().map(|it| Arc::clone(&it.spec)).collect()
    }

    /// Saves a version that is in memory, where loading it from the last snapshot would take longer.
    pub(crate) async fn save(&self, version: VersionId) {
        let Some(resident) = self.peek(version).filter(|it| it.is_serving()) else {
            return;
        };
        if resident
            .context
            .snapshots
            .pays(resident.folded_since_snapshot())
        {
            resident.save().await;
        }
    }
}

impl Resident {
    /// Takes a snapshot and stores it, if snapshots of this version can be trusted.
    pub(super) async fn save(self: Arc<Self>) {
        let version = self.spec.version;
        let standing = match self.context.snapshots.standing(version).await {
            Ok(Standing::Off) => return,
            Ok(standing) => standing,
            Err(error) => {
                tracing::warn!(%version, %error, "no snapshot was taken");
                return;
            }
        };
        let Some(captured) = self.capture_sound().await else {
            return;
        };
        if standing == Standing::Verified {
            self.store(captured).await;
        } else {
            self.verify(captured, Worth::Given).await;
        }
    }

    /// Verifies a snapshot that was taken some events ago, and stores the newest state if that is
    /// worth it.
    pub(super) async fn verify(self: &Arc<Self>, captured: Captured, worth: Worth) {
        let version = self.spec.version;
        let folded = captured.folded;
        match self.verdict(&captured).await {
            Verdict::Sound(newer) => {
                if let Err(error) = self.context.snapshots.trust(version).await {
                    tracing::warn!(%version, %error, "a verification could not be written down");
                    return;
                }
                let newest = newer.unwrap_or(captured);
                if worth == Worth::Given || self.context.snapshots.pays(folded) {
                    self.store(newest).await;
                }
            }
            Verdict::Unsound(reason) => self.context.snapshots.turn_off(version, &reason).await,
            Verdict::Open => {}
        }
    }

    /// The present state, unless there is none worth having. A fault turns snapshots off.
    pub(super) async fn capture_sound(self: &Arc<Self>) -> Option<Captured> {
        match self.capture().await? {
            Ok(captured) if captured.sequence == Sequence::ZERO => None,
            Ok(captured) => Some(captured),
            Err(fault) => {
                let reason = format!("taking a snapshot failed: {fault}");
                let version = self.spec.version;
                self.context.snapshots.turn_off(version, &reason).await;
                None
            }
        }
    }

    async fn store(&self, captured: Captured) {
        let version = self.spec.version;
        let sequence = captured.sequence;
        let encoding = move || snapshot::encode(version, sequence, &captured.state);
        let encoded = self.in_background(encoding).await;
        if self.abandoned.is_cancelled() {
            return;
        }
        match encoded {
            Ok(Ok(object)) => {
                self.context
                    .snapshots
                    .store(version, sequence, object)
                    .await;
            }
            Ok(Err(error)) => tracing::warn!(%version, %error, "a state could not be compressed"),
            Err(error) => tracing::warn!(%version, %error, "no snapshot was stored"),
        }
    }

    async fn in_background<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        self.context
            .pool
            .run(self.spec.tenant, Priority::Background, work)
            .await
    }

    async fn verdict(self: &Arc<Self>, captured: &Captured) -> Verdict {
        let Ok(prepared) = self.context.programs.get(self.spec.component).await else {
            return Verdict::Open;
        };
        let saved = (
            captured.sequence,
            captured.timestamp,
            captured.state.clone(),
        );
        let twin = match self.start_on_pool(&prepared.program, Some(saved)).await {
            Ok((Ok(twin), _)) => twin,
            Ok((Err(fault), _)) => return Verdict::Unsound(format!("restoring failed: {fault}")),
            Err(_) => return Verdict::Open,
        };
        let Ok((mut twin, state)) = self.in_background(move || snapshot_of(twin)).await else {
            return Verdict::Open;
        };
        match state {
            Ok(state) if state == captured.state => {}
            Ok(_) => {
                let reason = "a snapshot taken right after restoring one is not equal to it";
                return Verdict::Unsound(reason.into());
            }
            Err(reason) => return Verdict::Unsound(reason),
        }
        let Some(Ok(newer)) = self.capture().await else {
            return Verdict::Open;
        };
        if newer.sequence == captured.sequence {
            return Verdict::Sound(None);
        }
        twin.set_ceiling(newer.sequence);
        twin = match self.catch_up(twin, newer.sequence).await {
            Ok(twin) => twin,
            Err(verdict) => return verdict,
        };
        let Ok((_, state)) = self.in_background(move || snapshot_of(twin)).await else {
            return Verdict::Open;
        };
        match state {
            Ok(state) if state == newer.state => Verdict::Sound(Some(newer)),
            Ok(_) => Verdict::Unsound(format!(
                "an instance restored at sequence {} differs at sequence {} from one that was not",
                captured.sequence, newer.sequence
            )),
            Err(reason) => Verdict::Unsound(reason),
        }
    }

    /// Lets the twin fold what the instance has folded.
    async fn catch_up(
        self: &Arc<Self>,
        mut twin: Instance,
        target: Sequence,
    ) -> Result<Instance, Verdict> {
        while twin.applied() < target {
            let from = twin.applied().next();
            let history = &self.context.history;
            let read = history.read(self.spec.log, from, CHUNK_BYTES).await;
            let Ok(runs) = read else {
                return Err(Verdict::Open);
            };
            let folding = move || fold_all(twin, runs);
            twin = match self.in_background(folding).await {
                Ok(Ok(twin)) if twin.applied() >= from => twin,
                Ok(Ok(_)) | Err(_) => return Err(Verdict::Open),
                Ok(Err(stop)) => return Err(Verdict::Unsound(folding_failed(&self.spec, &stop))),
            };
        }
        Ok(twin)
    }
}

/// Whether a verified state is stored in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Given,
    /// Only if much was folded.
    ByFolding,
}

fn snapshot_of(mut instance: Instance) -> (Instance, Result<Vec<u8>, String>) {
    let state = instance.snapshot();
    let state =
        state.map_err(|fault| format!("taking a snapshot of a restored instance failed: {fault}"));
    (instance, state)
}

fn fold_all(mut twin: Instance, runs: Vec<Run>) -> Result<Instance, Stop> {
    let mut backlog = Backlog::default();
    for run in runs {
        backlog.push(run);
    }
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
