//! A tenant whose views are hostile, and who uses them as much as it may.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::time::MissedTickBehavior;

use crate::api::Endpoint;
use crate::guests::Hostile;
use crate::load::{Attacker, Attackers};
use crate::scenarios::events::INCREMENT;

/// Views of each kind; together they want more threads than the server grants to a tenant.
const COPIES: u32 = 2;
/// Connections that attack one view. Every second one appends and the others query, so that events
/// come in while queries hang.
const CLIENTS_PER_VIEW: u32 = 4;
/// Requests per second of all connections together: as many as the server's rate limit lets a
/// tenant send, if it is not lifted.
const REQUESTS_PER_SECOND: u32 = 100;

/// Hostile views that are deployed and wait for their first request.
pub(super) struct Attack {
    endpoint: Endpoint,
    /// The log of each view, and how it attacks.
    views: Vec<(String, Hostile)>,
}

#[derive(Deserialize)]
struct Uploaded {
    state: String,
}

impl Attack {
    /// Deploys the views. Their logs are empty, so none of them has had a chance to misbehave.
    pub(super) async fn prepare(endpoint: &Endpoint, kinds: &[Hostile]) -> Result<Self> {
        let mut api = endpoint.connect().await?;
        let mut views = Vec::new();
        for hostile in kinds {
            let component = hostile.component()?;
            for copy in 1..=COPIES {
                let name = hostile.name;
                let log = format!("{name}-{copy}");
                api.create_log(&log).await?;
                let uploaded = api.json(&endpoint.deploy(&log, name, &component)).await;
                let Uploaded { state } =
                    uploaded.with_context(|| format!("can't deploy the view {name}"))?;
                ensure!(
                    state == "live",
                    "the hostile view {name} is {state} and not live"
                );
                views.push((log, *hostile));
            }
        }
        Ok(Self {
            endpoint: endpoint.clone(),
            views,
        })
    }

    /// Lets all clients loose.
    pub(super) fn start(&self) -> Attackers {
        let mut attackers = Vec::new();
        for (log, hostile) in &self.views {
            for client in 0..CLIENTS_PER_VIEW {
                let request = if client % 2 == 0 {
                    self.endpoint.append(log, INCREMENT)
                } else {
                    self.endpoint.query(log, hostile.name, None)
                };
                attackers.push(Attacker {
                    kind: hostile.name,
                    request: Box::new(move |_| request.clone()),
                });
            }
        }
        Attackers::start(
            self.endpoint.address,
            attackers,
            REQUESTS_PER_SECOND,
            MissedTickBehavior::Delay,
        )
    }
}
