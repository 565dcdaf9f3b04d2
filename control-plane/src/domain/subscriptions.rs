//! Subscribing, and what a tenant decides about its bill.

use catalog::access::{Access, Role};
use catalog::{BillingAccount, Context, PAGE_LIMIT_MAX, Page};
use protocol::ErrorCode;
use protocol::meter::Month;
use storage::bus::Stale;
use uuid::Uuid;

use super::App;
use crate::billing::payments::Payments;
use crate::billing::price::PriceList;
use crate::billing::stripe::{NewCheckout, Stripe, StripeError};
use crate::errors::{Failure, Result};

/// The largest cap, in cents: what the provider bills at most.
const CAP_CENTS_MAX: u64 = 99_999_999;

const URL_BYTES_MAX: usize = 2_000;

impl App {
    /// What payments are made with.
    ///
    /// # Errors
    /// When this server takes none.
    pub(super) fn payments(&self) -> Result<Payments<'_>> {
        let (stripe, prices) = self.provider()?;
        Ok(Payments {
            catalog: &self.catalog,
            prices,
            stripe,
            now: self.clock.now(),
        })
    }

    pub(super) fn provider(&self) -> Result<(&Stripe, &PriceList)> {
        let (stripe, prices) = (self.options.stripe.as_ref(), self.options.prices.as_ref());
        stripe.zip(prices).ok_or_else(|| {
            let message = "this server takes no payments; its operator can set that up with \
                           PRIMATOMIC_STRIPE_SECRET_KEY and PRIMATOMIC_PRICES";
            Failure::new(ErrorCode::BillingNotConfigured, message)
        })
    }

    /// Opens a page on which the tenant subscribes; its id, and where it is.
    ///
    /// # Errors
    /// When the tenant is subscribed, or the provider can't be reached.
    pub(crate) async fn checkout(
        &self,
        access: &Access,
        context: Context,
        success_url: &str,
        cancel_url: &str,
    ) -> Result<(String, String)> {
        let (stripe, prices) = self.provider()?;
        check_url("success_url", success_url)?;
        check_url("cancel_url", cancel_url)?;
        let month = Month::of(self.clock.now());
        let mut account = self.catalog.billing_account(access.tenant).await?;
        if let Some(open) = &account.checkout {
            // Of two pages that are open, both could be paid.
            let was_open = match stripe.checkout(open).await {
                Err(error) if error.is_not_found() => false,
                found => found?.is_open,
            };
            if was_open {
                // If it was completed a moment ago, the next look finds the subscription.
                match stripe.expire_checkout(open).await {
                    Ok(()) | Err(StripeError::Refused { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            account = self.refresh_account(access).await?;
        }
        if account.is_subscribed() {
            return Err(Failure::new(
                ErrorCode::AlreadySubscribed,
                "the tenant is subscribed already; POST /billing/portal leads to its cards, its \
                 invoices and to cancelling",
            ));
        }
        let customer = match account.customer {
            Some(customer) => customer,
            None => self.make_customer(access, context).await?,
        };
        let currency = account
            .currency
            .unwrap_or_else(|| prices.currency().to_owned());
        let prices = prices.at(&currency, month).ok_or_else(|| {
            let message = format!("there are no prices in {currency} for {month} yet");
            Failure::new(ErrorCode::BillingNotConfigured, message)
        })?;
        let checkout = NewCheckout {
            tenant: access.tenant,
            customer: &customer,
            currency: &currency,
            prices_from: prices.from,
            success_url,
            cancel_url,
        };
        let key = format!("checkout-{}", Uuid::now_v7());
        let (id, url) = stripe.create_checkout(&checkout, &key).await?;
        let set = |it: &mut BillingAccount| it.checkout = Some(id.clone());
        self.catalog
            .change_billing_account(access.tenant, context, set)
            .await?;
        Ok((id, url))
    }

    /// Makes the tenant a customer of the provider; its id there.
    async fn make_customer(&self, access: &Access, context: Context) -> Result<String> {
        let (stripe, prices) = self.provider()?;
        let tenant = self.catalog.tenant(access).await?;
        let members = self.catalog.members(access, Page::first(PAGE_LIMIT_MAX));
        let members = members.await?.items;
        let owner = members.iter().find(|it| it.role == Role::Owner);
        let email = owner.map(|it| it.email.as_str());
        let made = stripe.create_customer(access.tenant, &tenant.short_name, email);
        let (customer, currency) = (made.await?, prices.currency());
        let set = |it: &mut BillingAccount| {
            it.customer.get_or_insert_with(|| customer.clone());
            it.currency.get_or_insert_with(|| currency.to_owned());
        };
        let changed = self
            .catalog
            .change_billing_account(access.tenant, context, set);
        Ok(changed.await?.customer.unwrap_or_default())
    }

    /// Opens a page with the tenant's cards and invoices; where it is.
    ///
    /// # Errors
    /// When the tenant never subscribed, or the provider can't be reached.
    pub(crate) async fn portal(&self, access: &Access, return_url: Option<&str>) -> Result<String> {
        let (stripe, _) = self.provider()?;
        if let Some(url) = return_url {
            check_url("return_url", url)?;
        }
        let account = self.catalog.billing_account(access.tenant).await?;
        let never_subscribed = || {
            let message = "the tenant never subscribed; POST /billing/checkout does that";
            Failure::new(ErrorCode::NeverSubscribed, message)
        };
        let customer = account.customer.ok_or_else(never_subscribed)?;
        let return_url = return_url.unwrap_or(&self.options.public_url);
        Ok(stripe.create_portal(&customer, return_url).await?)
    }

    /// Sets what a month may cost at most, or lets it cost whatever is used.
    ///
    /// # Errors
    /// When this server takes no payments, or the cap is too large.
    pub(crate) async fn set_cap(
        &self,
        access: &Access,
        context: Context,
        cap_cents: Option<u64>,
    ) -> Result<BillingAccount> {
        self.provider()?;
        if cap_cents.is_some_and(|it| it > CAP_CENTS_MAX) {
            let message = format!("`cap_cents` is at most {CAP_CENTS_MAX}; null is no cap");
            return Err(Failure::invalid_request(message));
        }
        let set = |it: &mut BillingAccount| it.cap_cents = cap_cents;
        let changed = self
            .catalog
            .change_billing_account(access.tenant, context, set)
            .await?;
        self.invalidate(Stale::Tenant(access.tenant));
        // Here it holds at once, and on other nodes as soon as they hear of it.
        self.look_at_tenant(access.tenant).await?;
        Ok(changed)
    }

    /// Where the tenant's own server is told how much is used, if it is.
    ///
    /// # Errors
    /// When nothing costs anything here.
    pub(crate) async fn webhook_url(&self, access: &Access) -> Result<Option<String>> {
        self.check_notices()?;
        let account = self.catalog.billing_account(access.tenant).await?;
        Ok(account.webhook_url)
    }

    /// Sets where the tenant's own server is told how much is used.
    ///
    /// # Errors
    /// When the address can't be called, or nothing costs anything here.
    pub(crate) async fn set_webhook_url(
        &self,
        access: &Access,
        context: Context,
        url: Option<String>,
    ) -> Result<Option<String>> {
        self.check_notices()?;
        if let Some(url) = &url {
            let checked = self.webhooks.check(url);
            checked.map_err(|error| Failure::invalid_request(error.to_string()))?;
        }
        let set = |it: &mut BillingAccount| it.webhook_url.clone_from(&url);
        let changed = self
            .catalog
            .change_billing_account(access.tenant, context, set);
        Ok(changed.await?.webhook_url)
    }

    fn check_notices(&self) -> Result<()> {
        if self.options.prices.is_some() {
            return Ok(());
        }
        let message = "nothing costs anything on this server, so there is nothing to tell";
        Err(Failure::new(ErrorCode::BillingNotConfigured, message))
    }
}

/// Where people are sent from a page of the provider's.
fn check_url(name: &str, text: &str) -> Result<()> {
    let is_web = reqwest::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_web && text.len() <= URL_BYTES_MAX {
        return Ok(());
    }
    Err(Failure::invalid_request(format!(
        "`{name}` is no address of a page: it begins with https:// and has at most \
         {URL_BYTES_MAX} bytes"
    )))
}

impl From<StripeError> for Failure {
    fn from(error: StripeError) -> Self {
        match error {
            StripeError::Busy(_) | StripeError::Unknown(_) => {
                Self::unavailable("the payment provider can't be reached", &error)
            }
            StripeError::NotSetUp(_) | StripeError::Configuration(_) => {
                Self::unavailable("payments are not set up on this server", &error)
            }
            StripeError::Refused { .. } => {
                Self::internal("the payment provider refuses a request", &error)
            }
        }
    }
}
