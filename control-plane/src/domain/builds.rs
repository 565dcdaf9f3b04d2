//! Builds: a new version folds its log beside the live one, and replaces it only when it did.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use catalog::{Context, VersionError, VersionState};
use parking_lot::Mutex;
use protocol::view::VersionSpec;
use protocol::{RequestId, VersionId};
use storage::bus::{BuildOutcome, QueryError, Stale};
use tokio::sync::watch;

use super::App;
use crate::errors::Result;

const RETRY_PAUSE: Duration = Duration::from_millis(200);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(30);

/// The builds of this node.
pub(crate) type Builds = Mutex<HashMap<VersionId, watch::Receiver<()>>>;

impl App {
    /// Starts a build, or joins it. The receiver's channel closes when the build has ended.
    pub(crate) fn start_build(self: &Arc<Self>, spec: VersionSpec) -> watch::Receiver<()> {
        let version = spec.version;
        let mut running = self.lifecycle.builds.lock();
        if let Some(build) = running.get(&version) {
            return build.clone();
        }
        let (ended, build) = watch::channel(());
        running.insert(version, build.clone());
        drop(running);
        let app = Arc::clone(self);
        self.lifecycle.tasks.spawn(async move {
            let building = app.build(Arc::new(spec));
            app.lifecycle.stopping.run_until_cancelled(building).await;
            app.lifecycle.builds.lock().remove(&version);
            drop(ended);
        });
        build
    }

    /// Takes up the builds that were under way when the node stopped.
    pub(crate) async fn resume_builds(self: &Arc<Self>) -> Result<()> {
        for (_, spec) in self.catalog.building_versions().await? {
            tracing::info!(version = %spec.version, "a build goes on");
            self.start_build(spec);
        }
        Ok(())
    }

    async fn build(&self, spec: Arc<VersionSpec>) {
        let mut pause = RETRY_PAUSE;
        while let Err(error) = self.try_build(&spec).await {
            tracing::warn!(%error, version = %spec.version, "a build will be tried again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
            // It may have been deleted meanwhile.
            let building = self.catalog.building_versions().await;
            if building.is_ok_and(|all| all.iter().all(|(_, it)| it.version != spec.version)) {
                return;
            }
        }
    }

    async fn try_build(&self, spec: &Arc<VersionSpec>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let built = self.bus.views.build(Arc::clone(spec)).await;
        let (catalog, context) = (&self.catalog, Context::system(RequestId::generate()));
        let (tenant, version) = (spec.tenant, spec.version);
        let ended = match built {
            Ok(BuildOutcome::Ready { applied }) => {
                catalog
                    .finish_build(tenant, context, version, applied)
                    .await
            }
            Ok(BuildOutcome::Failed(halt)) | Err(QueryError::Halted(halt)) => {
                let failed = catalog.fail_version(tenant, context, version, halt).await;
                failed.map(|()| VersionState::Failed)
            }
            Err(error) => return Err(error.into()),
        };
        self.caches.invalidate(Stale::View(spec.view));
        match ended {
            Ok(state) => tracing::info!(%version, %state, "a build ended"),
            // It was deleted, or its build ended elsewhere meanwhile.
            Err(VersionError::NotFound | VersionError::WrongState(_)) => {}
            Err(VersionError::Catalog(error)) => return Err(error.into()),
        }
        Ok(())
    }
}
