//! Subscriptions.

use serde_json::{Value, json};

use super::invoices::Reason;
use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;
use crate::{list, metadata};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Active,
    PastDue,
    Unpaid,
    Canceled,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Canceled => "canceled",
        }
    }
}

pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) created: u64,
    pub(crate) items: Vec<Item>,
    pub(crate) status: Status,
    pub(crate) anchor: u64,
    pub(crate) period_start: u64,
    pub(crate) period_end: u64,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<u64>,
    pub(crate) ended_at: Option<u64>,
    pub(crate) metadata: Value,
    pub(crate) billing_mode: Value,
    pub(crate) latest_invoice: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) price: String,
    pub(crate) metadata: Value,
}

impl Subscription {
    pub(crate) fn shown(&self, state: &State) -> Value {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| self.shown_item(item, state))
            .collect();
        let cancel_at = self.cancel_at_period_end.then_some(self.period_end);
        let price = self
            .items
            .first()
            .and_then(|item| state.prices.get(&item.price));
        json!({
            "id": self.id,
            "object": "subscription",
            "application": null,
            "application_fee_percent": null,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": self.anchor,
            "billing_cycle_anchor_config": null,
            "billing_mode": self.billing_mode,
            "billing_schedules": [],
            "billing_thresholds": null,
            "cancel_at": cancel_at,
            "cancel_at_period_end": self.cancel_at_period_end,
            "canceled_at": self.canceled_at,
            "cancellation_details": { "comment": null, "feedback": null, "reason": null },
            "collection_method": "charge_automatically",
            "created": self.created,
            "currency": price.map_or("usd", |price| price["currency"].as_str().unwrap_or("usd")),
            "customer": self.customer,
            "days_until_due": null,
            "default_payment_method": null,
            "default_source": null,
            "default_tax_rates": [],
            "description": null,
            "discounts": [],
            "ended_at": self.ended_at,
            "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
            "items": {
                "object": "list",
                "data": items,
                "has_more": false,
                "total_count": self.items.len(),
                "url": format!("/v1/subscription_items?subscription={}", self.id),
            },
            "latest_invoice": self.latest_invoice,
            "livemode": false,
            "metadata": self.metadata,
            "next_pending_invoice_item_invoice": null,
            "on_behalf_of": null,
            "pause_collection": null,
            "pending_setup_intent": null,
            "pending_update": null,
            "schedule": null,
            "start_date": self.created,
            "status": self.status.name(),
            "test_clock": null,
            "transfer_data": null,
            "trial_end": null,
            "trial_start": null,
        })
    }

    fn shown_item(&self, item: &Item, state: &State) -> Value {
        let price = state.prices.get(&item.price).cloned().unwrap_or_default();
        let recurring = &price["recurring"];
        let plan = json!({
            "id": price["id"],
            "object": "plan",
            "active": price["active"],
            "amount": price["unit_amount"],
            "amount_decimal": price["unit_amount_decimal"],
            "billing_scheme": "per_unit",
            "created": price["created"],
            "currency": price["currency"],
            "interval": recurring["interval"],
            "interval_count": recurring["interval_count"],
            "livemode": false,
            "metadata": price["metadata"],
            "meter": recurring["meter"],
            "product": price["product"],
            "usage_type": recurring["usage_type"],
        });
        json!({
            "id": item.id,
            "object": "subscription_item",
            "billing_thresholds": null,
            "created": item.created,
            "current_period_end": self.period_end,
            "current_period_start": self.period_start,
            "discounts": [],
            "metadata": item.metadata,
            "plan": plan,
            "price": price,
            "subscription": self.id,
            "tax_rates": [],
        })
    }
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    Ok(find(state, call)?.shown(state))
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Subscription, ApiError> {
    let found = state.subscriptions.get(call.id);
    found.ok_or_else(|| ApiError::missing("subscription", call.id))
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let (customer, status) = (call.text("customer"), call.text("status"));
    let (price, created) = (call.text("price"), call.value("created"));
    let asked = |each: &&Subscription| {
        // Those that have ended are shown only to who asks for them.
        let status = match status {
            None => each.status != Status::Canceled,
            Some("all") => true,
            Some("ended") => each.status == Status::Canceled,
            Some(status) => each.status.name() == status,
        };
        status
            && customer.is_none_or(|customer| each.customer == customer)
            && price.is_none_or(|price| each.items.iter().any(|item| item.price == price))
            && list::in_range(each.created, created)
    };
    let found = state.subscriptions.iter().rev().filter(asked);
    list::page(found.map(|each| each.shown(state)), call)
}

pub(crate) fn update(state: &mut State, call: &Call<'_>) -> Answer {
    let subscription = find(state, call)?;
    if subscription.status == Status::Canceled {
        let message =
            "A canceled subscription can only update its cancellation_details and metadata.";
        return Err(ApiError::invalid(message));
    }
    let before = subscription.shown(state);
    let mut items = subscription.items.clone();
    for (index, given) in call
        .value("items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        update_item(state, &mut items, given, &format!("items[{index}]"))?;
    }
    let now = state.now;
    if let Some(subscription) = state.subscriptions.get_mut(call.id) {
        subscription.items = items;
        metadata::merge(&mut subscription.metadata, call.params.get("metadata"));
        if let Some(cancel) = call.flag("cancel_at_period_end") {
            subscription.cancel_at_period_end = cancel;
            subscription.canceled_at = cancel.then_some(now);
        }
    }
    state.emit_subscription_change(call.id, &before);
    retrieve(state, call)
}

