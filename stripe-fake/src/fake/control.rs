//! What tests do with a fake that no customer and no API can: in process, and under `/fake/`.

use std::collections::BTreeMap;

use poem::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::json as answer_json;
use crate::changes::Press;
use crate::fake::Fake;
use crate::faults::{FaultKind, Faults};
use crate::state::resources::cards::Card;
use crate::state::resources::checkout_completion::Refused;
use crate::state::resources::meter_events::MeterEvent;

/// There is no such object, or it can't be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchObject(pub String);

impl Fake {
    pub fn set_faults(&self, faults: Faults) {
        self.recorded().set_faults(faults);
        self.wake();
    }

    /// How often each fault happened.
    pub fn fault_counts(&self) -> BTreeMap<FaultKind, u64> {
        self.state(|state| state.faults.counts.clone())
    }

    /// Every meter event that was accepted.
    pub fn accepted(&self) -> Vec<MeterEvent> {
        self.state(|state| state.meter_events.accepted.clone())
    }

    /// All invoices as the API shows them, oldest first.
    pub fn invoices(&self) -> Vec<Value> {
        self.state(|state| state.invoices.iter().map(|it| it.shown(state)).collect())
    }

    /// All events as the API shows them, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.state(|state| state.events.iter().cloned().collect())
    }

    /// Presses the button of a checkout.
    ///
    /// # Errors
    /// When there is no such checkout, it is over, or the card is declined.
    pub fn complete_checkout(&self, session: &str, card: Card) -> Result<String, NoSuchObject> {
        let press = Press::Subscribe {
            session: session.to_owned(),
            card,
        };
        let next = self.press(press);
        next.map_err(|refused: Refused| NoSuchObject(format!("{session}: {refused:?}")))
    }

    /// Cancels the subscriptions of a customer at the end of their periods, as the portal does.
    pub fn cancel_in_portal(&self, customer: &str) {
        // There is always an answer to this.
        let _ = self.press(Press::Cancel {
            customer: customer.to_owned(),
            cancelled: true,
        });
    }

    pub fn set_card(&self, customer: &str, card: Card) -> bool {
        let customer = customer.to_owned();
        self.press(Press::ChangeCard { customer, card }).is_ok()
    }

    /// Disputes what was paid for an invoice; the id of the dispute.
    pub fn open_dispute(&self, invoice: &str) -> Option<String> {
        let invoice = invoice.to_owned();
        self.press(Press::OpenDispute { invoice }).ok()
    }

    /// Decides a dispute, once.
    pub fn close_dispute(&self, dispute: &str, won: bool) -> Option<()> {
        let dispute = dispute.to_owned();
        let closed = self.press(Press::CloseDispute { dispute, won });
        closed.ok().map(drop)
    }

    /// Gives an endpoint another secret; the one before signs for a day more.
    pub fn roll_secret(&self, endpoint: &str) -> Option<String> {
        let rolled = self.press(Press::RollSecret {
            endpoint: endpoint.to_owned(),
            overlap: 24 * 60 * 60,
        });
        rolled.ok()
    }

    pub(crate) fn press(&self, press: Press) -> Result<String, Refused> {
        let outcome = self.recorded().press(press);
        self.wake();
        outcome
    }
}

/// How far the clock moves in one request: everything on the way is done before it is answered.
const AT_A_TIME_MAX: u64 = 400 * 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    advance_seconds: u64,
}

/// Answers a request under `/fake/`.
pub(crate) async fn answer(fake: &Fake, request: &Request, body: &str) -> Response {
    let wrong = |error: serde_json::Error| answer_json(400, &json!({ "error": error.to_string() }));
    match (request.method().as_str(), request.uri().path()) {
        ("GET", "/fake/state") => answer_json(200, &shown(fake)),
        ("POST", "/fake/clock") => match serde_json::from_str::<Move>(body) {
            Ok(by) if by.advance_seconds > AT_A_TIME_MAX => {
                let message = format!("move it by at most {AT_A_TIME_MAX} seconds at a time");
                answer_json(400, &json!({ "error": message }))
            }
            Ok(by) => {
                fake.advance_to(fake.now() + by.advance_seconds).await;
                answer_json(200, &shown(fake))
            }
            Err(error) => wrong(error),
        },
        ("POST", "/fake/faults") => match serde_json::from_str::<Faults>(body) {
            Ok(faults) => {
                fake.set_faults(faults);
                answer_json(200, &shown(fake))
            }
            Err(error) => wrong(error),
        },
        _ => answer_json(
            404,
            &json!({ "error": "there is /fake/state, /fake/clock and /fake/faults" }),
        ),
    }
}

fn shown(fake: &Fake) -> Value {
    json!({
        "now": fake.now(),
        "meter_events": fake.accepted(),
        "invoices": fake.invoices(),
        "faults": fake.fault_counts(),
        "pending_webhooks": fake.state(|state| state.deliveries.clone()),
    })
}
