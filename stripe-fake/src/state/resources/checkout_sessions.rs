//! Checkout sessions: somebody is on the way to a subscription.

use serde_json::{Value, json};

use super::subscriptions::quantity_of_metered;
use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;
use crate::{list, metadata};

const DAY: u64 = 24 * 60 * 60;
const EXPIRES_AFTER_MIN: u64 = 30 * 60;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Open,
    Complete,
    Expired,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) customer: Option<String>,
    pub(crate) prices: Vec<String>,
    pub(crate) created: u64,
    pub(crate) expires_at: u64,
    pub(crate) status: Status,
    pub(crate) subscription: Option<String>,
    /// What was asked for.
    pub(crate) params: Value,
}

impl Session {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.params[name].as_str().filter(|text| !text.is_empty())
    }

    pub(crate) fn shown(&self, state: &State) -> Value {
        let given = |pointer: &str, default: Value| {
            self.params.pointer(pointer).cloned().unwrap_or(default)
        };
        let url = format!("{}/checkout/{}", state.url, self.id);
        let open = self.status == Status::Open;
        let complete = self.status == Status::Complete;
        let price = self
            .prices
            .first()
            .and_then(|price| state.prices.get(price));
        json!({
            "id": self.id,
            "object": "checkout.session",
            "after_expiration": null,
            "allow_promotion_codes": null,
            "amount_subtotal": 0,
            "amount_total": 0,
            "automatic_tax": { "enabled": given("/automatic_tax/enabled", false.into()), "liability": null, "provider": null, "status": null },
            "billing_address_collection": given("/billing_address_collection", Value::Null),
            "cancel_url": given("/cancel_url", Value::Null),
            "client_reference_id": given("/client_reference_id", Value::Null),
            "client_secret": null,
            "consent": null,
            "consent_collection": null,
            "created": self.created,
            "currency": price.map(|price| &price["currency"]),
            "custom_fields": [],
            "custom_text": { "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null },
            "customer": self.customer,
            "customer_creation": null,
            "customer_details": null,
            "customer_email": given("/customer_email", Value::Null),
            "discounts": [],
            "expires_at": self.expires_at,
            "invoice": null,
            "invoice_creation": null,
            "livemode": false,
            "locale": null,
            "metadata": metadata::new(self.params.get("metadata")),
            "mode": "subscription",
            "payment_intent": null,
            "payment_link": null,
            "payment_method_collection": "always",
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "payment_status": if complete { "paid" } else { "unpaid" },
            "permissions": null,
            "phone_number_collection": { "enabled": false },
            "recovered_from": null,
            "saved_payment_method_options": null,
            "setup_intent": null,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "status": self.status.name(),
            "submit_type": null,
            "subscription": self.subscription,
            "success_url": given("/success_url", Value::Null),
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page",
            "url": open.then_some(url),
            "wallet_options": null,
        })
    }
}

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answer {
    let error = |message: &str, param: &str| Err(ApiError::invalid(message).param(param));
    if call.text("mode") != Some("subscription") {
        return error("The fake has sessions with mode=subscription only.", "mode");
    }
    if !matches!(call.text("ui_mode"), None | Some("hosted_page")) {
        return error("The fake has hosted pages only.", "ui_mode");
    }
    if call.text("success_url").is_none() {
        let message = "Missing required param: success_url.";
        return Err(ApiError::invalid(message)
            .code("parameter_missing")
            .param("success_url"));
    }
    if let Some(customer) = call.text("customer") {
        state.customer(customer)?;
    }
    let prices = prices(state, call)?;
    check_anchor(state, call)?;
    check_tax_ids(call)?;
    let expires_at = call.time("expires_at").unwrap_or(state.now + DAY);
    if !(state.now + EXPIRES_AFTER_MIN..=state.now + DAY).contains(&expires_at) {
        let message =
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.";
        return error(message, "expires_at");
    }
    let id = format!("cs_test_{}", state.letters(40));
    let session = Session {
        id: id.clone(),
        customer: call.text("customer").map(str::to_owned),
        prices,
        created: state.now,
        expires_at,
        status: Status::Open,
        subscription: None,
        params: call.params.clone(),
    };
    let shown = session.shown(state);
    state.sessions.insert(&id, session);
    Ok(shown)
}

