//! Reporting use, and asking what Stripe has of it.

use std::collections::{BTreeMap, HashMap};

use catalog::MeterEvent;
use protocol::meter::{HOUR_SECONDS, Hour};
use stripe_billing::billing_meter_event::CreateBillingMeterEvent;
use stripe_billing::billing_meter_event_summary::{
    ListIdBillingMeterEventSummary, ListIdBillingMeterEventSummaryValueGroupingWindow as Window,
};

use super::{LIST_LIMIT, Stripe, StripeError};
use crate::billing::price::BILLED;

/// The names of the meters, in the order of an invoice's lines. Meters can't be changed, so what they
/// count is part of the name: another unit is another version.
pub(crate) const EVENT_NAMES: [&str; 3] = [
    "primatomic_storage_mb_hours_v1",
    "primatomic_compute_ms_v1",
    "primatomic_data_out_mb_v1",
];

/// The keys of a meter event's payload.
pub(super) const CUSTOMER: &str = "stripe_customer_id";
pub(super) const VALUE: &str = "value";

/// What Stripe says of an identifier that it has already.
const ALREADY_THERE: &str = "already exists with identifier";

impl Stripe {
    /// Reports units. One that Stripe has already under its identifier is reported, too.
    pub(crate) async fn send_meter_event(&self, event: &MeterEvent) -> Result<(), StripeError> {
        let line = BILLED.iter().position(|it| *it == event.key.meter);
        let Some(name) = line.map(|line| EVENT_NAMES[line]) else {
            let reason = format!("{} is not billed", event.key.meter);
            return Err(StripeError::Configuration(reason));
        };
        let payload = HashMap::from([
            (CUSTOMER.to_owned(), event.customer.clone()),
            (VALUE.to_owned(), event.units.to_string()),
        ]);
        let identifier = event.identifier();
        let request = CreateBillingMeterEvent::new(name, payload)
            .identifier(&identifier)
            .timestamp(i64::try_from(event.timestamp).unwrap_or(i64::MAX));
        // The identifier is the key of the event: a key of the call would keep an answer to an attempt
        // that failed for a passing reason.
        match self.get(&request).await {
            Ok(_) => Ok(()),
            Err(StripeError::Refused { message, .. }) if message.contains(ALREADY_THERE) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What Stripe has of a customer and a line of the invoice, hour by hour. It comes to be right
    /// eventually.
    pub(crate) async fn summaries(
        &self,
        line: usize,
        customer: &str,
        (from, to): (Hour, Hour),
    ) -> Result<BTreeMap<Hour, u64>, StripeError> {
        let products = self.products().await?;
        let Some(meter) = &products.meters[line] else {
            self.forget_products().await;
            return Err(StripeError::NotSetUp(format!(
                "the meter {}",
                EVENT_NAMES[line]
            )));
        };
        let seconds = |hour: Hour| i64::try_from(hour.0 * HOUR_SECONDS).unwrap_or(i64::MAX);
        let mut hours = BTreeMap::new();
        let mut after: Option<String> = None;
        loop {
            let mut list = ListIdBillingMeterEventSummary::new(
                meter.as_str(),
                customer,
                seconds(to),
                seconds(from),
            )
            .value_grouping_window(Window::Hour)
            .limit(LIST_LIMIT);
            if let Some(after) = after.take() {
                list = list.starting_after(after);
            }
            let page = self.get(&list).await?;
            for it in &page.data {
                let hour = Hour(u64::try_from(it.start_time).unwrap_or(0) / HOUR_SECONDS);
                let units = whole(it.aggregated_value)?;
                if units > 0 {
                    *hours.entry(hour).or_default() += units;
                }
            }
            match page.data.last() {
                Some(last) if page.has_more => after = Some(last.id.to_string()),
                _ => return Ok(hours),
            }
        }
    }
}

/// Sums of whole numbers are whole as long as a float holds them exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is checked that the number is whole, not negative and small enough"
)]
fn whole(value: f64) -> Result<u64, StripeError> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if (0.0..=EXACT_MAX).contains(&value) && value.fract() == 0.0 {
        return Ok(value as u64);
    }
    Err(StripeError::Configuration(format!(
        "Stripe's summary says {value} units"
    )))
}
