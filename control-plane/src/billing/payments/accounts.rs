//! Which subscription a tenant has.

use catalog::access::{Access, Actor};
use catalog::{
    BillStatus, BillingAccount, Context, MeterEvent, MonthBill, Subscription, SubscriptionStatus,
};
use protocol::meter::{Hour, Month};
use protocol::{RequestId, TenantId, Timestamp};

use super::{PaymentError, Payments};
use crate::billing::bills::Bills;
use crate::billing::stripe::{StripeError, SubscriptionState};

/// Months of a tenant that may not be invoiced yet when it is deleted.
const LAST_MONTHS: u64 = 3;

impl Payments<'_> {
    /// Asks for the subscriptions of a tenant, and takes in what they are; the account from now on.
    /// The hours before `until` are sealed.
    ///
    /// A tenant has one subscription. A second one, from another checkout that was open as well, is
    /// ended at once: nothing was used under it.
    pub(crate) async fn refresh(
        &self,
        access: &Access,
        until: Hour,
    ) -> Result<BillingAccount, PaymentError> {
        let tenant = access.tenant;
        let account = self.catalog.billing_account(tenant).await?;
        let Some(customer) = &account.customer else {
            return Ok(account);
        };
        let known = account.subscription.as_ref();
        let found = self.stripe.subscriptions(customer).await?;
        let is_live = |it: &&SubscriptionState| it.status != SubscriptionStatus::Cancelled;
        let live = || found.iter().filter(is_live);
        let kept = live()
            .find(|it| known.is_some_and(|known| known.id == it.id))
            .or_else(|| live().min_by_key(|it| (it.created, &it.id)));
        for other in live().filter(|it| kept.is_some_and(|kept| kept.id != it.id)) {
            tracing::warn!(%tenant, subscription = other.id, "a second subscription is ended");
            self.stripe.cancel_subscription(&other.id, false).await?;
        }
        let newest = || found.iter().max_by_key(|it| (it.created, &it.id));
        let Some(chosen) = kept.or_else(newest) else {
            return Ok(account);
        };
        let is_new = known.is_none_or(|known| known.id != chosen.id);
        if is_new && kept.is_some() {
            self.set_prices(&account, chosen, Month::of(self.now))
                .await?;
        }
        let since = match known {
            Some(known) if !is_new && known.status == chosen.status => known.since,
            _ => self.now,
        };
        let seconds = |time: u64| Timestamp(time.saturating_mul(1_000_000));
        let subscription = Subscription {
            id: chosen.id.clone(),
            status: chosen.status,
            since,
            ends_at: chosen.ends_at.map(seconds),
            began_at: Some(seconds(chosen.created)),
        };
        if known == Some(&subscription) {
            return Ok(account);
        }
        let bills = self.bills();
        // What was used until now was used under what there was.
        bills.advance(access, &account, until).await?;
        let account = self
            .change_account(tenant, |it| {
                // Another node may have looked later, and wrote before.
                if it.subscription.as_ref() == known {
                    it.subscription = Some(subscription.clone());
                }
            })
            .await?;
        if account.subscription.as_ref() != Some(&subscription) {
            let reason = "somebody else looked at the subscription meanwhile".to_owned();
            return Err(StripeError::Busy(reason).into());
        }
        bills.advance(access, &account, until).await?;
        Ok(account)
    }

    /// Bills what a tenant used last, before it is deleted, and ends its subscription; whether all of it
    /// is on an invoice that is final, or people have to look.
    pub(crate) async fn bill_last_use(
        &self,
        access: &Access,
        until: Hour,
    ) -> Result<bool, PaymentError> {
        let tenant = access.tenant;
        let mut account = self.catalog.billing_account(tenant).await?;
        let live = account.subscription.clone();
        if let Some(live) = live.filter(|_| account.is_subscribed()) {
            self.bills().advance(access, &account, until).await?;
            // The invoice takes what was sent before the subscription ends.
            for bill in self.catalog.month_bills(tenant, LAST_MONTHS).await? {
                let events = self.catalog.meter_events(tenant, bill.month).await?;
                let open = |it: &MeterEvent| it.state.is_open();
                if !bill.settled || events.iter().any(open) {
                    return Ok(false);
                }
            }
            self.stripe.cancel_subscription(&live.id, true).await?;
            account = self.refresh(access, until).await?;
        }
        let bills = Bills {
            ends: true,
            ..self.bills()
        };
        bills.advance(access, &account, until).await?;
        let bills = self.catalog.month_bills(tenant, LAST_MONTHS).await?;
        let is_done =
            |it: &MonthBill| matches!(it.status, BillStatus::Invoiced | BillStatus::Stopped);
        Ok(bills.iter().all(is_done))
    }

    pub(super) fn bills(&self) -> Bills<'_> {
        Bills {
            catalog: self.catalog,
            prices: self.prices,
            now: self.now,
            ends: false,
        }
    }

    /// Gives a subscription the prices of a month.
    pub(super) async fn set_prices(
        &self,
        account: &BillingAccount,
        subscription: &SubscriptionState,
        month: Month,
    ) -> Result<(), PaymentError> {
        let currency = account.currency.as_deref();
        let currency = currency.unwrap_or_else(|| self.prices.currency());
        let Some(valid) = self.prices.at(currency, month) else {
            return Ok(());
        };
        let prices = self.stripe.known_prices(currency, valid.from).await?;
        self.stripe.set_prices(subscription, prices).await?;
        Ok(())
    }

    pub(super) async fn change_account(
        &self,
        tenant: TenantId,
        change: impl Fn(&mut BillingAccount) + Sync,
    ) -> Result<BillingAccount, PaymentError> {
        let context = Context {
            actor: Actor::System,
            request_id: RequestId::generate(),
        };
        let changed = self.catalog.change_billing_account(tenant, context, change);
        Ok(changed.await?)
    }
}
