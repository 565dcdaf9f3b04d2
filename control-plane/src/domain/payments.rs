//! Payments: webhooks come in, meter events go out, bills are worked on, and people are told how they
//! stand.

use std::time::{Duration, Instant};

use catalog::access::{Access, Actor, Role};
use catalog::{BillStatus, BillingAccount, Context, MeterEventState, Webhook};
use protocol::{ErrorCode, RequestId, TenantId};
use storage::bus::Stale;

use super::App;
use super::access::to_all_logs;
use crate::billing::payments::{PaymentError, Told};
use crate::billing::stripe::{SignatureError, verify};
use crate::errors::{Failure, Result};
use crate::mail::Message;

/// How often it is looked for something to do.
const PERIOD: Duration = Duration::from_secs(2);

/// How often it is counted what is not reported, and how many bills that wait for people are counted.
const COUNTED: Duration = Duration::from_secs(60);
const STOPPED_MAX: u64 = 1_000;

/// How often everything is compared, and how long after a start.
const RECONCILIATION: Duration = Duration::from_secs(86_400);
const FIRST_RECONCILIATION: Duration = Duration::from_secs(300);

/// Accounts that are read at a time.
const ACCOUNTS_AT_A_TIME: u64 = 500;

/// Webhooks that are worked on at a time.
const WEBHOOKS_AT_A_TIME: u64 = 50;

/// How long it is waited before a webhook is worked on again: doubled each time, up to this.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(600);

