//! Payment cards: which of Stripe's test cards a customer pays with.

use serde::{Deserialize, Serialize};

use crate::state::State;

/// Stripe's test cards, as far as the fake knows them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// 4242 4242 4242 4242
    Works,
    /// 4000 0000 0000 0341: can be attached, and each charge fails.
    FailsLater,
    /// 4000 0000 0000 0002: is declined at once.
    Declined,
}

impl Card {
    /// The card with this number, written with or without spaces.
    pub fn from_number(number: &str) -> Option<Self> {
        let digits: String = number
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        match digits.as_str() {
            "4242424242424242" => Some(Self::Works),
            "4000000000000341" => Some(Self::FailsLater),
            "4000000000000002" => Some(Self::Declined),
            _ => None,
        }
    }
}

/// A card that is attached to a customer.
pub(crate) struct CardOnFile {
    pub(crate) card: Card,
    pub(crate) payment_method: String,
}

impl State {
    /// Attaches a card to a customer, unless it is declined.
    pub(crate) fn attach(&mut self, customer: &str, card: Card) -> bool {
        if card == Card::Declined {
            return false;
        }
        let payment_method = self.new_id("pm");
        let on_file = CardOnFile {
            card,
            payment_method: payment_method.clone(),
        };
        self.cards.insert(customer.to_owned(), on_file);
        if let Some(customer) = self.customers.get_mut(customer) {
            customer["invoice_settings"]["default_payment_method"] = payment_method.into();
        }
        true
    }

    /// Attaches another card than the one until now, and says so.
    pub(crate) fn change_card(&mut self, customer: &str, card: Card) -> bool {
        let settings = |state: &Self| {
            let found = state.customers.get(customer);
            found
                .map(|customer| customer["invoice_settings"].clone())
                .unwrap_or_default()
        };
        let before = settings(self);
        if !self.attach(customer, card) {
            return false;
        }
        if let Some(changed) = self.customers.get(customer).cloned() {
            let before = serde_json::json!({ "invoice_settings": before });
            self.emit_change("customer.updated", changed, before);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_known_by_their_number() {
        assert_eq!(Card::from_number("4242 4242 4242 4242"), Some(Card::Works));
        assert_eq!(
            Card::from_number("4000000000000341"),
            Some(Card::FailsLater)
        );
        assert_eq!(Card::from_number("1"), None);
    }
}
