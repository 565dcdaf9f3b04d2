//! How invoices come to be: at the end of a period there is a draft of it, which follows what else is
//! reported for the period until it is finalized.

use serde_json::json;

use super::invoices::{Invoice, Line, Reason, Status};
use super::periods;
use super::subscriptions;
use crate::state::State;

/// How long a draft waits after everybody has heard of it.
const DRAFT_SECONDS: u64 = 60 * 60;

/// How long it waits at most for those who haven't.
const DRAFT_SECONDS_MAX: u64 = 72 * 60 * 60;

impl State {
    /// The period of a subscription is over: it is billed, and the next one begins, unless the
    /// subscription ends with it.
    pub(crate) fn end_period(&mut self, id: &str) {
        let Some(subscription) = self.subscriptions.get(id) else {
            return;
        };
        let before = subscription.shown(self);
        let (start, end) = (subscription.period_start, subscription.period_end);
        let ends = subscription.cancel_at_period_end;
        if let Some(subscription) = self.subscriptions.get_mut(id).filter(|_| !ends) {
            subscription.period_start = end;
            subscription.period_end = periods::next(subscription.anchor, end);
        }
        self.create_invoice(id, start, end, Reason::Cycle);
        if ends {
            self.end_subscription(id);
        } else {
            self.emit_subscription_change(id, &before);
        }
    }

    /// Makes the draft for what was used in `[start, end)`, at the prices of this moment.
    pub(crate) fn create_invoice(
        &mut self,
        subscription: &str,
        start: u64,
        end: u64,
        reason: Reason,
    ) {
        let Some(found) = self.subscriptions.get(subscription) else {
            return;
        };
        let customer = found.customer.clone();
        // Who hasn't paid for a long time gets drafts, until somebody decides about them.
        let auto_advance = found.status != subscriptions::Status::Unpaid;
        let items = found.items.clone();
        let mut currency = "usd".to_owned();
        let mut lines = Vec::new();
        for item in items {
            let id = self.new_id("il");
            let price = self.prices.get(&item.price).cloned().unwrap_or_default();
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let meter = self
                .meters
                .get(price["recurring"]["meter"].as_str().unwrap_or_default());
            let product = text(&price["product"]);
            currency = text(&price["currency"]);
            lines.push(Line {
                id,
                item: item.id,
                price: item.price,
                description: self
                    .products
                    .get(&product)
                    .map(|it| text(&it["name"]))
                    .unwrap_or_default(),
                product,
                event_name: meter
                    .map(|meter| text(&meter["event_name"]))
                    .unwrap_or_default(),
                unit_amount_decimal: text(&price["unit_amount_decimal"]),
                quantity: 0,
            });
        }
        let id = self.new_id("in");
        let invoice = Invoice {
            id: id.clone(),
            customer: customer.clone(),
            subscription: subscription.to_owned(),
            reason,
            status: Status::Draft,
            created: self.now,
            currency,
            period_start: start,
            period_end: end,
            lines,
            auto_advance,
            finalizes_at: self.now + DRAFT_SECONDS_MAX,
            announced_by: None,
            webhooks_delivered_at: None,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            number: None,
            attempts: 0,
            next_attempt: None,
            charge: None,
            texts: json!({ "custom_fields": null, "description": null, "footer": null, "metadata": {} }),
        };
        self.invoices.insert(&id, invoice);
        if let Some(subscription) = self.subscriptions.get_mut(subscription) {
            subscription.latest_invoice = Some(id.clone());
        }
        self.update_drafts(&customer);
        self.announce(&id);
    }

    /// Tells everybody of a new draft. It is finalized an hour after they all have heard.
    fn announce(&mut self, id: &str) {
        let event = self.emit("invoice.created", self.shown_invoice(id));
        let heard = !self.is_pending(&event);
        let now = self.now;
        let Some(invoice) = self.invoices.get_mut(id) else {
            return;
        };
        invoice.announced_by = Some(event);
        if heard {
            invoice.finalizes_at = now + DRAFT_SECONDS;
        }
    }

    /// An event has got to the last of its receivers.
    pub(crate) fn heard_by_all(&mut self, event: &str) {
        let now = self.now;
        let announced = |invoice: &&mut Invoice| invoice.announced_by.as_deref() == Some(event);
        if let Some(invoice) = self.invoices.iter_mut().find(announced) {
            invoice.webhooks_delivered_at = Some(now);
            invoice.finalizes_at = invoice.finalizes_at.min(now + DRAFT_SECONDS);
        }
    }

    pub(crate) fn shown_invoice(&self, id: &str) -> serde_json::Value {
        let invoice = self.invoices.get(id);
        invoice
            .map(|invoice| invoice.shown(self))
            .unwrap_or_default()
    }

    /// Brings the quantities of a customer's drafts up to what is known now.
    pub(crate) fn update_drafts(&mut self, customer: &str) {
        let events = &self.meter_events;
        let of_customer = |invoice: &&mut Invoice| {
            invoice.status == Status::Draft && invoice.customer == customer
        };
        for invoice in self.invoices.iter_mut().filter(of_customer) {
            let (start, end) = (invoice.period_start, invoice.period_end);
            for line in &mut invoice.lines {
                line.quantity = events.sum(&line.event_name, customer, start, end);
            }
        }
    }

    /// From now on the invoice stays as it is. It is charged if it advances by itself.
    pub(crate) fn finalize(&mut self, id: &str, auto_advance: Option<bool>) {
        let now = self.now;
        let Some(invoice) = self.invoices.get_mut(id) else {
            return;
        };
        invoice.status = Status::Open;
        invoice.finalized_at = Some(now);
        invoice.auto_advance = auto_advance.unwrap_or(invoice.auto_advance);
        let charged = invoice.auto_advance;
        let free = invoice.total() == 0;
        if let Some(customer) = self.customers.get_mut(&invoice.customer) {
            let sequence = customer["next_invoice_sequence"].as_u64().unwrap_or(1);
            customer["next_invoice_sequence"] = (sequence + 1).into();
            let prefix = customer["invoice_prefix"].as_str().unwrap_or_default();
            invoice.number = Some(format!("{prefix}-{sequence:04}"));
        }
        self.emit("invoice.finalized", self.shown_invoice(id));
        if free {
            self.mark_paid(id, None);
        } else if charged {
            self.pay(id);
        }
    }

    pub(crate) fn void(&mut self, id: &str) {
        let now = self.now;
        if let Some(invoice) = self.invoices.get_mut(id) {
            invoice.status = Status::Void;
            invoice.voided_at = Some(now);
            invoice.next_attempt = None;
        }
        self.emit("invoice.voided", self.shown_invoice(id));
    }
}
