//! `primatomic billing setup`: what has to be at Stripe, what of it is missing, and making it.
//!
//! Nothing that is there is changed: a meter or a price can't be, and what differs is said. What is
//! missing is found by names that never change, so it may be run again at any time.

use std::collections::HashMap;
use std::fmt;

use miniserde::Deserialize;
use protocol::meter::Month;
use serde::Serialize;
use serde_json::json;
use stripe::{IdempotencyKey, RequestStrategy};
use stripe_billing::billing_meter::{
    CreateBillingMeter, CreateBillingMeterCustomerMapping,
    CreateBillingMeterCustomerMappingType as MappingType, CreateBillingMeterDefaultAggregation,
    CreateBillingMeterDefaultAggregationFormula as Formula, CreateBillingMeterValueSettings,
};
use stripe_billing::billing_portal_configuration::{
    CreateBillingPortalConfiguration, CreateBillingPortalConfigurationFeatures as Features,
    CreateBillingPortalConfigurationFeaturesCustomerUpdate as CustomerUpdate,
    CreateBillingPortalConfigurationFeaturesCustomerUpdateAllowedUpdates as Allowed,
    CreateBillingPortalConfigurationFeaturesSubscriptionCancel as Cancel,
    CreateBillingPortalConfigurationFeaturesSubscriptionCancelMode as CancelMode, InvoiceListParam,
    PaymentMethodUpdateParam,
};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_product::price::{
    CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval as Interval,
    CreatePriceRecurringUsageType as UsageType,
};
use stripe_product::product::{CreateProduct, ListProduct};

use uuid::Uuid;

use super::meters::{CUSTOMER, EVENT_NAMES, VALUE};
use super::products::{METADATA_KEY, PRODUCTS, lookup_key};
use super::{LIST_LIMIT, Stripe, StripeError, TIMEOUT};
use crate::billing::price::{PriceList, UnitPrice};

/// What people read on invoices, in the order of the lines.
const TITLES: [&str; 3] = ["Storage, MB-hours", "Compute, milliseconds", "Data out, MB"];

/// Where webhooks come in, behind the address of the server.
const WEBHOOKS: &str = "/billing/webhook";
const METER_WEBHOOKS: &str = "/billing/webhook/meters";

/// What we want to hear of.
const EVENTS: [&str; 12] = [
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.voided",
    "charge.dispute.created",
    "charge.dispute.closed",
];
const METER_EVENTS: [&str; 2] = [
    "v1.billing.meter.error_report_triggered",
    "v1.billing.meter.no_meter_found",
];

/// What is missing at Stripe, and what is there otherwise than it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What can't be mended by adding something.
    pub conflicts: Vec<String>,
}

/// Something to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step(Missing);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Missing {
    Product(usize),
    Meter(usize),
    Price {
        line: usize,
        currency: String,
        from: Month,
        amount: UnitPrice,
    },
    Portal,
    Webhooks(String),
    MeterWebhooks(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Missing::Product(line) => write!(f, "product {}", PRODUCTS[*line]),
            Missing::Meter(line) => write!(f, "meter {}", EVENT_NAMES[*line]),
            Missing::Price {
                line,
                currency,
                from,
                amount,
            } => {
                let key = lookup_key(*line, currency, *from);
                write!(f, "price {key}: {amount} cents a unit")
            }
            Missing::Portal => f.write_str("portal: cards and invoices, cancelling at period end"),
            Missing::Webhooks(url) => write!(f, "webhook endpoint {url}"),
            Missing::MeterWebhooks(url) => write!(f, "event destination {url}"),
        }
    }
}

/// An endpoint of webhooks, as far as it is read: the crate with its type is a large one.
#[derive(Deserialize)]
struct Endpoint {
    url: Option<String>,
    status: Option<String>,
    secret: Option<String>,
}

#[derive(Deserialize)]
struct Endpoints {
    data: Vec<Endpoint>,
}

