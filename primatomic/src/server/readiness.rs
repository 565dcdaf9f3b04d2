//! What each role needs to do its work, for `/health/ready` of the internal listener.

use std::sync::Arc;

use control_plane::internal::{Needs, Problem};
use tokio_util::sync::CancellationToken;

use crate::server::node::Node;

/// The needs of all roles of a process. While it stops, it is not ready.
pub(super) fn needs(node: &Node, stop: CancellationToken) -> Arc<Needs> {
    let needs = Needs::default().all_of(move || {
        let is_stopping = stop.is_cancelled();
        async move {
            let problem = is_stopping.then(|| Problem::new("process", "it is stopping"));
            problem.into_iter().collect()
        }
    });
    Arc::new(match &node.control_plane {
        // It knows what it can do without.
        Some(control_plane) => {
            let control_plane = control_plane.clone();
            needs.all_of(move || {
                let control_plane = control_plane.clone();
                async move {
                    let mut problems = control_plane.problems().await;
                    problems.retain(|it| it.part != "process");
                    problems
                }
            })
        }
        None => stores(needs, node),
    })
}

/// A worker and an archiver need every store, and a worker its calls.
fn stores(needs: Needs, node: &Node) -> Needs {
    let catalog = node.stores.catalog.clone();
    let event_log = Arc::clone(&node.stores.event_log);
    let objects = Arc::clone(&node.stores.objects);
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
    let Some(serving) = node.serving.clone() else {
        return needs;
    };
    needs.part("bus", move || {
        let serving = Arc::clone(&serving);
        async move { serving.health().await }
    })
}
