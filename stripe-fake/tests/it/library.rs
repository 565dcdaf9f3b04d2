//! The library by which Stripe is called sends every operation that Primatomic needs, and reads every
//! answer.

use std::collections::HashMap;

use serde::Serialize;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError};
use stripe_billing::billing_meter::{
    CreateBillingMeter, CreateBillingMeterCustomerMapping,
    CreateBillingMeterCustomerMappingType as MappingType, CreateBillingMeterDefaultAggregation,
    CreateBillingMeterDefaultAggregationFormula as Formula, CreateBillingMeterValueSettings,
    ListBillingMeter,
};
use stripe_billing::billing_meter_event::CreateBillingMeterEvent;
use stripe_billing::billing_meter_event_summary::{
    ListIdBillingMeterEventSummary, ListIdBillingMeterEventSummaryValueGroupingWindow as Window,
};
use stripe_billing::billing_portal_configuration::{
    CreateBillingPortalConfiguration, CreateBillingPortalConfigurationFeatures as Features,
    CreateBillingPortalConfigurationFeaturesCustomerUpdate as CustomerUpdate,
    CreateBillingPortalConfigurationFeaturesCustomerUpdateAllowedUpdates as Allowed,
    CreateBillingPortalConfigurationFeaturesSubscriptionCancel as Cancel,
    CreateBillingPortalConfigurationFeaturesSubscriptionCancelMode as CancelMode, InvoiceListParam,
    ListBillingPortalConfiguration, PaymentMethodUpdateParam,
};
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::invoice::{
    CustomFieldParams, FinalizeInvoiceInvoice, ListInvoice, RetrieveInvoice, UpdateInvoice,
};
use stripe_billing::subscription::{
    CancelSubscription, ListSubscription, ListSubscriptionStatus, RetrieveSubscription,
    UpdateSubscription, UpdateSubscriptionItems, UpdateSubscriptionProrationBehavior,
};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomerUpdate,
    CreateCheckoutSessionCustomerUpdateName, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionSubscriptionData,
    CreateCheckoutSessionSubscriptionDataBillingMode as BillingMode,
    CreateCheckoutSessionSubscriptionDataBillingModeType as BillingModeType,
    CreateCheckoutSessionSubscriptionDataProrationBehavior as Proration,
    CreateCheckoutSessionTaxIdCollection, ExpireCheckoutSession, RetrieveCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::charge::RetrieveCharge;
use stripe_core::customer::CreateCustomer;
use stripe_core::dispute::RetrieveDispute;
use stripe_fake::Card;
use stripe_product::price::{
    CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval as Interval,
    CreatePriceRecurringUsageType as UsageType, ListPrice,
};
use stripe_product::product::{CreateProduct, ListProduct};
use stripe_shared::{
    CheckoutSessionMode, CheckoutSessionStatus, DisputeStatus, InvoiceStatus, SubscriptionStatus,
};
use stripe_types::Currency;

use crate::api::{Api, HOUR, NEXT_MONTH, NOW};

const LIMIT: i64 = 100;

struct Library {
    api: Api,
    client: Client,
}

impl Library {
    async fn start() -> Self {
        let api = Api::start().await;
        let client = ClientBuilder::new(api.fake.secret_key())
            .request_strategy(RequestStrategy::Once)
            .url(format!("{}/", api.fake.url()));
        let client = client.build().unwrap();
        Self { api, client }
    }

    async fn get<R>(&self, request: &R) -> R::Output
    where
        R: StripeRequest + Sync,
        R::Output: miniserde::Deserialize,
    {
        request.customize().send(&self.client).await.unwrap()
    }

    async fn post<R>(&self, request: &R, key: &str) -> R::Output
    where
        R: StripeRequest + Sync,
        R::Output: miniserde::Deserialize,
    {
        let key = RequestStrategy::Idempotent(IdempotencyKey::new(key).unwrap());
        let request = request.customize().request_strategy(key);
        request.send(&self.client).await.unwrap()
    }

