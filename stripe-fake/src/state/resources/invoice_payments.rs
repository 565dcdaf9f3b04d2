//! How invoices are paid, and what happens when they are not.

use super::cards::Card;
use super::invoices::{Invoice, Status};
use super::subscriptions;
use crate::state::State;

const DAY: u64 = 24 * 60 * 60;

/// How long after a charge has failed the next one is tried: after the first, the second and so on.
const RETRY_SECONDS: [u64; 3] = [3 * DAY, 5 * DAY, 7 * DAY];

impl State {
    /// Charges the customer's card for an open invoice. `false` if that failed.
    pub(crate) fn pay(&mut self, id: &str) -> bool {
        let Some(invoice) = self.invoices.get_mut(id) else {
            return false;
        };
        invoice.attempts += 1;
        invoice.next_attempt = None;
        let (customer, amount) = (invoice.customer.clone(), invoice.total());
        let card = self.cards.get(&customer).map(|on_file| on_file.card);
        if card == Some(Card::Works) {
            let charge = self.charge(&customer, amount);
            self.mark_paid(id, Some(charge));
            return true;
        }
        self.payment_failed(id);
        false
    }

    /// Charges for all open invoices of a customer.
    pub(crate) fn pay_open(&mut self, customer: &str) {
        let open = self
            .invoices
            .iter()
            .filter(|it| it.customer == customer && it.status == Status::Open);
        let ids: Vec<String> = open.map(|it| it.id.clone()).collect();
        for id in ids {
            self.pay(&id);
        }
    }

    /// An invoice is paid, by a charge or since there is nothing to pay.
    pub(crate) fn mark_paid(&mut self, id: &str, charge: Option<String>) {
        let now = self.now;
        let Some(invoice) = self.invoices.get_mut(id) else {
            return;
        };
        invoice.status = Status::Paid;
        invoice.paid_at = Some(now);
        invoice.next_attempt = None;
        invoice.charge = charge;
        let subscription = invoice.subscription.clone();
        for kind in ["invoice.paid", "invoice.payment_succeeded"] {
            self.emit(kind, self.shown_invoice(id));
        }
        let of_it = |other: &Invoice| other.subscription == subscription && other.is_unpaid();
        let owes = self.invoices.iter().any(of_it);
        if !owes {
            self.set_status(&subscription, subscriptions::Status::Active);
        }
    }

    fn payment_failed(&mut self, id: &str) {
        let now = self.now;
        let Some(invoice) = self.invoices.get_mut(id) else {
            return;
        };
        let failed = usize::try_from(invoice.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let retry = RETRY_SECONDS.get(failed).filter(|_| invoice.auto_advance);
        let last = RETRY_SECONDS.len() <= failed;
        invoice.next_attempt = retry.map(|seconds| now + seconds);
        let subscription = invoice.subscription.clone();
        self.emit("invoice.payment_failed", self.shown_invoice(id));
        let status = match last {
            true => subscriptions::Status::Unpaid,
            false => subscriptions::Status::PastDue,
        };
        self.set_status(&subscription, status);
    }

    /// Charges for the invoices of a subscription are not tried again.
    pub(crate) fn stop_collecting(&mut self, subscription: &str) {
        let owed = |invoice: &&mut Invoice| {
            invoice.subscription == subscription && invoice.status == Status::Open
        };
        for invoice in self.invoices.iter_mut().filter(owed) {
            invoice.auto_advance = false;
            invoice.next_attempt = None;
        }
    }
}

impl Invoice {
    /// Whether a charge for it has failed.
    fn is_unpaid(&self) -> bool {
        self.status == Status::Open && self.attempts > 0
    }
}
