//! `/billing`.

use catalog::Page;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use protocol::ErrorCode::*;
use protocol::meter::{Meter, Month, MonthError};

use super::Tag;
use super::caller::{Caller, role};
use super::failures::{Failed, IN_VIEW, LIST};
use super::json::Json;
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
}
