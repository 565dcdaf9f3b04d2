//! How use is written in answers.

use std::collections::BTreeMap;

use catalog::{Paged, UsageRecord};
use poem_openapi::{Enum, Object};
use protocol::meter::{Hour, Meter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bill_format::BillBody;
use crate::billing::plan;
use crate::domain::usage::{Cost, MonthUse};

/// Bytes of a gigabyte.
const GB: f64 = 1e9;

/// How long each entry of a series is.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "lowercase")]
pub(super) enum Step {
    Hour,
    Day,
}

/// What was used in a month. Months, days and hours are those of UTC, and a gigabyte is 10⁹ bytes.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct UsageBody {
    /// The month, such as `2026-11`.
    month: String,
    /// When it began.
    since: String,
    /// Up to when this is counted: now, or the end of the month.
    until: String,
    /// Events that were stored, over time, in GB-seconds. Divide by 3,600 for GB-hours.
    storage_gb_seconds: f64,
    /// The same in GB-hours.
    storage_gb_hours: f64,
    /// CPU time of components that is billed, in seconds: what folds each event for the first time, and
    /// queries.
    compute_seconds: f64,
    /// The same in milliseconds.
    compute_ms: f64,
    /// Answers to queries, in GB.
    data_out_gb: f64,
    /// CPU time of compiling components, in seconds. It is not billed.
    compile_seconds: f64,
    exact: ExactUse,
    /// Null where a part of the use is asked for.
    free: Option<FreeTier>,
    /// Null where use costs nothing, and where a part of it is asked for.
    cost: Option<CostBody>,
    /// What a month may cost before tax, in the smallest unit of the currency; null is no cap.
    cap_cents: Option<u64>,
    /// `free`, `active`, `ending`, `past_due`, `unpaid`, `cancelled` or `disputed`; null where a part of
    /// the use is asked for.
    standing: Option<String>,
    /// What is billed of the month; null where the tenant was not subscribed.
    bill: Option<BillBody>,
    /// How long each entry of the series is.
    step: String,
    /// Days or hours with use, oldest first.
    series: Vec<UsagePeriod>,
}

/// The same without rounding, as whole numbers in decimal digits.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ExactUse {
    storage_byte_seconds: String,
    compute_ns: String,
    data_out_bytes: String,
    compile_ns: String,
}

/// What of the month is free, and what is left of it.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct FreeTier {
    storage_gb_hours: f64,
    compute_seconds: f64,
    data_out_gb: f64,
    storage_gb_hours_left: f64,
    compute_seconds_left: f64,
    data_out_gb_left: f64,
}

/// What was used beyond the free tier costs, before tax, in cents.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct CostBody {
    /// Three letters, such as `usd`.
    currency: String,
    /// So far.
    cents: u64,
    storage_cents: u64,
    compute_cents: u64,
    data_out_cents: u64,
    /// At the end of the month, if use goes on as until now.
    forecast_cents: u64,
}

/// What was used in an hour or a day.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct UsagePeriod {
    /// When it began, in UTC.
    at: String,
    storage_gb_seconds: f64,
    compute_seconds: f64,
    data_out_gb: f64,
    compile_seconds: f64,
}

/// The records that a figure of a month is the sum of.
///
/// Of compute, answers and compiling, the amounts of all records and `not_recorded` make the total. Of
/// storage, each change of the level counts until its hour ends with `amount`, and from then until
/// `until` with `level_change`; what was stored when the month began counts from there.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct ExplainedUsage {
    month: String,
    until: String,
    meter: String,
    /// `byte-seconds`, `nanoseconds` or `bytes`.
    unit: String,
    /// The figure, exactly.
    total: String,
    /// Of storage: the bytes that were stored when the month began.
    level_before: String,
    /// What hours that are not over, or were not a moment ago, have so far.
    not_recorded: String,
    /// Of storage: by how many bytes these change the level.
    not_recorded_level_change: String,
    records: Vec<UsageRecordBody>,
    /// Null on the last page.
    next_cursor: Option<String>,
}

/// A record of the ledger. It never changes.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct UsageRecordBody {
    /// 1, 2, 3, … for each tenant.
    sequence: u64,
    /// The hour, in UTC.
    hour: String,
    log_id: Option<Uuid>,
    view_id: Option<Uuid>,
    amount: String,
    /// Of storage: by how many bytes the level changed.
    level_change: String,
    recorded_at: String,
}

impl From<UsageRecord> for UsageRecordBody {
    fn from(record: UsageRecord) -> Self {
        Self {
            sequence: record.sequence,
            hour: record.hour.to_string(),
            log_id: record.log.map(|log| log.0),
            view_id: record.view.map(|view| view.0),
            amount: record.amount.to_string(),
            level_change: record.level.to_string(),
            recorded_at: record.recorded_at.to_string(),
        }
    }
}

