//! Invoices, and the operations on them. How they come to be is in `invoicing`, how they are paid in
//! `invoice_payments`.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;
use crate::{list, metadata, money};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Draft,
    Open,
    Paid,
    Void,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }
}

/// Why there is an invoice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    Cycle,
    Update,
}

impl Reason {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cycle => "subscription_cycle",
            Self::Update => "subscription_update",
        }
    }
}

pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) subscription: String,
    pub(crate) reason: Reason,
    pub(crate) status: Status,
    pub(crate) created: u64,
    pub(crate) currency: String,
    pub(crate) period_start: u64,
    pub(crate) period_end: u64,
    pub(crate) lines: Vec<Line>,
    pub(crate) auto_advance: bool,
    /// When a draft is finalized if `auto_advance` is set.
    pub(crate) finalizes_at: u64,
    /// The event `invoice.created`, until all its receivers have it.
    pub(crate) announced_by: Option<String>,
    pub(crate) webhooks_delivered_at: Option<u64>,
    pub(crate) finalized_at: Option<u64>,
    pub(crate) paid_at: Option<u64>,
    pub(crate) voided_at: Option<u64>,
    pub(crate) number: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) next_attempt: Option<u64>,
    pub(crate) charge: Option<String>,
    /// What a request can set: `description`, `footer`, `custom_fields`, `metadata`.
    pub(crate) texts: Value,
}

/// What was used of one price.
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) item: String,
    pub(crate) price: String,
    pub(crate) product: String,
    pub(crate) description: String,
    pub(crate) event_name: String,
    /// As it was when the draft was made.
    pub(crate) unit_amount_decimal: String,
    pub(crate) quantity: u64,
}

impl Line {
    pub(crate) fn amount(&self) -> u64 {
        money::amount(self.quantity, &self.unit_amount_decimal)
    }
}

impl Invoice {
    pub(crate) fn total(&self) -> u64 {
        self.lines.iter().map(Line::amount).sum()
    }

    pub(crate) fn shown(&self, state: &State) -> Value {
        let total = self.total();
        let paid = if self.status == Status::Paid {
            total
        } else {
            0
        };
        let customer = state
            .customers
            .get(&self.customer)
            .cloned()
            .unwrap_or_default();
        let lines: Vec<Value> = self.shown_lines().collect();
        let finalizes_at = self.auto_advance && self.status == Status::Draft;
        let url = self
            .finalized_at
            .map(|_| format!("{}/invoices/{}", state.url, self.id));
        let mut shown = json!({
            "id": self.id,
            "object": "invoice",
            "account_country": "US",
            "account_name": null,
            "account_tax_ids": null,
            "amount_due": total,
            "amount_overpaid": 0,
            "amount_paid": paid,
            "amount_remaining": total - paid,
            "amount_shipping": 0,
            "application": null,
            "attempt_count": self.attempts,
            "attempted": self.attempts > 0,
            "auto_advance": self.auto_advance,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null },
            "automatically_finalizes_at": finalizes_at.then_some(self.finalizes_at),
            "billing_reason": self.reason.name(),
            "collection_method": "charge_automatically",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_address": customer["address"],
            "customer_email": customer["email"],
            "customer_name": customer["name"],
            "customer_tax_exempt": "none",
            "customer_tax_ids": [],
            "default_payment_method": null,
            "default_source": null,
            "default_tax_rates": [],
            "discounts": [],
            "due_date": null,
            "effective_at": self.finalized_at,
            "ending_balance": self.finalized_at.map(|_| 0),
            "from_invoice": null,
            "hosted_invoice_url": url,
            "invoice_pdf": null,
            "issuer": { "type": "self" },
            "last_finalization_error": null,
            "latest_revision": null,
            "lines": {
                "object": "list",
                "data": lines,
                "has_more": false,
                "total_count": self.lines.len(),
                "url": format!("/v1/invoices/{}/lines", self.id),
            },
            "livemode": false,
            "next_payment_attempt": self.next_payment_attempt(),
            "number": self.number,
            "on_behalf_of": null,
            "parent": {
                "type": "subscription_details",
                "quote_details": null,
                "subscription_details": {
                    "metadata": state.subscriptions.get(&self.subscription).map(|each| &each.metadata),
                    "subscription": self.subscription,
                    "subscription_proration_date": null,
                },
            },
            "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
            "period_end": self.period_end,
            "period_start": self.period_start,
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "receipt_number": null,
            "rendering": null,
            "shipping_cost": null,
            "shipping_details": null,
            "starting_balance": 0,
            "statement_descriptor": null,
            "status": self.status.name(),
            "status_transitions": {
                "finalized_at": self.finalized_at,
                "marked_uncollectible_at": null,
                "paid_at": self.paid_at,
                "voided_at": self.voided_at,
            },
            "subtotal": total,
            "subtotal_excluding_tax": total,
            "test_clock": null,
            "total": total,
            "total_discount_amounts": [],
            "total_excluding_tax": total,
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
            "webhooks_delivered_at": self.webhooks_delivered_at,
        });
        for (name, value) in self.texts.as_object().into_iter().flatten() {
            shown[name] = value.clone();
        }
        shown
    }

    /// When the card is charged next, as far as Stripe says.
    fn next_payment_attempt(&self) -> Option<u64> {
        match self.status {
            Status::Draft if self.auto_advance => Some(self.finalizes_at),
            _ => self.next_attempt,
        }
    }

    pub(crate) fn shown_lines(&self) -> impl Iterator<Item = Value> {
        self.lines.iter().map(|line| {
            json!({
                "id": line.id,
                "object": "line_item",
                "amount": line.amount(),
                "currency": self.currency,
                "description": format!("{} × {}", line.quantity, line.description),
                "discount_amounts": [],
                "discountable": true,
                "discounts": [],
                "invoice": self.id,
                "livemode": false,
                "metadata": {},
                "parent": {
                    "type": "subscription_item_details",
                    "invoice_item_details": null,
                    "subscription_item_details": {
                        "invoice_item": null,
                        "proration": false,
                        "proration_details": { "credited_items": null },
                        "subscription": self.subscription,
                        "subscription_item": line.item,
                    },
                },
                "period": { "end": self.period_end, "start": self.period_start },
                "pretax_credit_amounts": [],
                "pricing": {
                    "type": "price_details",
                    "price_details": { "price": line.price, "product": line.product },
                    "unit_amount_decimal": line.unit_amount_decimal,
                },
                "quantity": line.quantity,
                "quantity_decimal": line.quantity.to_string(),
                "subscription": self.subscription,
                "subtotal": line.amount(),
                "taxes": [],
            })
        })
    }
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    Ok(find(state, call)?.shown(state))
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Invoice, ApiError> {
    let found = state.invoices.get(call.id);
    found.ok_or_else(|| ApiError::missing("invoice", call.id))
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let (customer, subscription) = (call.text("customer"), call.text("subscription"));
    let (status, created) = (call.text("status"), call.value("created"));
    let asked = |invoice: &&Invoice| {
        customer.is_none_or(|customer| invoice.customer == customer)
            && subscription.is_none_or(|subscription| invoice.subscription == subscription)
            && status.is_none_or(|status| invoice.status.name() == status)
            && list::in_range(invoice.created, created)
    };
    let found = state.invoices.iter().rev().filter(asked);
    list::page(found.map(|invoice| invoice.shown(state)), call)
}

