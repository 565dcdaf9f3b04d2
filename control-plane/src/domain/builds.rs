//! Builds: a new version folds its log beside the live one, and takes its place only when it did.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Context, VersionError};
use parking_lot::Mutex;
use protocol::view::{Halt, VersionSpec};
use protocol::{RequestId, Sequence, VersionId};
use storage::bus::{BuildOutcome, QueryError};
use tokio::sync::watch;

use super::App;
use crate::errors::Failure;

const RETRY_PAUSE: Duration = Duration::from_millis(200);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(30);

/// The builds of this node.
#[derive(Default)]
pub(crate) struct Builds {
    running: Mutex<HashMap<VersionId, watch::Receiver<()>>>,
}

/// Why a build goes on later.
enum Unfinished {
    Views(QueryError),
    Catalog(Failure),
}

impl App {
    /// Starts a build, or joins it. The receiver's channel closes when the build has ended.
    pub(crate) fn start_build(self: &Arc<Self>, spec: VersionSpec) -> watch::Receiver<()> {
        let version = spec.version;
        let mut running = self.lifecycle.builds.running.lock();
        if let Some(build) = running.get(&version) {
            return build.clone();
        }
        let (ended, build) = watch::channel(());
        running.insert(version, build.clone());
        drop(running);
        let app = Arc::clone(self);
        self.lifecycle.tasks.spawn(async move {
            tokio::select! {
                () = app.build(Arc::new(spec)) => {}
                () = app.lifecycle.stopping.cancelled() => {}
            }
            app.lifecycle.builds.running.lock().remove(&version);
            drop(ended);
        });
        build
    }

    /// Takes up the builds that were under way when the node stopped.
    ///
    /// # Errors
    /// When the catalog can't be read.
    pub(crate) async fn resume_builds(self: &Arc<Self>) -> Result<(), Failure> {
        for (_, spec) in self.catalog.building_versions().await? {
            tracing::info!(version = %spec.version, "a build goes on");
            self.start_build(spec);
        }
        Ok(())
    }

    async fn build(&self, spec: Arc<VersionSpec>) {
        let mut pause = RETRY_PAUSE;
        loop {
            match self.try_build(&spec).await {
                Ok(()) => return,
                Err(Unfinished::Views(error)) => {
                    tracing::warn!(%error, version = %spec.version, "a build will be tried again");
                }
                Err(Unfinished::Catalog(failure)) => {
                    tracing::warn!(%failure, version = %spec.version, "a build will be tried again");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
            if let Ok(false) = self.is_building(&spec).await {
                return;
            }
        }
    }

    async fn try_build(&self, spec: &Arc<VersionSpec>) -> Result<(), Unfinished> {
        match self.bus.views.build(Arc::clone(spec)).await {
            Ok(BuildOutcome::Ready { applied }) => self.go_live(spec, applied).await,
            Ok(BuildOutcome::Failed(halt)) | Err(QueryError::Halted(halt)) => {
                self.fail(spec, halt).await
            }
            Err(error) => return Err(Unfinished::Views(error)),
        }
        .map_err(Unfinished::Catalog)
    }

    /// Whether the version still waits for its build: it may have been deleted meanwhile.
    async fn is_building(&self, spec: &VersionSpec) -> Result<bool, Failure> {
        let building = self.catalog.building_versions().await?;
        Ok(building.iter().any(|(_, it)| it.version == spec.version))
    }

    async fn go_live(&self, spec: &VersionSpec, applied: Sequence) -> Result<(), Failure> {
        let context = Context::system(RequestId::generate());
        let finished = self
            .catalog
            .finish_build(spec.tenant, context, spec.version, applied)
            .await;
        self.caches.invalidate_view(spec.view);
        match finished {
            Ok(state) => {
                tracing::info!(version = %spec.version, %applied, %state, "a build ended");
                Ok(())
            }
            Err(error) => ignore_ended(error),
        }
    }

    async fn fail(&self, spec: &VersionSpec, halt: Halt) -> Result<(), Failure> {
        tracing::info!(version = %spec.version, sequence = %halt.sequence, "a build failed");
        let failed = self
            .catalog
            .fail_version(
                spec.tenant,
                Context::system(RequestId::generate()),
                spec.version,
                halt,
            )
            .await;
        self.caches.invalidate_view(spec.view);
        failed.or_else(ignore_ended)
    }
}

/// A version that was deleted or ended while it was built needs nothing any more.
fn ignore_ended(error: VersionError) -> Result<(), Failure> {
    match error {
        VersionError::NotFound | VersionError::WrongState(_) => Ok(()),
        VersionError::Catalog(error) => Err(error.into()),
    }
}