    /// A customer, and a metered price.
    async fn begin(&self) -> (String, String) {
        let customer = CreateCustomer::new()
            .name("acme")
            .email("billing@acme.example")
            .metadata(ours());
        let customer = self.post(&customer, "customer").await;
        let product = CreateProduct::new("Compute").id("compute").metadata(ours());
        assert_eq!(self.post(&product, "product").await.id.as_str(), "compute");
        let mapping =
            CreateBillingMeterCustomerMapping::new("stripe_customer_id", MappingType::ById);
        let sum = CreateBillingMeterDefaultAggregation::new(Formula::Sum);
        let meter = CreateBillingMeter::new(sum, "Compute", "compute")
            .customer_mapping(mapping)
            .value_settings(CreateBillingMeterValueSettings::new("value"));
        let meter = self.post(&meter, "meter").await;
        let price = self.price("0.000012", meter.id.as_str()).await;
        (customer.id.to_string(), price)
    }

    async fn price(&self, amount: &str, meter: &str) -> String {
        let mut recurring = CreatePriceRecurring::new(Interval::Month);
        recurring.usage_type = Some(UsageType::Metered);
        recurring.meter = Some(meter.to_owned());
        let request = CreatePrice::new(Currency::USD)
            .product("compute")
            .recurring(recurring)
            .unit_amount_decimal(amount)
            .lookup_key(format!("compute_usd_{amount}"))
            .metadata(ours());
        let price = self.post(&request, amount).await;
        assert_eq!(price.unit_amount_decimal.as_deref(), Some(amount));
        price.id.to_string()
    }

    /// Opens a checkout: its id.
    async fn checkout(&self, customer: &str, price: &str, key: &str) -> String {
        let mut line = CreateCheckoutSessionLineItems::new();
        line.price = Some(price.to_owned());
        let mut subscription = CreateCheckoutSessionSubscriptionData::new();
        subscription.billing_cycle_anchor = i64::try_from(NEXT_MONTH).ok();
        subscription.proration_behavior = Some(Proration::None);
        subscription.billing_mode = Some(BillingMode::new(BillingModeType::Flexible));
        subscription.metadata = Some(ours());
        let mut update = CreateCheckoutSessionCustomerUpdate::new();
        update.name = Some(CreateCheckoutSessionCustomerUpdateName::Auto);
        let request = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Subscription)
            .customer(customer)
            .client_reference_id("acme")
            .line_items(vec![line])
            .subscription_data(subscription)
            .metadata(ours())
            .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
            .customer_update(update)
            .success_url("http://127.0.0.1:1/ok")
            .cancel_url("http://127.0.0.1:1/no");
        let session = self.post(&request, key).await;
        assert!(session.url.unwrap().starts_with(&self.api.fake.url()));
        session.id.to_string()
    }
}

fn ours() -> HashMap<String, String> {
    HashMap::from([("tenant".to_owned(), "acme".to_owned())])
}

#[tokio::test]
async fn what_is_set_up_is_found() {
    let library = Library::start().await;
    let (_, price) = library.begin().await;
    let products = library.get(&ListProduct::new().limit(LIMIT)).await;
    assert_eq!(products.data[0].name, "Compute");
    let meters = library.get(&ListBillingMeter::new().limit(LIMIT)).await;
    assert_eq!(meters.data[0].event_name, "compute");
    let prices = ListPrice::new().product("compute").active(true);
    let prices = library.get(&prices.limit(LIMIT)).await.data;
    assert_eq!(prices[0].id.as_str(), price);
    let key = prices[0].lookup_key.as_deref();
    assert_eq!(key, Some("compute_usd_0.000012"));
    let mut cancel = Cancel::new(true);
    cancel.mode = Some(CancelMode::AtPeriodEnd);
    let mut update = CustomerUpdate::new(true);
    update.allowed_updates = Some(vec![Allowed::Address, Allowed::Email, Allowed::TaxId]);
    let mut features = Features::new();
    features.customer_update = Some(update);
    features.invoice_history = Some(InvoiceListParam::new(true));
    features.payment_method_update = Some(PaymentMethodUpdateParam::new(true));
    features.subscription_cancel = Some(cancel);
    let request = CreateBillingPortalConfiguration::new(features).metadata(ours());
    library.post(&request, "portal").await;
    let portals = ListBillingPortalConfiguration::new().active(true);
    let portals = library.get(&portals.limit(LIMIT)).await.data;
    assert!(portals[0].features.subscription_cancel.enabled);
    assert!(portals[0].metadata.as_ref().unwrap().contains_key("tenant"));
}

