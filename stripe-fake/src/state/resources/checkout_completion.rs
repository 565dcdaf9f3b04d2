//! What happens when somebody presses "Subscribe".

use serde_json::{Value, json};

use super::cards::Card;
use super::checkout_sessions::{Session, Status};
use super::subscriptions::{self, Subscription};
use super::{customers, periods};
use crate::call::Call;
use crate::metadata;
use crate::state::State;

/// Why nothing has come of what somebody pressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refused {
    NoSuchObject,
    /// The checkout is complete already, or it has expired.
    Over,
    Declined,
}

impl State {
    /// Attaches the card and begins the subscription. Returns where the buyer goes next.
    pub(crate) fn complete_session(&mut self, id: &str, card: Card) -> Result<String, Refused> {
        let session = self.sessions.get(id).ok_or(Refused::NoSuchObject)?.clone();
        if session.status != Status::Open {
            return Err(Refused::Over);
        }
        if card == Card::Declined {
            return Err(Refused::Declined);
        }
        let customer = match &session.customer {
            Some(customer) => customer.clone(),
            None => self.customer_of(&session),
        };
        self.attach(&customer, card);
        let subscription = self.begin_subscription(&session, &customer);
        if let Some(session) = self.sessions.get_mut(id) {
            session.status = Status::Complete;
            session.customer = Some(customer);
            session.subscription = Some(subscription.clone());
        }
        let begun = self.shown_subscription(&subscription);
        self.emit("customer.subscription.created", begun);
        let complete = self.sessions.get(id).map(|session| session.shown(self));
        self.emit("checkout.session.completed", complete.unwrap_or_default());
        let url = session.text("success_url").unwrap_or_default();
        Ok(url.replace("{CHECKOUT_SESSION_ID}", id))
    }

    /// A session without a customer makes one.
    fn customer_of(&mut self, session: &Session) -> String {
        let params = json!({ "email": session.params.get("customer_email") });
        let call = Call {
            id: "",
            path: "/v1/customers",
            params: &params,
        };
        let created = customers::create(self, &call).unwrap_or_default();
        created["id"].as_str().unwrap_or_default().to_owned()
    }

    fn begin_subscription(&mut self, session: &Session, customer: &str) -> String {
        let id = self.new_id("sub");
        let now = self.now;
        let data = session
            .params
            .get("subscription_data")
            .cloned()
            .unwrap_or(Value::Null);
        let anchor = match (
            &data["billing_cycle_anchor"],
            &data["billing_cycle_anchor_config"],
        ) {
            (Value::Number(at), _) => at.as_u64().unwrap_or(now),
            (_, config @ Value::Object(_)) => periods::anchor(config, now),
            _ => now,
        };
        let mode = data.pointer("/billing_mode/type").and_then(Value::as_str);
        let items = session
            .prices
            .iter()
            .map(|price| self.new_item(price))
            .collect();
        let subscription = Subscription {
            id: id.clone(),
            customer: customer.to_owned(),
            created: now,
            items,
            status: subscriptions::Status::Active,
            anchor,
            period_start: now,
            // The first period is short if the anchor is ahead.
            period_end: if anchor > now {
                anchor
            } else {
                periods::next(anchor, now)
            },
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            metadata: metadata::new(data.get("metadata")),
            billing_mode: json!({ "type": mode.unwrap_or("flexible") }),
            latest_invoice: None,
        };
        self.subscriptions.insert(&id, subscription);
        id
    }
}
