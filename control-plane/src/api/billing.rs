//! `/billing`.

use catalog::Page;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{Object, OpenApi};
use protocol::ErrorCode::*;
use protocol::meter::{Meter, Month, MonthError};
use serde::{Deserialize, Serialize};

use super::Tag;
use super::body::{BodyKind, JsonBody, RawBody};
use super::caller::{Caller, Probe, WholeTenant, role};
use super::failures::{Codes, Failed, IN_VIEW, LIST, RAW_BODY, codes};
use super::json::{Json, Success};
use super::parameters::Parameters;
use super::usage_format::{ExplainedUsage, MeterName, Step, UsageBody};
use crate::domain::usage::UsageQuestion;
use crate::errors::Failure;

pub(super) struct BillingApi;

fn parse_month(text: &str) -> Result<Month, Failure> {
    let month = text.parse();
    month.map_err(|error: MonthError| Failure::new(InvalidRequest, error.to_string()))
}

#[OpenApi(tag = "Tag::Billing")]
impl BillingApi {
    /// Show what was used
    ///
    /// Since the current month began, or in an earlier one. Storage appears about half a minute after
    /// it was used, everything else within seconds. A key that is limited to some logs sees what was
    /// used in those.
    #[oai(path = "/billing/usage", method = "get", operation_id = "getUsage")]
    async fn usage(
        &self,
        caller: Caller<role::ReadOnly>,
        /// A month, such as `2026-11`; the current one when it is left out.
        month: Query<Option<String>>,
        /// Use of this log alone: its id or name.
        log: Query<Option<String>>,
        /// Use of this view of the log alone: its name.
        view: Query<Option<String>>,
        /// How long each entry of the series is; a day when it is left out.
        step: Query<Option<Step>>,
    ) -> Result<Json<UsageBody>, Failed<IN_VIEW>> {
        let (app, access, _) = caller.parts();
        let ask = UsageQuestion {
            month: month.0.as_deref().map(parse_month).transpose()?,
            log: log.0,
            view: view.0,
        };
        let used = app.usage(access, ask).await?;
        let step = step.0.unwrap_or(Step::Day);
        Ok(Json::new(UsageBody::new(&used, step)))
    }