impl ExplainedUsage {
    pub(super) fn new(of: &MonthUse, meter: Meter, records: Paged<UsageRecord>) -> Self {
        let (amount, level) = of.usage.open(meter);
        let storage = meter == Meter::Storage;
        Self {
            month: of.month.to_string(),
            until: of.until.to_string(),
            meter: meter.to_string(),
            unit: match meter {
                Meter::Storage => "byte-seconds",
                Meter::Compute | Meter::Compile => "nanoseconds",
                Meter::DataOut => "bytes",
            }
            .to_owned(),
            total: of.usage.total(meter, of.until).to_string(),
            level_before: if storage { of.usage.level_before() } else { 0 }.to_string(),
            not_recorded: amount.to_string(),
            not_recorded_level_change: level.to_string(),
            records: records.items.into_iter().map(Into::into).collect(),
            next_cursor: records.next_cursor,
        }
    }
}

/// A meter, as parameters name it.
#[derive(Clone, Copy, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum MeterName {
    Storage,
    Compute,
    DataOut,
    Compile,
}

impl From<MeterName> for Meter {
    fn from(name: MeterName) -> Self {
        match name {
            MeterName::Storage => Self::Storage,
            MeterName::Compute => Self::Compute,
            MeterName::DataOut => Self::DataOut,
            MeterName::Compile => Self::Compile,
        }
    }
}

/// Amounts in the units of the meters, in the order of [`METERS`].
type Amounts = [u128; 4];

const METERS: [Meter; 4] = [
    Meter::Storage,
    Meter::Compute,
    Meter::DataOut,
    Meter::Compile,
];

#[expect(
    clippy::cast_precision_loss,
    reason = "the exact number stands beside it"
)]
fn scaled(amount: u128, unit: f64) -> f64 {
    amount as f64 / unit
}

impl UsageBody {
    pub(super) fn new(of: &MonthUse, step: Step) -> Self {
        let total = METERS.map(|meter| of.usage.total(meter, of.until));
        let [storage, compute, data_out, compile] = total;
        Self {
            month: of.month.to_string(),
            since: of.month.first().start().to_string(),
            until: of.until.to_string(),
            storage_gb_seconds: scaled(storage, GB),
            storage_gb_hours: scaled(storage, GB * 3_600.0),
            compute_seconds: scaled(compute, 1e9),
            compute_ms: scaled(compute, 1e6),
            data_out_gb: scaled(data_out, GB),
            compile_seconds: scaled(compile, 1e9),
            exact: ExactUse {
                storage_byte_seconds: storage.to_string(),
                compute_ns: compute.to_string(),
                data_out_bytes: data_out.to_string(),
                compile_ns: compile.to_string(),
            },
            free: of.whole.then(|| FreeTier::new(of, total)),
            cost: of.cost.as_ref().map(CostBody::new),
            cap_cents: of.account.as_ref().and_then(|it| it.cap_cents),
            standing: of.account.as_ref().map(|it| it.standing().to_string()),
            bill: of.bill.as_ref().map(BillBody::new),
            step: match step {
                Step::Hour => "hour".to_owned(),
                Step::Day => "day".to_owned(),
            },
            series: series(of, step),
        }
    }
}

impl FreeTier {
    fn new(of: &MonthUse, used: Amounts) -> Self {
        let free = METERS.map(|meter| plan::free(meter, of.month));
        let left: Amounts = std::array::from_fn(|meter| free[meter].saturating_sub(used[meter]));
        Self {
            storage_gb_hours: scaled(free[0], GB * 3_600.0),
            compute_seconds: scaled(free[1], 1e9),
            data_out_gb: scaled(free[2], GB),
            storage_gb_hours_left: scaled(left[0], GB * 3_600.0),
            compute_seconds_left: scaled(left[1], 1e9),
            data_out_gb_left: scaled(left[2], GB),
        }
    }
}

impl CostBody {
    fn new(cost: &Cost) -> Self {
        let [storage_cents, compute_cents, data_out_cents] = cost.lines;
        Self {
            currency: cost.currency.clone(),
            cents: cost.lines.iter().sum(),
            storage_cents,
            compute_cents,
            data_out_cents,
            forecast_cents: cost.forecast,
        }
    }
}

fn series(of: &MonthUse, step: Step) -> Vec<UsagePeriod> {
    let mut periods = BTreeMap::<Hour, Amounts>::new();
    for (index, meter) in METERS.into_iter().enumerate() {
        for (hour, amount) in of.usage.by_hour(meter, of.until) {
            let begins = match step {
                Step::Hour => hour,
                Step::Day => Hour(hour.0 - hour.0 % 24),
            };
            periods.entry(begins).or_default()[index] += amount;
        }
    }
    let period = |(begins, amounts): (Hour, Amounts)| {
        let [storage, compute, data_out, compile] = amounts;
        UsagePeriod {
            at: begins.to_string(),
            storage_gb_seconds: scaled(storage, GB),
            compute_seconds: scaled(compute, 1e9),
            data_out_gb: scaled(data_out, GB),
            compile_seconds: scaled(compile, 1e9),
        }
    };
    periods.into_iter().map(period).collect()
}