fn update_item(
    state: &mut State,
    items: &mut Vec<Item>,
    given: &Value,
    path: &str,
) -> Result<(), ApiError> {
    let price = given["price"].as_str();
    if let Some(price) = price {
        state.billable_price(price, &format!("{path}[price]"))?;
    }
    if given.get("quantity").is_some() {
        return Err(quantity_of_metered(path));
    }
    match given["id"].as_str() {
        Some(id) => {
            let place = items.iter().position(|item| item.id == id);
            let missing =
                || ApiError::missing("subscription item", id).param(format!("{path}[id]"));
            let place = place.ok_or_else(missing)?;
            if given["deleted"] == true {
                items.remove(place);
            } else if let (Some(item), Some(price)) = (items.get_mut(place), price) {
                item.price = price.to_owned();
            }
        }
        None => {
            let Some(price) = price else {
                let message = format!("Missing required param: {path}[price].");
                return Err(ApiError::invalid(message).code("parameter_missing"));
            };
            items.push(state.new_item(price));
        }
    }
    Ok(())
}

/// A metered price counts by itself.
pub(crate) fn quantity_of_metered(path: &str) -> ApiError {
    let message = format!(
        "Quantity should not be specified where usage_type is metered. Remove quantity from {path}."
    );
    ApiError::invalid(message).param(format!("{path}[quantity]"))
}

pub(crate) fn cancel(state: &mut State, call: &Call<'_>) -> Answer {
    let subscription = find(state, call)?;
    if subscription.status == Status::Canceled {
        return Err(ApiError::missing("subscription", call.id));
    }
    // What was used in this period is lost unless it is asked for.
    if call.flag("invoice_now") == Some(true) {
        let start = subscription.period_start;
        let now = state.now;
        state.create_invoice(call.id, start, now, Reason::Update);
    }
    state.end_subscription(call.id);
    retrieve(state, call)
}

impl State {
    /// Lets the subscriptions of a customer end with their periods, or go on.
    pub(crate) fn set_cancelled(&mut self, customer: &str, cancelled: bool) {
        let of_customer = self
            .subscriptions
            .iter()
            .filter(|it| it.customer == customer && it.status != Status::Canceled);
        let ids: Vec<String> = of_customer.map(|it| it.id.clone()).collect();
        let now = self.now;
        for id in ids {
            let before = self.shown_subscription(&id);
            if let Some(it) = self.subscriptions.get_mut(&id) {
                it.cancel_at_period_end = cancelled;
                it.canceled_at = cancelled.then_some(now);
            }
            self.emit_subscription_change(&id, &before);
        }
    }

    /// A price that the fake can bill: metered, by the month.
    pub(crate) fn billable_price(&self, id: &str, param: &str) -> Result<&Value, ApiError> {
        let price = self.prices.get(id);
        let price = price.ok_or_else(|| ApiError::missing("price", id).param(param))?;
        let recurring = &price["recurring"];
        let problem = if price["active"] == false {
            "The price specified is inactive. This field only accepts active prices."
        } else if recurring["usage_type"] != "metered" {
            "The fake bills metered prices only."
        } else if recurring["interval"] != "month" || recurring["interval_count"] != 1 {
            "The fake bills by the month only."
        } else {
            return Ok(price);
        };
        Err(ApiError::invalid(problem).param(param))
    }

    pub(crate) fn new_item(&mut self, price: &str) -> Item {
        Item {
            id: self.new_id("si"),
            created: self.now,
            price: price.to_owned(),
            metadata: json!({}),
        }
    }

    pub(crate) fn shown_subscription(&self, id: &str) -> Value {
        let found = self.subscriptions.get(id);
        found.map(|found| found.shown(self)).unwrap_or_default()
    }

    /// Says what is other than it was `before`.
    pub(crate) fn emit_subscription_change(&mut self, id: &str, before: &Value) {
        let after = self.shown_subscription(id);
        let fields = before.as_object().into_iter().flatten();
        let changed: serde_json::Map<_, _> = fields
            .filter(|(name, value)| after[name.as_str()] != **value)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !changed.is_empty() {
            self.emit_change("customer.subscription.updated", after, changed.into());
        }
    }

    /// Gives a subscription another status, if it hasn't ended, and says so.
    pub(crate) fn set_status(&mut self, id: &str, status: Status) {
        let before = self.shown_subscription(id);
        match self.subscriptions.get_mut(id) {
            Some(found) if found.status != Status::Canceled && found.status != status => {
                found.status = status;
            }
            _ => return,
        }
        self.emit_subscription_change(id, &before);
    }

    /// Ends a subscription now. Its open invoices stay open and are charged no more.
    pub(crate) fn end_subscription(&mut self, id: &str) {
        let now = self.now;
        if let Some(subscription) = self.subscriptions.get_mut(id) {
            subscription.status = Status::Canceled;
            subscription.canceled_at.get_or_insert(now);
            subscription.ended_at = Some(now);
        }
        self.stop_collecting(id);
        let ended = self.shown_subscription(id);
        self.emit("customer.subscription.deleted", ended);
    }
}