pub(crate) fn lines(state: &State, call: &Call<'_>) -> Answer {
    list::page(find(state, call)?.shown_lines(), call)
}

pub(crate) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let draft = find(state, call)?.status == Status::Draft;
    check_custom_fields(call)?;
    let texts = ["description", "footer", "custom_fields"];
    if !draft && texts.iter().any(|name| call.params.get(name).is_some()) {
        let message = "Finalized invoices can't be updated in this way.";
        return Err(ApiError::invalid(message).code("invoice_not_editable"));
    }
    let Some(invoice) = state.invoices.get_mut(call.id) else {
        return Err(ApiError::missing("invoice", call.id));
    };
    for name in texts {
        if let Some(value) = call.params.get(name) {
            invoice.texts[name] = if value == "" {
                Value::Null
            } else {
                value.clone()
            };
        }
    }
    metadata::merge(&mut invoice.texts["metadata"], call.params.get("metadata"));
    if let Some(auto_advance) = call.flag("auto_advance") {
        invoice.auto_advance = auto_advance;
    }
    if let Some(time) = call.time("automatically_finalizes_at") {
        invoice.finalizes_at = time;
    }
    retrieve(state, call)
}

fn check_custom_fields(call: &Call<'_>) -> Result<(), ApiError> {
    let fields = call.value("custom_fields").and_then(Value::as_array);
    let fields = fields.map_or(&[][..], Vec::as_slice);
    let error = |message: String, param: String| Err(ApiError::invalid(message).param(param));
    if fields.len() > 4 {
        let message = "An invoice has at most 4 custom fields.".to_owned();
        return error(message, "custom_fields".to_owned());
    }
    for (index, field) in fields.iter().enumerate() {
        for (name, max) in [("name", 40), ("value", 140)] {
            if field[name].as_str().unwrap_or_default().chars().count() > max {
                let param = format!("custom_fields[{index}][{name}]");
                return error(
                    format!("Invalid string: must be at most {max} characters"),
                    param,
                );
            }
        }
    }
    Ok(())
}

pub(crate) fn finalize(state: &mut State, call: &Call<'_>) -> Answer {
    if find(state, call)?.status != Status::Draft {
        let message =
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.";
        return Err(ApiError::invalid(message).code("invoice_not_editable"));
    }
    state.finalize(call.id, call.flag("auto_advance"));
    retrieve(state, call)
}

pub(crate) fn pay(state: &mut State, call: &Call<'_>) -> Answer {
    match find(state, call)?.status {
        Status::Draft => state.finalize(call.id, Some(false)),
        Status::Open => {}
        Status::Paid => return Err(ApiError::invalid("Invoice is already paid")),
        Status::Void => return Err(not_open()),
    }
    if find(state, call)?.status == Status::Open && !state.pay(call.id) {
        return Err(ApiError::card_declined());
    }
    retrieve(state, call)
}

pub(crate) fn void(state: &mut State, call: &Call<'_>) -> Answer {
    if find(state, call)?.status != Status::Open {
        return Err(not_open());
    }
    state.void(call.id);
    retrieve(state, call)
}

fn not_open() -> ApiError {
    let message = "You can only pass in open invoices. This invoice isn't open.";
    ApiError::invalid(message).code("invoice_not_open")
}
