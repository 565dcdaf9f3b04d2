//! The control plane: the HTTP API and the operations behind it.
//!
//! [`ControlPlane`] is what others see. It owns no state of its own: tenants, logs and views are in
//! the catalog, events in the event log, components in the object store, and views run on workers.
//! What it keeps in memory can be lost at any moment.

mod activity;
mod api;
mod auth;
mod batch;
mod billing;
mod crash;
mod domain;
mod errors;
mod event_filter;
pub mod internal;
mod mail;
mod metering;
pub mod metrics;
mod options;
mod quotas;
mod rate_limit;
mod server;

use std::io;
use std::sync::Arc;

use catalog::Catalog;
use protocol::api_key::ApiKey;
use protocol::{TenantId, Timestamp, UserId};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use api::openapi_document;
#[doc(hidden)]
pub use api::{Credentials, credentials};
pub use billing::payments::Reconciliation;
pub use billing::price::{PriceList, PriceListError};
pub use billing::stripe::{Plan, Step, Stripe, StripeError, StripeOptions};
pub use domain::Parts;
pub use errors::{Detail, Failure};
pub use mail::{DEFAULT_SENDER, MailError, Mailbox};
pub use options::Options;

use billing::payments::Payments;
use domain::App;

/// One node of the control plane.
#[derive(Clone)]
pub struct ControlPlane {
    app: Arc<App>,
}

impl ControlPlane {
    /// Puts a node together and starts what runs in the background: it takes up builds and
    /// deletions that were under way. Call it within a Tokio runtime.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let app = App::new(parts);
        app.start_background();
        Self { app }
    }

    /// Serves the API until `shutdown`. Then it says that it is not ready, and appends for no other
    /// node; after [`Options::drain`] it takes no new connections, finishes the requests that are
    /// under way, ends live tails, and stops what runs in the background; the wait is bounded by
    /// [`Options::shutdown_timeout`]. The stores are the caller's to close afterwards.
    ///
    /// # Errors
    /// When the listener has no address.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let stopping = self.app.lifecycle.stopping.clone();
        let endpoint = api::Layer::new(Arc::clone(&self.app));
        let serving = server::serve(endpoint, listener, &self.app.options, stopping.clone());
        let mut serving = std::pin::pin!(serving);
        let drained = async {
            shutdown.cancelled().await;
            self.drain().await;
        };
        let served = tokio::select! {
            served = serving.as_mut() => served,
            () = drained => {
                stopping.cancel();
                serving.await
            }
        };
        self.stop().await;
        served
    }

    async fn drain(&self) {
        self.app.lifecycle.draining.cancel();
        let leaving = async {
            if let Some(peers) = &self.app.bus.peers {
                peers.leave(self.app.options.shutdown_timeout).await;
            }
        };
        tokio::join!(leaving, tokio::time::sleep(self.app.options.drain));
    }

    /// What keeps the node from its work right now; nothing when it is ready.
    pub async fn problems(&self) -> Vec<internal::Problem> {
        self.app.problems().await
    }

    /// Stops what runs in the background. [`ControlPlane::serve`] does it by itself.
    pub async fn stop(&self) {
        self.app.lifecycle.stopping.cancel();
        self.app.lifecycle.tasks.close();
        let stopped = tokio::time::timeout(
            self.app.options.shutdown_timeout,
            self.app.lifecycle.tasks.wait(),
        );
        if stopped.await.is_err() {
            tracing::warn!("some background work did not stop in time");
        }
        self.app.flush_key_use().await;
        self.app.data_out.flush().await;
        self.app.flush_activity(None).await;
        if let Err(failure) = self.app.add_up_stored().await {
            tracing::warn!(%failure, "what was stored last is not added up");
        }
    }

    /// Makes a tenant with a verified owner and gives a key of the owner's, for the first start of
    /// a development server. Without a password nobody can log in as the owner.
    ///
    /// # Errors
    /// When the name or the address can't be used or is taken.
    pub async fn create_tenant_with_owner(
        &self,
        short_name: &str,
        email: &str,
        password: Option<String>,
    ) -> Result<(TenantId, ApiKey), Failure> {
        self.app
            .create_tenant_with_owner(short_name, email, password)
            .await
    }

    /// A link that opens the console as the owner of a tenant, once and while this process runs.
    #[must_use]
    pub fn login_link(&self, tenant: TenantId, owner: UserId) -> String {
        self.app.login_link(tenant, owner)
    }
}

/// Compares the newest bills of all tenants with what Stripe has; changes nothing.
///
/// # Errors
/// When the catalog or Stripe can't be asked.
pub async fn reconcile(
    catalog: &Catalog,
    prices: &PriceList,
    stripe: &Stripe,
    now: Timestamp,
) -> Result<Reconciliation, Failure> {
    let payments = Payments {
        catalog,
        prices,
        stripe,
        now,
    };
    Ok(payments.reconcile().await?)
}