    /// Explain what was used
    ///
    /// The records of the ledger that a figure of a month is the sum of, each of an hour, a log and a
    /// view, in the order in which they were made.
    #[oai(
        path = "/billing/usage/:month/explain",
        method = "get",
        operation_id = "explainUsage"
    )]
    async fn explain(
        &self,
        caller: Caller<role::ReadOnly>,
        /// The month, such as `2026-11`.
        month: Path<String>,
        /// The meter whose figure is to be explained.
        meter: Query<MeterName>,
        /// Use of this log alone: its id or name.
        log: Query<Option<String>>,
        /// Use of this view of the log alone: its name.
        view: Query<Option<String>>,
        Parameters(page): Parameters<Page>,
    ) -> Result<Json<ExplainedUsage>, Failed<{ LIST | IN_VIEW }>> {
        let (app, access, _) = caller.parts();
        let ask = UsageQuestion {
            month: Some(parse_month(&month.0)?),
            log: log.0,
            view: view.0,
        };
        let meter = Meter::from(meter.0);
        let (used, records) = app.explain_usage(access, ask, meter, page).await?;
        Ok(Json::new(ExplainedUsage::new(&used, meter, records)))
    }

    /// Open a page to subscribe on
    ///
    /// People enter a card there, and Stripe sends them to one of the two addresses. The tenant is
    /// subscribed a moment after they finish, whether or not their browser gets there. A page that was
    /// open before is closed.
    #[oai(
        path = "/billing/checkout",
        method = "post",
        operation_id = "openCheckout"
    )]
    async fn checkout(
        &self,
        caller: Caller<WholeTenant<role::Admin>>,
        JsonBody(body): JsonBody<CheckoutBody>,
    ) -> Result<Json<CheckoutAnswer>, Failed<{ codes(&[BillingNotConfigured, AlreadySubscribed]) }>>
    {
        let (app, access, context) = caller.parts();
        let (success, cancel) = (&body.success_url, &body.cancel_url);
        let (session_id, url) = app.checkout(access, context, success, cancel).await?;
        Ok(Json::new(CheckoutAnswer { session_id, url }))
    }

    /// Open the page with cards and invoices
    ///
    /// There the tenant changes its card and its address, sees its invoices, and cancels.
    #[oai(path = "/billing/portal", method = "post", operation_id = "openPortal")]
    async fn portal(
        &self,
        caller: Caller<WholeTenant<role::Admin>>,
        JsonBody(body): JsonBody<Option<PortalBody>>,
    ) -> Result<Json<PortalAnswer>, Failed<{ codes(&[BillingNotConfigured, NeverSubscribed]) }>>
    {
        let (app, access, _) = caller.parts();
        let return_url = body.and_then(|it| it.return_url);
        let url = app.portal(access, return_url.as_deref()).await?;
        Ok(Json::new(PortalAnswer { url }))
    }

    /// Set the cap of a month
    ///
    /// What a month costs before tax never exceeds it: what is used beyond it is not billed. When it is
    /// reached, queries and new views stop until the month ends, and appends a little later. A higher
    /// cap lets everything go on at once.
    #[oai(path = "/billing/cap", method = "put", operation_id = "setCap")]
    async fn cap(
        &self,
        caller: Caller<WholeTenant<role::Admin>>,
        JsonBody(body): JsonBody<CapBody>,
    ) -> Result<Json<CapBody>, Failed<{ codes(&[BillingNotConfigured]) }>> {
        let (app, access, context) = caller.parts();
        let account = app.set_cap(access, context, body.cap_cents).await?;
        Ok(Json::new(CapBody {
            cap_cents: account.cap_cents,
        }))
    }

    /// Show who is told how much is used
    ///
    /// Owners and admins get mails at 50, 80 and 100 % of the free tier and of the cap, each once in a
    /// month.
    #[oai(path = "/billing/notices", method = "get", operation_id = "getNotices")]
    async fn notices(
        &self,
        caller: Caller<WholeTenant<role::Admin>>,
    ) -> Result<Json<NoticesBody>, Failed<{ codes(&[BillingNotConfigured]) }>> {
        let (app, access, _) = caller.parts();
        let webhook_url = app.webhook_url(access).await?;
        Ok(Json::new(NoticesBody { webhook_url }))
    }

    /// Have a server told how much is used
    ///
    /// It gets a `POST` with JSON at 50, 80 and 100 % of the free tier and of the cap, each once in a
    /// month: `type` (`spending.threshold`), `tenant_id`, `month`, `of` (`free_tier` or `cap`) and
    /// `percent`. A call that fails is repeated for some minutes.
    #[oai(path = "/billing/notices", method = "put", operation_id = "setNotices")]
    async fn set_notices(
        &self,
        caller: Caller<WholeTenant<role::Admin>>,
        JsonBody(body): JsonBody<NoticesBody>,
    ) -> Result<Json<NoticesBody>, Failed<{ codes(&[BillingNotConfigured]) }>> {
        let (app, access, context) = caller.parts();
        let webhook_url = app
            .set_webhook_url(access, context, body.webhook_url)
            .await?;
        Ok(Json::new(NoticesBody { webhook_url }))
    }

    /// Take an event of Stripe
    ///
    /// It is noted at once and worked on a moment later.
    #[oai(
        path = "/billing/webhook",
        method = "post",
        operation_id = "takeStripeEvent"
    )]
    async fn webhook(
        &self,
        caller: Caller<Probe>,
        /// What Stripe signed the body with.
        #[oai(name = "Stripe-Signature")]
        signature: Header<Option<String>>,
        body: RawBody<StripeEvent>,
    ) -> Result<Json<Success>, Failed<WEBHOOK>> {
        take_webhook(&caller, signature.0, body).await
    }

    /// Take an event of Stripe about meters
    ///
    /// It is noted at once and worked on a moment later.
    #[oai(
        path = "/billing/webhook/meters",
        method = "post",
        operation_id = "takeStripeMeterEvent"
    )]
    async fn meter_webhook(
        &self,
        caller: Caller<Probe>,
        /// What Stripe signed the body with.
        #[oai(name = "Stripe-Signature")]
        signature: Header<Option<String>>,
        body: RawBody<StripeEvent>,
    ) -> Result<Json<Success>, Failed<WEBHOOK>> {
        take_webhook(&caller, signature.0, body).await
    }
}

/// What may go wrong with a webhook.
const WEBHOOK: Codes = RAW_BODY | codes(&[BillingNotConfigured, BodyTooLarge]);

const WEBHOOK_BYTES_MAX: usize = 256 << 10;

/// The body of a webhook, as it was signed.
struct StripeEvent;

impl BodyKind for StripeEvent {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];
}

async fn take_webhook(
    caller: &Caller<Probe>,
    signature: Option<String>,
    body: RawBody<StripeEvent>,
) -> Result<Json<Success>, Failed<WEBHOOK>> {
    let app = &caller.app;
    // Before the body takes memory.
    app.check_webhook(signature.as_deref())?;
    let read = body.read(app, WEBHOOK_BYTES_MAX, BodyTooLarge, "an event of Stripe");
    let read = read.await?;
    app.receive_webhook(signature.as_deref(), &read.bytes)
        .await?;
    Ok(Success::json())
}

/// Where Stripe sends people afterwards.
#[derive(Object, Serialize, Deserialize)]
struct CheckoutBody {
    success_url: String,
    cancel_url: String,
}

/// A page to subscribe on.
#[derive(Object, Serialize, Deserialize)]
struct CheckoutAnswer {
    /// Stripe's.
    session_id: String,
    /// Where people enter a card; it works for a day.
    url: String,
}

/// Where people go from the page.
#[derive(Object, Serialize, Deserialize)]
struct PortalBody {
    /// The address of this server when it is left out.
    return_url: Option<String>,
}

/// A page with cards and invoices.
#[derive(Object, Serialize, Deserialize)]
struct PortalAnswer {
    /// It works for some minutes.
    url: String,
}

/// What a month may cost.
#[derive(Object, Serialize, Deserialize)]
struct CapBody {
    /// Before tax, in the smallest unit of the currency; null is no cap.
    #[serde(deserialize_with = "Option::deserialize")]
    cap_cents: Option<u64>,
}

/// Who is told how much is used.
#[derive(Object, Serialize, Deserialize)]
struct NoticesBody {
    /// An address of a public server; null is none.
    #[serde(deserialize_with = "Option::deserialize")]
    webhook_url: Option<String>,
}