impl App {
    /// Works on webhooks, again and again; nothing where this server takes no payments.
    pub(super) async fn keep_webhooks(&self) {
        while self.provider().is_ok() {
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                () = self.lifecycle.payments_due.notified() => {}
            }
            if let Err(failure) = self.work_on_webhooks().await {
                tracing::warn!(%failure, "webhooks are worked on again in a moment");
            }
        }
    }

    /// Sends meter events, again and again.
    pub(super) async fn keep_reported(&self) {
        let mut counted_at: Option<Instant> = None;
        while let Ok(payments) = self.payments() {
            // Nothing waits for the period while there is more, and Stripe takes it.
            let arrived = payments.send_meter_events().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "use is reported again in a moment");
                false
            });
            if counted_at.is_none_or(|it| it.elapsed() > COUNTED) {
                counted_at = Some(Instant::now());
                if let Err(failure) = self.count_unpaid().await {
                    tracing::warn!(%failure, "it isn't known what is not reported");
                }
            }
            if !arrived {
                tokio::time::sleep(PERIOD).await;
            }
        }
    }

    /// Settles months, and compares and finalises invoices, again and again.
    pub(super) async fn keep_invoiced(&self) {
        while let Ok(payments) = self.payments() {
            if let Err(error) = payments.work_on_bills().await {
                tracing::warn!(%error, "bills are worked on again in a moment");
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// Shows operators what is not reported, and which bills wait for people.
    async fn count_unpaid(&self) -> Result<()> {
        for state in [MeterEventState::Waiting, MeterEventState::Dead] {
            let count = self.catalog.count_meter_events(state).await?;
            let state: &'static str = state.into();
            metrics::gauge!("billing_meter_events", "state" => state).set(as_gauge(count));
        }
        let stopped = self
            .catalog
            .bills_in(BillStatus::Stopped, STOPPED_MAX)
            .await?;
        let stopped = u64::try_from(stopped.len()).unwrap_or(u64::MAX);
        metrics::gauge!("billing_stopped_bills").set(as_gauge(stopped));
        Ok(())
    }

    /// Compares everything with the provider each day, and some minutes after a start: webhooks may have
    /// been lost with what a restore did not bring back.
    pub(super) async fn keep_reconciled(&self) {
        let mut pause = FIRST_RECONCILIATION;
        while self.provider().is_ok() {
            tokio::time::sleep(pause).await;
            pause = match self.reconcile().await {
                Ok(()) => RECONCILIATION,
                Err(failure) => {
                    tracing::warn!(%failure, "bills are not compared with Stripe yet");
                    FIRST_RECONCILIATION
                }
            };
        }
    }

    async fn reconcile(&self) -> Result<()> {
        let mut after = None;
        loop {
            let accounts = self.catalog.billing_accounts(after, ACCOUNTS_AT_A_TIME);
            let accounts = accounts.await?;
            let Some((last, _)) = accounts.last() else {
                break;
            };
            after = Some(*last);
            for (tenant, _) in &accounts {
                let access = to_all_logs(*tenant, Actor::System, Role::Owner);
                if let Err(failure) = self.refresh_account(&access).await {
                    tracing::warn!(%tenant, %failure, "how a tenant stands is asked again tomorrow");
                }
            }
        }
        let report = self.payments()?.reconcile().await?;
        for difference in &report.differences {
            tracing::error!(difference, "a bill differs from what Stripe has");
        }
        let count = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
        metrics::gauge!("billing_differences").set(as_gauge(count));
        let (tenants, bills) = (report.tenants, report.bills);
        tracing::info!(tenants, bills, count, "bills are compared with Stripe");
        Ok(())
    }

    async fn work_on_webhooks(&self) -> Result<()> {
        for webhook in self.catalog.claim_webhooks(WEBHOOKS_AT_A_TIME).await? {
            self.work_on_webhook(&webhook).await?;
        }
        Ok(())
    }

    /// # Errors
    /// When this server takes no payments, or there is no signature.
    pub(crate) fn check_webhook(&self, signature: Option<&str>) -> Result<()> {
        self.provider()?;
        let missing = || Failure::invalid_request(SignatureError::Header.to_string());
        signature.map(drop).ok_or_else(missing)
    }

    /// Notes a webhook, to be worked on in a moment.
    ///
    /// # Errors
    /// When nobody who knows a secret of ours signed it, or this server takes no payments.
    pub(crate) async fn receive_webhook(&self, signature: Option<&str>, body: &[u8]) -> Result<()> {
        let (stripe, _) = self.provider()?;
        let now = self.clock.now().as_micros() / 1_000_000;
        let signed = verify(signature, body, &stripe.options().webhook_secrets, now);
        let signed = signed.map_err(|error: SignatureError| {
            Failure::new(ErrorCode::InvalidRequest, error.to_string())
        })?;
        if signed.is_live != stripe.is_live() {
            let message = "the webhook is of the other mode: one of test and live";
            return Err(Failure::invalid_request(message));
        }
        let (id, kind, object) = (signed.id, signed.kind, signed.object);
        if kind == "invoice.created" {
            // Stripe makes a draft final an hour after it heard that we know of it: so we don't before
            // the draft is held.
            self.payments()?.hold_new(&object).await?;
        }
        if self.catalog.receive_webhook(id, kind, object).await? {
            self.lifecycle.payments_due.notify_one();
        }
        Ok(())
    }

    async fn work_on_webhook(&self, webhook: &Webhook) -> Result<()> {
        let due_at = match self.take_in(webhook).await {
            Ok(()) => None,
            Err(failure) => {
                let kind = &webhook.kind;
                tracing::warn!(kind, %failure, "a webhook is worked on again later");
                let pause = PAUSE.saturating_mul(1 << webhook.attempts.min(20));
                Some(self.time_after(pause.min(PAUSE_MAX)))
            }
        };
        Ok(self.catalog.note_webhook(&webhook.id, due_at).await?)
    }

    async fn take_in(&self, webhook: &Webhook) -> Result<()> {
        match self.payments()?.take_in(webhook).await? {
            Told::Account(tenant) => {
                let access = to_all_logs(tenant, Actor::System, Role::Owner);
                self.refresh_account(&access).await?;
            }
            Told::Meters => {
                metrics::counter!("billing_meter_errors_total").increment(1);
                tracing::error!(
                    kind = webhook.kind,
                    "Stripe does not count meter events it took"
                );
            }
            Told::Nothing => {}
        }
        Ok(())
    }

    /// Asks how a tenant's subscription is, and tells its people if it is otherwise than before.
    pub(super) async fn refresh_account(&self, access: &Access) -> Result<BillingAccount> {
        let until = self.seal_usage().await?;
        let before = self.catalog.billing_account(access.tenant).await?;
        let account = self.payments()?.refresh(access, until).await?;
        if account != before {
            self.invalidate(Stale::Tenant(access.tenant));
        }
        self.tell_standing(access.tenant, &account).await?;
        Ok(account)
    }

    /// Mails owners and admins how the tenant stands, once each time that it changes.
    async fn tell_standing(&self, tenant: TenantId, account: &BillingAccount) -> Result<()> {
        let standing = account.standing();
        if standing == account.told {
            return Ok(());
        }
        let (short_name, people) = self.people_of_bills(tenant).await?;
        for person in people {
            let about = (tenant, short_name.as_str());
            let message = Message::standing(&person, about, account);
            self.mailer.send(RequestId::generate(), message);
        }
        let context = Context {
            actor: Actor::System,
            request_id: RequestId::generate(),
        };
        let set = |it: &mut BillingAccount| it.told = standing;
        self.catalog
            .change_billing_account(tenant, context, set)
            .await?;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn as_gauge(count: u64) -> f64 {
    count as f64
}

impl From<PaymentError> for Failure {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::Catalog(error) => error.into(),
            PaymentError::Stripe(error) => error.into(),
        }
    }
}
