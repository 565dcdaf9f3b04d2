//! Checkout, where a tenant subscribes, and the portal, where it does everything else.

use std::collections::HashMap;

use protocol::TenantId;
use protocol::meter::Month;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAutomaticTax,
    CreateCheckoutSessionCustomerUpdate as CustomerUpdate,
    CreateCheckoutSessionCustomerUpdateAddress as UpdateAddress,
    CreateCheckoutSessionCustomerUpdateName as UpdateName, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionSubscriptionData,
    CreateCheckoutSessionSubscriptionDataBillingCycleAnchorConfig as Anchor,
    CreateCheckoutSessionSubscriptionDataBillingMode as BillingMode,
    CreateCheckoutSessionSubscriptionDataBillingModeType as BillingModeType,
    CreateCheckoutSessionSubscriptionDataProrationBehavior as Proration,
    CreateCheckoutSessionTaxIdCollection, ExpireCheckoutSession, RetrieveCheckoutSession,
};
use stripe_shared::{CheckoutSessionMode, CheckoutSessionStatus};

use super::products::METADATA_KEY;
use super::{Stripe, StripeError};

/// A checkout that is to be opened.
pub(crate) struct NewCheckout<'a> {
    pub tenant: TenantId,
    pub customer: &'a str,
    pub currency: &'a str,
    /// The month since which the prices are valid.
    pub prices_from: Month,
    pub success_url: &'a str,
    pub cancel_url: &'a str,
}

/// What became of a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckoutState {
    pub customer: Option<String>,
    pub is_open: bool,
}

impl Stripe {
    /// Opens a checkout: its id, and where it is. Billing is by calendar months in UTC, so the first
    /// period ends with the month. The key is the same for calls that mean the same checkout.
    pub(crate) async fn create_checkout(
        &self,
        it: &NewCheckout<'_>,
        key: &str,
    ) -> Result<(String, String), StripeError> {
        let prices = self.known_prices(it.currency, it.prices_from).await?;
        // Metered prices have no quantity.
        let lines = prices.map(|price| {
            let mut line = CreateCheckoutSessionLineItems::new();
            line.price = Some(price);
            line
        });
        let tenant = HashMap::from([(METADATA_KEY.to_owned(), it.tenant.to_string())]);
        // The first of the next month in UTC, whenever it is completed.
        let mut anchor = Anchor::new(1);
        (anchor.hour, anchor.minute, anchor.second) = (Some(0), Some(0), Some(0));
        let mut subscription = CreateCheckoutSessionSubscriptionData::new();
        subscription.billing_cycle_anchor_config = Some(anchor);
        subscription.proration_behavior = Some(Proration::None);
        // It can't be changed later, and says how cancelling and prices behave.
        subscription.billing_mode = Some(BillingMode::new(BillingModeType::Flexible));
        subscription.metadata = Some(tenant.clone());
        // Tax ids go with the name and the address that people enter.
        let mut update = CustomerUpdate::new();
        update.name = Some(UpdateName::Auto);
        update.address = Some(UpdateAddress::Auto);
        let request = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Subscription)
            .customer(it.customer)
            .client_reference_id(it.tenant.to_string())
            .line_items(lines.to_vec())
            .subscription_data(subscription)
            .metadata(tenant)
            .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
            .customer_update(update)
            .automatic_tax(CreateCheckoutSessionAutomaticTax::new(
                self.options().automatic_tax,
            ))
            .success_url(it.success_url)
            .cancel_url(it.cancel_url);
        let session = self.post(&request, key).await?;
        let url = session.url.ok_or_else(|| {
            StripeError::Unknown(format!("the checkout {} has no address", session.id))
        })?;
        Ok((session.id.to_string(), url))
    }

    pub(crate) async fn checkout(&self, id: &str) -> Result<CheckoutState, StripeError> {
        let session = self.get(&RetrieveCheckoutSession::new(id)).await?;
        Ok(CheckoutState {
            customer: session.customer.map(|it| it.id().to_string()),
            is_open: session.status == Some(CheckoutSessionStatus::Open),
        })
    }

    /// Ends a checkout that is open.
    pub(crate) async fn expire_checkout(&self, id: &str) -> Result<(), StripeError> {
        let request = ExpireCheckoutSession::new(id);
        self.get(&request).await?;
        Ok(())
    }

    /// Opens the portal for a customer; where it is.
    pub(crate) async fn create_portal(
        &self,
        customer: &str,
        return_url: &str,
    ) -> Result<String, StripeError> {
        let products = self.products().await?;
        let Some(configuration) = &products.portal else {
            self.forget_products().await;
            return Err(StripeError::NotSetUp(
                "the configuration of the portal".to_owned(),
            ));
        };
        let request = CreateBillingPortalSession::new()
            .customer(customer)
            .configuration(configuration)
            .return_url(return_url);
        Ok(self.get(&request).await?.url)
    }
}
