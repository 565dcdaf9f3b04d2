//! Disputes: a customer asks the bank for the money back.

use serde_json::json;

use crate::call::{Answer, Call};
use crate::error::ApiError;
use crate::state::State;

pub(crate) fn retrieve(state: &State, call: &Call<'_>) -> Answer {
    let found = state.disputes.get(call.id).cloned();
    found.ok_or_else(|| ApiError::missing("dispute", call.id))
}

impl State {
    /// Disputes the charge of a paid invoice. `None` if it has none.
    pub(crate) fn open_dispute(&mut self, invoice: &str) -> Option<String> {
        let charge = self.invoices.get(invoice)?.charge.clone()?;
        let id = self.new_id("dp");
        let charged = self.charges.get_mut(&charge)?;
        charged["disputed"] = true.into();
        let (amount, currency) = (charged["amount"].clone(), charged["currency"].clone());
        let dispute = json!({
            "id": id,
            "object": "dispute",
            "amount": amount,
            "balance_transactions": [],
            "charge": charge,
            "created": self.now,
            "currency": currency,
            "enhanced_eligibility_types": [],
            "evidence": { "enhanced_evidence": {} },
            "evidence_details": {
                "due_by": self.now + 7 * 24 * 60 * 60,
                "enhanced_eligibility": {},
                "has_evidence": false,
                "past_due": false,
                "submission_count": 0,
            },
            "is_charge_refundable": false,
            "livemode": false,
            "metadata": {},
            "payment_intent": null,
            "reason": "fraudulent",
            "status": "needs_response",
        });
        self.disputes.insert(&id, dispute.clone());
        self.emit("charge.dispute.created", dispute);
        Some(id)
    }

    /// The bank has decided. `None` if it had before.
    pub(crate) fn close_dispute(&mut self, id: &str, won: bool) -> Option<()> {
        let dispute = self.disputes.get_mut(id)?;
        if dispute["status"] == "won" || dispute["status"] == "lost" {
            return None;
        }
        dispute["status"] = if won { "won" } else { "lost" }.into();
        let closed = dispute.clone();
        self.emit("charge.dispute.closed", closed);
        Some(())
    }
}
