//! How bills are written in answers.

use catalog::{MeterBill, MonthBill};
use poem_openapi::Object;
use serde::{Deserialize, Serialize};

/// The bill of a month. It grows hour by hour, is closed an hour after the month is over, and then
/// stays as it is: what comes to be known later is an adjustment of another month.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct BillBody {
    /// `open`, `closed`, `stopped` while somebody looks at it, or `invoiced`.
    status: String,
    currency: String,
    storage: BilledMeter,
    compute: BilledMeter,
    data_out: BilledMeter,
    /// Up to when use is on it.
    until: String,
    adjustments: Vec<AdjustmentBody>,
    closed_at: Option<String>,
    /// The newest record of the ledger when it was closed; it stands on the invoice, too.
    closed_sequence: Option<u64>,
    invoice: Option<InvoiceBody>,
}

/// A line of a bill. Units are MB-hours of storage, milliseconds of compute, and MB of data out.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct BilledMeter {
    /// Units that are billed.
    units: u64,
    /// Units that nobody pays: used before the tenant subscribed, or beyond its cap.
    free_units: u64,
    /// What the month's use was when it was closed, exactly; until then, what it is.
    used_as_billed: String,
    /// What it is now, with what came to be known since.
    used_as_known_now: String,
    /// What other months carried over, exactly.
    carried: String,
}

/// What was added to a month, or taken from it.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct AdjustmentBody {
    meter: String,
    /// In byte-seconds, nanoseconds or bytes.
    amount: String,
    reason: String,
    at: String,
}

/// An invoice of Stripe.
#[derive(Object, Serialize, Deserialize)]
pub(super) struct InvoiceBody {
    id: String,
    /// `draft`, `open`, `paid`, `uncollectible` or `void`.
    status: String,
    /// Before tax.
    subtotal_cents: i64,
}

impl BillBody {
    pub(super) fn new(of: &MonthBill) -> Self {
        let bill = &of.bill;
        let is_closed = bill.closed_at.is_some();
        let meter = |it: &MeterBill| BilledMeter {
            units: it.reported,
            free_units: it.written_off,
            used_as_billed: if is_closed { it.used_at_close } else { it.used }.to_string(),
            used_as_known_now: it.used.to_string(),
            carried: it.carried.to_string(),
        };
        let [storage, compute, data_out] = bill.meters().map(meter);
        let adjustments = bill.adjustments.iter().map(|it| AdjustmentBody {
            meter: it.meter.to_string(),
            amount: it.amount.to_string(),
            reason: it.reason.clone(),
            at: it.at.to_string(),
        });
        Self {
            status: of.status.to_string(),
            currency: bill.currency.clone(),
            storage,
            compute,
            data_out,
            until: bill.through.start().to_string(),
            adjustments: adjustments.collect(),
            closed_at: bill.closed_at.map(|it| it.to_string()),
            closed_sequence: bill.closed_sequence,
            invoice: bill.invoice.as_ref().map(|it| InvoiceBody {
                id: it.id.clone(),
                status: it.status.clone(),
                subtotal_cents: it.subtotal_cents,
            }),
        }
    }
}