/// An endpoint, as far as it is read.
#[derive(miniserde::Deserialize)]
struct Endpoint {
    url: String,
    status: String,
    secret: Option<String>,
}

#[derive(miniserde::Deserialize)]
struct Endpoints {
    data: Vec<Endpoint>,
}

#[derive(Serialize)]
struct NewEndpoint {
    url: &'static str,
    enabled_events: [&'static str; 2],
    api_version: &'static str,
    metadata: HashMap<String, String>,
}

#[derive(Serialize)]
struct Limit {
    limit: i64,
}

#[tokio::test]
async fn the_secret_of_an_endpoint_is_told_once() {
    let library = Library::start().await;
    let form = NewEndpoint {
        url: "http://127.0.0.1:1/hook",
        enabled_events: ["invoice.created", "invoice.paid"],
        api_version: stripe_shared::version::VERSION.as_str(),
        metadata: ours(),
    };
    let request = RequestBuilder::new(StripeMethod::Post, "/webhook_endpoints").form(&form);
    let made: Endpoint = request.customize().send(&library.client).await.unwrap();
    assert!(made.secret.unwrap().starts_with("whsec_"));
    let request = RequestBuilder::new(StripeMethod::Get, "/webhook_endpoints");
    let request = request.query(&Limit { limit: LIMIT });
    let found: Endpoints = request.customize().send(&library.client).await.unwrap();
    let found = &found.data[0];
    assert_eq!(
        (&*found.url, &*found.status),
        ("http://127.0.0.1:1/hook", "enabled")
    );
    assert!(found.secret.is_none());
}

#[tokio::test]
async fn a_customer_subscribes_and_cancels() {
    let library = Library::start().await;
    let (customer, price) = library.begin().await;
    let left = library.checkout(&customer, &price, "first").await;
    let expire = ExpireCheckoutSession::new(&*left);
    let expired = library.post(&expire, "expire").await;
    assert_eq!(expired.status, Some(CheckoutSessionStatus::Expired));
    let session = library.checkout(&customer, &price, "second").await;
    let fake = &library.api.fake;
    fake.complete_checkout(&session, Card::Works).unwrap();
    let session = library.get(&RetrieveCheckoutSession::new(&*session)).await;
    assert_eq!(session.status, Some(CheckoutSessionStatus::Complete));
    assert_eq!(session.client_reference_id.as_deref(), Some("acme"));
    let id = session.subscription.unwrap().id().to_string();
    let list = ListSubscription::new()
        .customer(&*customer)
        .status(ListSubscriptionStatus::All);
    let found = &library.get(&list.limit(LIMIT)).await.data[0];
    assert_eq!((found.id.as_str(), found.items.data.len()), (&*id, 1));

    let meters = library.get(&ListBillingMeter::new()).await;
    let dearer = library.price("0.5", meters.data[0].id.as_str()).await;
    let mut item = UpdateSubscriptionItems::new();
    item.id = Some(found.items.data[0].id.to_string());
    item.price = Some(dearer.clone());
    let update = UpdateSubscription::new(&*id)
        .items(vec![item])
        .proration_behavior(UpdateSubscriptionProrationBehavior::None);
    library.post(&update, "prices").await;
    let found = library.get(&RetrieveSubscription::new(&*id)).await;
    assert_eq!(found.items.data[0].price.id.as_str(), dearer);
    assert_eq!(found.status, SubscriptionStatus::Active);

    let portal = "features[invoice_history][enabled]=true";
    let portal = library
        .api
        .post("/v1/billing_portal/configurations", portal)
        .await;
    let portal = CreateBillingPortalSession::new()
        .customer(&*customer)
        .configuration(portal["id"].as_str().unwrap())
        .return_url("http://127.0.0.1:1/back");
    let portal = library.get(&portal).await;
    assert!(portal.url.starts_with(&fake.url()));

    let cancel = CancelSubscription::new(&*id)
        .invoice_now(true)
        .prorate(false);
    let ended = library.post(&cancel, "cancel").await;
    assert_eq!(ended.status, SubscriptionStatus::Canceled);
    assert!(ended.ended_at.is_some());
    let again = cancel.customize().send(&library.client).await;
    assert!(matches!(again, Err(StripeError::Stripe(_, 404))));
}

#[tokio::test]
async fn what_is_used_is_summed_up_billed_and_disputed() {
    let library = Library::start().await;
    let (customer, price) = library.begin().await;
    let session = library.checkout(&customer, &price, "checkout").await;
    let fake = &library.api.fake;
    fake.complete_checkout(&session, Card::Works).unwrap();
    let payload = HashMap::from([
        ("stripe_customer_id".to_owned(), customer.clone()),
        ("value".to_owned(), "5000000".to_owned()),
    ]);
    let event = CreateBillingMeterEvent::new("compute", payload)
        .identifier("a")
        .timestamp(i64::try_from(NOW).unwrap());
    assert_eq!(library.get(&event).await.identifier, "a");
    let again = event.customize().send(&library.client).await;
    let Err(StripeError::Stripe(error, 400)) = again else {
        panic!("it is refused: {again:?}");
    };
    assert!(error.message.unwrap().contains("already exists"));

    fake.advance_to(NOW + HOUR).await;
    let seconds = |time: u64| i64::try_from(time / HOUR * HOUR).unwrap();
    let meter = library.get(&ListBillingMeter::new()).await.data[0]
        .id
        .to_string();
    let (from, to) = (seconds(NOW), seconds(NOW + 2 * HOUR));
    let list = ListIdBillingMeterEventSummary::new(&*meter, &*customer, to, from)
        .value_grouping_window(Window::Hour)
        .limit(LIMIT);
    let summary = &library.get(&list).await.data[0];
    let exact = (summary.start_time, summary.aggregated_value);
    assert_eq!(exact, (from, 5_000_000.0));

    fake.advance_to(NEXT_MONTH).await;
    let list = ListInvoice::new().customer(&*customer).limit(LIMIT);
    let draft = &library.get(&list).await.data[0];
    assert_eq!(draft.status, Some(InvoiceStatus::Draft));
    let id = draft.id.as_ref().unwrap().to_string();
    let held = UpdateInvoice::new(&*id).auto_advance(false);
    assert_eq!(library.post(&held, "hold").await.auto_advance, Some(false));
    let field = CustomFieldParams::new("Usage ledger", "as of record 7");
    let note = UpdateInvoice::new(&*id)
        .metadata(ours())
        .custom_fields(vec![field]);
    let noted = library.post(&note, "note").await;
    assert_eq!(noted.custom_fields.unwrap()[0].value, "as of record 7");
    let finalize = FinalizeInvoiceInvoice::new(&*id).auto_advance(true);
    let paid = library.post(&finalize, "finalise").await;
    assert_eq!(paid.status, Some(InvoiceStatus::Paid));
    let invoice = library.get(&RetrieveInvoice::new(&*id)).await;
    assert_eq!(invoice.subtotal, 60);
    let line = &invoice.lines.data[0];
    let of_price = line.pricing.as_ref().unwrap().price_details.as_ref();
    assert_eq!(of_price.unwrap().price.id().as_str(), price);
    assert_eq!(line.quantity, Some(5_000_000));
    let end = i64::try_from(NEXT_MONTH).unwrap();
    assert_eq!(line.period.end, end);

    let dispute = fake.open_dispute(&id).unwrap();
    let dispute = library.get(&RetrieveDispute::new(&*dispute)).await;
    assert_eq!(dispute.status, DisputeStatus::NeedsResponse);
    let charge = dispute.charge.id().to_string();
    let charge = library.get(&RetrieveCharge::new(&*charge)).await;
    assert_eq!(charge.customer.unwrap().id().as_str(), customer);
}
