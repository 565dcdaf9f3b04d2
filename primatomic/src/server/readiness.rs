//! What each role needs to do its work, for `/health/ready` of the internal listener.

use std::sync::Arc;

use control_plane::ControlPlane;
use control_plane::internal::{Needs, Problem};
use storage::bus::nats::Serving;
use tokio_util::sync::CancellationToken;

use crate::server::stores::Stores;

/// The needs of all roles of a process. While it stops, it is not ready. A worker of a cluster needs
/// to be reached, too.
pub(super) fn needs(
    stores: &Stores,
    control_plane: Option<&ControlPlane>,
    serving: Option<&Arc<Serving>>,
    stop: CancellationToken,
) -> Needs {
    let needs = Needs::default().all_of(move || {
        let is_stopping = stop.is_cancelled();
        async move {
            let problem = is_stopping.then(|| Problem::new("process", "it is stopping"));
            problem.into_iter().collect()
        }
    });
    // A control plane knows what it can do without.
    if let Some(control_plane) = control_plane.cloned() {
        return needs.all_of(move || {
            let control_plane = control_plane.clone();
            async move {
                let mut problems = control_plane.problems().await;
                problems.retain(|it| it.part != "process");
                problems
            }
        });
    }
    let catalog = stores.catalog.clone();
    let event_log = Arc::clone(&stores.event_log);
    let objects = Arc::clone(&stores.objects);
    let needs = needs
        .part("database", move || {
            let catalog = catalog.clone();
            async move { catalog.health().await }
        })
        .part("nats", move || {
            let event_log = Arc::clone(&event_log);
            async move { event_log.health().await }
        })
        .part("object_store", move || {
            let objects = Arc::clone(&objects);
            async move { objects.health().await }
        });
    let Some(serving) = serving.cloned() else {
        return needs;
    };
    needs.part("bus", move || {
        let serving = Arc::clone(&serving);
        async move { serving.health().await }
    })
}
