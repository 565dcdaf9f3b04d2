//! What `billing setup` makes, found again by names that never change: meters by their event names,
//! prices by their products and lookup keys, the configuration of the portal by its metadata.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::meter::Month;
use stripe_billing::billing_meter::ListBillingMeter;
use stripe_billing::billing_portal_configuration::ListBillingPortalConfiguration;
use stripe_product::price::ListPrice;

use super::meters::EVENT_NAMES;
use super::{LIST_LIMIT, Stripe, StripeError};
use crate::billing::price::UnitPrice;

/// Marks what is ours.
pub(super) const METADATA_KEY: &str = "primatomic";

/// The products, in the order of an invoice's lines. Stripe lets us choose their ids.
pub(super) const PRODUCTS: [&str; 3] = [
    "primatomic_storage",
    "primatomic_compute",
    "primatomic_data_out",
];

/// What there is at Stripe.
#[derive(Clone, Debug, Default)]
pub(crate) struct Products {
    /// The ids of the meters, in the order of an invoice's lines.
    pub meters: [Option<String>; 3],
    prices: Vec<Price>,
    pub portal: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Price {
    line: usize,
    id: String,
    currency: String,
    from: Month,
    /// Whether it may be subscribed to.
    active: bool,
    unit_amount: Option<UnitPrice>,
}

/// What a price is found by: `primatomic_storage_usd_2026-11`.
pub(super) fn lookup_key(line: usize, currency: &str, from: Month) -> String {
    format!("{}_{currency}_{from}", PRODUCTS[line])
}

impl Products {
    /// The prices that a currency has from a month on.
    fn prices(&self, currency: &str, from: Month) -> Result<[String; 3], StripeError> {
        let mut found = [const { String::new() }; 3];
        for (line, found) in found.iter_mut().enumerate() {
            let price = self.find(line, currency, from).ok_or_else(|| {
                let key = lookup_key(line, currency, from);
                StripeError::NotSetUp(format!("the price {key}"))
            })?;
            found.clone_from(&price.id);
        }
        Ok(found)
    }

    fn find(&self, line: usize, currency: &str, from: Month) -> Option<&Price> {
        let is_it =
            |it: &&Price| it.active && (it.line, &*it.currency, it.from) == (line, currency, from);
        self.prices.iter().find(is_it)
    }

    /// The amount of the price that a currency has from a month on.
    pub(super) fn amount(
        &self,
        line: usize,
        currency: &str,
        from: Month,
    ) -> Option<Option<UnitPrice>> {
        self.find(line, currency, from).map(|it| it.unit_amount)
    }

    /// Which line of an invoice a price makes.
    pub(super) fn line_of(&self, price: &str) -> Option<usize> {
        self.prices
            .iter()
            .find(|it| it.id == price)
            .map(|it| it.line)
    }
}

impl Stripe {
    /// What there is, as it was when it was first asked for.
    pub(crate) async fn products(&self) -> Result<Arc<Products>, StripeError> {
        if let Some(known) = &*self.products.read().await {
            return Ok(Arc::clone(known));
        }
        let mut known = self.products.write().await;
        if let Some(known) = &*known {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(self.find_products().await?);
        *known = Some(Arc::clone(&found));
        Ok(found)
    }

    /// The prices that a currency has from a month on. Those that are missing are asked for anew: setup
    /// may have been run since.
    pub(crate) async fn known_prices(
        &self,
        currency: &str,
        from: Month,
    ) -> Result<[String; 3], StripeError> {
        let prices = self.products().await?.prices(currency, from);
        if prices.is_err() {
            self.forget_products().await;
        }
        prices
    }

    /// Which line of an invoice a price makes; none that is not ours. An unknown one is asked for anew.
    pub(crate) async fn line_of(&self, price: &str) -> Result<Option<usize>, StripeError> {
        if let Some(line) = self.products().await?.line_of(price) {
            return Ok(Some(line));
        }
        self.forget_products().await;
        Ok(self.products().await?.line_of(price))
    }

    /// Asks for it anew the next time: something was missing.
    pub(crate) async fn forget_products(&self) {
        *self.products.write().await = None;
    }

    pub(super) async fn find_products(&self) -> Result<Products, StripeError> {
        let mut found = Products::default();
        let meters = self.get(&ListBillingMeter::new().limit(LIST_LIMIT)).await?;
        let meters: HashMap<String, String> = meters
            .data
            .into_iter()
            .map(|it| (it.event_name, it.id.to_string()))
            .collect();
        found.meters = EVENT_NAMES.map(|name| meters.get(name).cloned());
        for (line, product) in PRODUCTS.into_iter().enumerate() {
            let list = ListPrice::new().product(product).limit(LIST_LIMIT);
            let prices = match self.get(&list).await {
                Err(error) if error.is_not_found() => continue,
                prices => prices?.data,
            };
            for price in prices {
                let key = price.lookup_key.unwrap_or_default();
                let of_ours = key
                    .strip_prefix(product)
                    .and_then(|it| it.strip_prefix('_'));
                let Some((currency, from)) = of_ours.and_then(|it| it.split_once('_')) else {
                    continue;
                };
                let Ok(from) = from.parse() else {
                    continue;
                };
                found.prices.push(Price {
                    line,
                    id: price.id.to_string(),
                    currency: currency.to_owned(),
                    from,
                    active: price.active,
                    unit_amount: price.unit_amount_decimal.and_then(|it| it.parse().ok()),
                });
            }
        }
        let portals = ListBillingPortalConfiguration::new()
            .active(true)
            .limit(LIST_LIMIT);
        let portals = self.get(&portals).await?.data;
        let ours = portals.into_iter().find(|it| {
            it.metadata
                .as_ref()
                .is_some_and(|it| it.contains_key(METADATA_KEY))
        });
        found.portal = ours.map(|it| it.id.to_string());
        Ok(found)
    }
}
