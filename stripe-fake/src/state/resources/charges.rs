//! Charges.

use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    let found = state.charges.get(call.id).cloned();
    found.ok_or_else(|| ApiError::missing("charge", call.id))
}

impl State {
    /// Charges the card of a customer. Returns the charge's id.
    pub(crate) fn charge(&mut self, customer: &str, amount: u64) -> String {
        let id = self.new_id("ch");
        let payment_method = self
            .cards
            .get(customer)
            .map(|card| card.payment_method.clone());
        let charge: Value = json!({
            "id": id,
            "object": "charge",
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": 0,
            "balance_transaction": null,
            "billing_details": { "address": null, "email": null, "name": null, "phone": null, "tax_id": null },
            "captured": true,
            "created": self.now,
            "currency": "usd",
            "customer": customer,
            "description": "Subscription update",
            "disputed": false,
            "failure_code": null,
            "failure_message": null,
            "livemode": false,
            "metadata": {},
            "paid": true,
            "payment_intent": null,
            "payment_method": payment_method,
            "receipt_email": null,
            "refunded": false,
            "status": "succeeded",
        });
        self.charges.insert(&id, charge);
        id
    }
}
