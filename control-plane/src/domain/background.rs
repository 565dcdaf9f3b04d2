//! What the node does by itself: noticing changes, removing what was deleted, tidying up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::{ControlEvent, RecordedEvent};
use storage::bus::Stale;
use storage::bus::nats::Peers;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use super::{App, spending};
use crate::{activity, metering, quotas, rate_limit};

const TIDY_INTERVAL: Duration = Duration::from_secs(60);
/// It is looked this often whether another hour is over.
const HOUR_INTERVAL: Duration = Duration::from_secs(5);
/// Tenants that were never seen before are looked for this often.
const COUNT_INTERVAL: Duration = Duration::from_millis(500);
const RETRY_PAUSE: Duration = Duration::from_secs(5);

impl App {
    /// Starts everything that runs until the node stops.
    pub(crate) fn start_background(self: &Arc<Self>) {
        // The subscription begins before the first request, so that no change is missed.
        let mut changes = self.catalog.changes();
        self.spawn_until_stop(|app| async move {
            while let Ok(change) = next(&mut changes).await {
                let stale = change.map_or(Some(Stale::Everything), |change| stale(&change));
                let Some(stale) = stale else {
                    continue;
                };
                app.announce(stale).await;
            }
        });
        if let Some(peers) = &self.bus.peers {
            self.share_rates(peers);
            let mut heard = peers.stale();
            self.spawn_until_stop(|app| async move {
                while let Ok(stale) = next(&mut heard).await {
                    app.invalidate(stale.unwrap_or(Stale::Everything));
                }
            });
        }
        self.spawn_until_stop(|app| async move {
            while let Err(failure) = app.resume_builds().await {
                tracing::warn!(%failure, "builds are not resumed yet");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        });
        self.spawn_until_stop(|app| async move { app.sweep_deleted().await });
        self.keep_stored();
        self.keep_usage();
        self.spawn_until_stop(|app| async move {
            loop {
                tokio::time::sleep(activity::PERIOD).await;
                app.flush_activity(Some(app.clock.now())).await;
            }
        });
        self.spawn_until_stop(|app| async move { app.keep_webhooks().await });
        self.spawn_until_stop(|app| async move { app.keep_reported().await });
        self.spawn_until_stop(|app| async move { app.keep_invoiced().await });
        self.spawn_until_stop(|app| async move { app.keep_reconciled().await });
        self.spawn_until_stop(|app| async move {
            loop {
                tokio::time::sleep(TIDY_INTERVAL).await;
                app.limits.rates.evict_full(Instant::now());
                app.flush_key_use().await;
            }
        });
    }

    /// Has every node ask again for what changed.
    pub(super) async fn announce(&self, stale: Stale) {
        self.invalidate(stale);
        if let Some(peers) = &self.bus.peers {
            peers.publish_stale(stale).await;
        }
    }

    /// Asks again for what changed.
    pub(super) fn invalidate(&self, stale: Stale) {
        self.caches.invalidate(stale);
        if let Stale::Tenant(tenant) = stale {
            self.limits.spending.ask_again(tenant);
        }
    }

    /// Keeps what tenants have stored, for their quotas.
    fn keep_stored(self: &Arc<Self>) {
        self.spawn_until_stop(|app| async move {
            loop {
                tokio::time::sleep(quotas::PERIOD).await;
                if let Err(failure) = app.add_up_stored().await {
                    tracing::warn!(%failure, "what was stored is not added up yet");
                }
            }
        });
        self.spawn_until_stop(|app| async move {
            loop {
                let pause = match app.count_unknown_stored().await {
                    Ok(()) => COUNT_INTERVAL,
                    Err(failure) => {
                        tracing::warn!(%failure, "what tenants have stored is not known yet");
                        RETRY_PAUSE
                    }
                };
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// Reports what was sent, seals hours that are over, and bills them.
    fn keep_usage(self: &Arc<Self>) {
        self.spawn_until_stop(|app| async move {
            loop {
                tokio::time::sleep(metering::PERIOD).await;
                app.data_out.flush().await;
            }
        });
        if self.options.prices.is_some() {
            self.spawn_until_stop(|app| async move {
                loop {
                    tokio::time::sleep(spending::PERIOD).await;
                    app.look_at_spending().await;
                }
            });
        }
        self.spawn_until_stop(|app| async move {
            let (mut billed, mut sealed_at) = (None, Instant::now());
            loop {
                tokio::time::sleep(HOUR_INTERVAL).await;
                let before = app.sealed_before();
                if billed == Some(before) && sealed_at.elapsed() < TIDY_INTERVAL {
                    continue;
                }
                sealed_at = Instant::now();
                match app.seal_usage().await {
                    // Bills are looked at once for each hour: all of them, on every node.
                    Ok(before) if billed != Some(before) => match app.advance_bills(before).await {
                        Ok(()) => billed = Some(before),
                        Err(failure) => tracing::warn!(%failure, "bills are not up to date yet"),
                    },
                    Ok(_) => {}
                    Err(failure) => tracing::warn!(%failure, "hours of use are not sealed yet"),
                }
            }
        });
    }

    /// Publishes to other nodes what is admitted here, and hears what is admitted there.
    fn share_rates(self: &Arc<Self>, peers: &Peers) {
        let mut spent = peers.spent();
        self.spawn_until_stop(|app| async move {
            // What was missed is not limited.
            while let Ok(spent) = next(&mut spent).await {
                if let Some(spent) = spent {
                    app.limits.rates.charge(&spent, Instant::now());
                }
            }
        });
        let peers = peers.clone();
        self.spawn_until_stop(|app| async move {
            let mut periods = tokio::time::interval(rate_limit::PERIOD);
            periods.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                periods.tick().await;
                if let Some(spent) = app.limits.rates.report(Instant::now()) {
                    peers.publish_spent(spent).await;
                }
            }
        });
    }

    fn spawn_until_stop<F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stopping = self.lifecycle.stopping.clone();
        let work = stopping.run_until_cancelled_owned(work(Arc::clone(self)));
        self.lifecycle.tasks.spawn(work);
    }
}

/// What a channel has next; `None` when some of it was missed.
async fn next<T: Clone>(channel: &mut Receiver<T>) -> Result<Option<T>, RecvError> {
    match channel.recv().await {
        Err(RecvError::Lagged(_)) => Ok(None),
        received => received.map(Some),
    }
}

/// What a change makes stale.
fn stale(change: &RecordedEvent) -> Option<Stale> {
    match &change.event {
        ControlEvent::KeyRotated { .. }
        | ControlEvent::KeyRevoked { .. }
        | ControlEvent::KeyRoleLowered { .. }
        | ControlEvent::TenantRateChanged { .. }
        | ControlEvent::TenantQuotasChanged { .. }
        | ControlEvent::TenantDeletionScheduled { .. }
        | ControlEvent::TenantDeletionCancelled { .. }
        | ControlEvent::TenantDeletionStarted { .. }
        | ControlEvent::BillingAccountChanged { .. }
        | ControlEvent::MemberAdded { .. }
        | ControlEvent::MemberRoleChanged { .. }
        | ControlEvent::MemberRemoved { .. } => Some(Stale::Tenant(change.tenant)),
        ControlEvent::PasswordChanged { user, .. } => Some(Stale::User(*user)),
        ControlEvent::LogUpdated { log, .. } | ControlEvent::LogDeleted { log, .. } => {
            Some(Stale::Log(*log))
        }
        ControlEvent::VersionActivated { view, .. }
        | ControlEvent::VersionFailed { view, .. }
        | ControlEvent::VersionHalted { view, .. }
        | ControlEvent::VersionRetired { view, .. }
        | ControlEvent::VersionRemoved { view, .. }
        | ControlEvent::ViewDeleted { view, .. } => Some(Stale::View(*view)),
        // New things are not cached as missing, and these change no answer.
        ControlEvent::TenantCreated { .. }
        | ControlEvent::TenantDeleted { .. }
        | ControlEvent::TenantErasureAdvanced { .. }
        | ControlEvent::UserRegistered { .. }
        | ControlEvent::UserDeleted { .. }
        | ControlEvent::EmailVerificationRequested { .. }
        | ControlEvent::EmailVerified { .. }
        | ControlEvent::PasswordResetRequested { .. }
        | ControlEvent::InvitationCreated { .. }
        | ControlEvent::InvitationRevoked { .. }
        | ControlEvent::InvitationAccepted { .. }
        | ControlEvent::SecondFactorEnabled { .. }
        | ControlEvent::SecondFactorDisabled { .. }
        | ControlEvent::RecoveryCodesReplaced { .. }
        | ControlEvent::KeyCreated { .. }
        | ControlEvent::LogCreated { .. }
        | ControlEvent::ViewCreated { .. }
        | ControlEvent::VersionUploaded { .. } => None,
    }
}