#[derive(Serialize)]
struct NewEndpoint<'a> {
    url: &'a str,
    enabled_events: [&'static str; 12],
    api_version: &'static str,
    metadata: HashMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct Limit {
    limit: i64,
}

/// Destinations of thin events, which the library does not know.
#[derive(serde::Deserialize)]
struct Destinations {
    data: Vec<Destination>,
}

#[derive(serde::Deserialize)]
struct Destination {
    status: String,
    webhook_endpoint: Option<DestinationEndpoint>,
}

#[derive(serde::Deserialize)]
struct DestinationEndpoint {
    url: Option<String>,
    signing_secret: Option<String>,
}

const DESTINATIONS: &str = "v2/core/event_destinations";

impl Stripe {
    /// Compares what is there with what has to be.
    ///
    /// # Errors
    /// When Stripe can't be asked.
    pub async fn plan(&self, prices: &PriceList, public_url: &str) -> Result<Plan, StripeError> {
        let mut plan = Plan::default();
        let found = self.find_products().await?;
        let products = self.get(&ListProduct::new().limit(LIST_LIMIT)).await?.data;
        for (line, id) in PRODUCTS.into_iter().enumerate() {
            if !products.iter().any(|it| it.id.as_str() == id) {
                plan.steps.push(Step(Missing::Product(line)));
            }
            if found.meters[line].is_none() {
                plan.steps.push(Step(Missing::Meter(line)));
            }
        }
        for prices in prices.all() {
            for (line, amount) in prices.of_units().into_iter().enumerate() {
                let (currency, from) = (prices.currency.clone(), prices.from);
                match found.amount(line, &currency, from) {
                    Some(Some(there)) if there == amount => {}
                    Some(_) => {
                        let key = lookup_key(line, &currency, from);
                        plan.conflicts.push(format!(
                            "the price {key} is not {amount} cents at Stripe, and prices can't be \
                             changed: add prices from a later month"
                        ));
                    }
                    None => plan.steps.push(Step(Missing::Price {
                        line,
                        currency,
                        from,
                        amount,
                    })),
                }
            }
        }
        if found.portal.is_none() {
            plan.steps.push(Step(Missing::Portal));
        }
        let url = format!("{public_url}{WEBHOOKS}");
        if !self.has_endpoint(&url).await? {
            plan.steps.push(Step(Missing::Webhooks(url)));
        }
        let url = format!("{public_url}{METER_WEBHOOKS}");
        if !self.has_destination(&url).await? {
            plan.steps.push(Step(Missing::MeterWebhooks(url)));
        }
        Ok(plan)
    }

    /// Makes one thing; the secret of an endpoint of webhooks, which Stripe says only once.
    ///
    /// # Errors
    /// When Stripe does not take it.
    pub async fn make(&self, step: &Step) -> Result<Option<String>, StripeError> {
        // A key that is used again would name things that were deleted since.
        let key = format!("setup-{}", Uuid::now_v7());
        match &step.0 {
            Missing::Product(line) => {
                let request = CreateProduct::new(TITLES[*line])
                    .id(PRODUCTS[*line])
                    .metadata(ours());
                self.post(&request, &key).await?;
            }
            Missing::Meter(line) => {
                let sum = CreateBillingMeterDefaultAggregation::new(Formula::Sum);
                let customer = CreateBillingMeterCustomerMapping::new(CUSTOMER, MappingType::ById);
                let request = CreateBillingMeter::new(sum, TITLES[*line], EVENT_NAMES[*line])
                    .customer_mapping(customer)
                    .value_settings(CreateBillingMeterValueSettings::new(VALUE));
                self.post(&request, &key).await?;
            }
            Missing::Price {
                line,
                currency,
                from,
                amount,
            } => {
                let found = self.find_products().await?;
                let meter = found.meters[*line].clone();
                let mut recurring = CreatePriceRecurring::new(Interval::Month);
                recurring.usage_type = Some(UsageType::Metered);
                recurring.meter = meter;
                let lookup_key = lookup_key(*line, currency, *from);
                let currency: stripe_types::Currency = currency.parse().map_err(|_| {
                    StripeError::Configuration(format!("Stripe has no currency {currency}"))
                })?;
                let request = CreatePrice::new(currency)
                    .product(PRODUCTS[*line])
                    .recurring(recurring)
                    .unit_amount_decimal(amount.to_string())
                    .lookup_key(lookup_key)
                    .metadata(ours());
                self.post(&request, &key).await?;
            }
            Missing::Portal => {
                self.post(&portal(), &key).await?;
            }
            Missing::Webhooks(url) => return self.make_endpoint(url, &key).await,
            Missing::MeterWebhooks(url) => return self.make_destination(url, &key).await,
        }
        self.forget_products().await;
        Ok(None)
    }

    async fn has_endpoint(&self, url: &str) -> Result<bool, StripeError> {
        let request = RequestBuilder::new(StripeMethod::Get, "/webhook_endpoints");
        let request = request.query(&Limit { limit: LIST_LIMIT });
        let list: Endpoints = request.customize().send(&self.client).await?;
        let is_it = |it: &Endpoint| {
            it.url.as_deref() == Some(url) && it.status.as_deref() == Some("enabled")
        };
        Ok(list.data.iter().any(is_it))
    }

    async fn make_endpoint(&self, url: &str, key: &str) -> Result<Option<String>, StripeError> {
        let form = NewEndpoint {
            url,
            enabled_events: EVENTS,
            api_version: stripe_shared::version::VERSION.as_str(),
            metadata: HashMap::from([(METADATA_KEY, "1")]),
        };
        let request = RequestBuilder::new(StripeMethod::Post, "/webhook_endpoints").form(&form);
        let key = IdempotencyKey::new(key)
            .map_err(|error| StripeError::Configuration(error.to_string()))?;
        let made: Endpoint = request
            .customize()
            .request_strategy(RequestStrategy::Idempotent(key))
            .send(&self.client)
            .await?;
        Ok(made.secret)
    }

    async fn has_destination(&self, url: &str) -> Result<bool, StripeError> {
        let path = format!("{DESTINATIONS}?include[0]=webhook_endpoint.url&limit={LIST_LIMIT}");
        let list = self.v2(reqwest::Method::GET, &path, None).await?;
        let list: Destinations = serde_json::from_value(list).map_err(unreadable)?;
        let is_it = |it: &Destination| {
            let endpoint = it.webhook_endpoint.as_ref();
            it.status == "enabled" && endpoint.and_then(|it| it.url.as_deref()) == Some(url)
        };
        Ok(list.data.iter().any(is_it))
    }

    async fn make_destination(&self, url: &str, key: &str) -> Result<Option<String>, StripeError> {
        let body = json!({
            "name": "Primatomic: errors of meters",
            "type": "webhook_endpoint",
            "event_payload": "thin",
            "enabled_events": METER_EVENTS,
            "webhook_endpoint": { "url": url },
            "include": ["webhook_endpoint.signing_secret"],
            "metadata": { METADATA_KEY: "1" },
        });
        let made = self
            .v2(reqwest::Method::POST, DESTINATIONS, Some((body, key)))
            .await?;
        let made: Destination = serde_json::from_value(made).map_err(unreadable)?;
        Ok(made.webhook_endpoint.and_then(|it| it.signing_secret))
    }

    /// Makes a call of the second version of the API.
    async fn v2(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<(serde_json::Value, &str)>,
    ) -> Result<serde_json::Value, StripeError> {
        let options = self.options();
        let url = options.url.as_deref().unwrap_or("https://api.stripe.com");
        let unknown = |error: reqwest::Error| StripeError::Unknown(error.to_string());
        let client = reqwest::Client::builder().timeout(TIMEOUT).build();
        let mut request = client
            .map_err(unknown)?
            .request(method, format!("{}/{path}", url.trim_end_matches('/')))
            .bearer_auth(&options.secret_key)
            .header("Stripe-Version", stripe_shared::version::VERSION.as_str());
        if let Some((body, key)) = body {
            request = request.header("Idempotency-Key", key).json(&body);
        }
        let answer = request.send().await.map_err(unknown)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(unknown);
        }
        let message = answer.text().await.map_err(unknown)?;
        Err(StripeError::Refused {
            status: status.as_u16(),
            message,
        })
    }
}

fn unreadable(error: serde_json::Error) -> StripeError {
    StripeError::Unknown(format!("its answer can't be read: {error}"))
}

fn ours() -> HashMap<String, String> {
    HashMap::from([(METADATA_KEY.to_owned(), "1".to_owned())])
}

/// What people may do in the portal: change cards and what stands on invoices, and cancel at the end of
/// the period. Changing plans breaks metered prices.
fn portal() -> CreateBillingPortalConfiguration {
    let mut features = Features::new();
    let mut update = CustomerUpdate::new(true);
    update.allowed_updates = Some(vec![
        Allowed::Address,
        Allowed::Email,
        Allowed::Name,
        Allowed::TaxId,
    ]);
    features.customer_update = Some(update);
    features.invoice_history = Some(InvoiceListParam::new(true));
    features.payment_method_update = Some(PaymentMethodUpdateParam::new(true));
    let mut cancel = Cancel::new(true);
    cancel.mode = Some(CancelMode::AtPeriodEnd);
    features.subscription_cancel = Some(cancel);
    CreateBillingPortalConfiguration::new(features).metadata(ours())
}