fn prices(state: &State, call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let items = call.value("line_items").and_then(Value::as_array);
    let items = items.filter(|items| !items.is_empty()).ok_or_else(|| {
        let error = ApiError::invalid("Missing required param: line_items.");
        error.code("parameter_missing").param("line_items")
    })?;
    let price = |(index, item): (usize, &Value)| {
        let path = format!("line_items[{index}]");
        let price = item["price"].as_str().unwrap_or_default();
        state.billable_price(price, &format!("{path}[price]"))?;
        match item.get("quantity") {
            Some(_) => Err(quantity_of_metered(&path)),
            None => Ok(price.to_owned()),
        }
    };
    items.iter().enumerate().map(price).collect()
}

/// A tax id comes with a name, which has to be kept with a customer that is there already.
fn check_tax_ids(call: &Call<'_>) -> Result<(), ApiError> {
    let collects = call.flag("tax_id_collection/enabled") == Some(true);
    let keeps_name = call.text("customer_update/name") == Some("auto");
    if collects && call.text("customer").is_some() && !keeps_name {
        let message = "Tax ID collection requires updating business name on the customer. To enable \
                       tax ID collection for an existing customer, please set \
                       `customer_update[name]` to `auto`.";
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

/// The first period ends at most a month from now, at a time that is given in one way.
fn check_anchor(state: &State, call: &Call<'_>) -> Result<(), ApiError> {
    let at = call.time("subscription_data/billing_cycle_anchor");
    let config = call.value("subscription_data/billing_cycle_anchor_config");
    let param = "subscription_data[billing_cycle_anchor]";
    let error = |message: &str| Err(ApiError::invalid(message).param(param));
    if at.is_some() && config.is_some() {
        return error(
            "You may only specify one of billing_cycle_anchor and billing_cycle_anchor_config.",
        );
    }
    if at.is_some_and(|at| at <= state.now) {
        return error("billing_cycle_anchor must be a time in the future.");
    }
    if at.is_some_and(|at| at > super::periods::next(state.now, state.now)) {
        return error("billing_cycle_anchor can't be later than the end of the first period.");
    }
    let bounds = [
        ("day_of_month", 1, 31),
        ("hour", 0, 23),
        ("minute", 0, 59),
        ("second", 0, 59),
    ];
    for (name, min, max) in bounds {
        let number = config.and_then(|config| config[name].as_i64());
        if number.is_some_and(|number| !(min..=max).contains(&number)) {
            let param = format!("subscription_data[billing_cycle_anchor_config][{name}]");
            let message = format!("{name} must be between {min} and {max}.");
            return Err(ApiError::invalid(message).param(param));
        }
    }
    Ok(())
}

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    Ok(find(state, call)?.shown(state))
}

fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a Session, ApiError> {
    let found = state.sessions.get(call.id);
    found.ok_or_else(|| ApiError::missing("checkout session", call.id))
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let (customer, status) = (call.text("customer"), call.text("status"));
    let subscription = call.text("subscription");
    let created = call.value("created");
    let asked = |session: &&Session| {
        customer.is_none_or(|customer| session.customer.as_deref() == Some(customer))
            && subscription.is_none_or(|asked| session.subscription.as_deref() == Some(asked))
            && status.is_none_or(|status| session.status.name() == status)
            && list::in_range(session.created, created)
    };
    let found = state.sessions.iter().rev().filter(asked);
    list::page(found.map(|session| session.shown(state)), call)
}

pub(crate) fn expire(state: &mut State, call: &Call<'_>) -> Answer {
    let status = find(state, call)?.status;
    if status != Status::Open {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout \
             Session has a status of {}.",
            status.name()
        );
        return Err(ApiError::invalid(message));
    }
    state.expire_session(call.id);
    retrieve(state, call)
}

impl State {
    pub(crate) fn expire_session(&mut self, id: &str) {
        let Some(session) = self.sessions.get_mut(id) else {
            return;
        };
        session.status = Status::Expired;
        let expired = session.clone().shown(self);
        self.emit("checkout.session.expired", expired);
    }
}
