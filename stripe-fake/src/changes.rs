//! Everything that changes the state. A change is carried out in one way, whether it happens now or the
//! journal says that it happened.
//!
//! Only changes draw from the random numbers of the state, so that the same changes at the same times
//! make the same ids, secrets and delays.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::error::ApiError;
use crate::faults::Faults;
use crate::routes::{self, Operation};
use crate::state::State;
use crate::state::resources::cards::Card;
use crate::state::resources::checkout_completion::Refused;

/// A change, as the journal keeps it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Change {
    /// The clock has moved to this time, and what was due then was done, but for webhooks.
    Clock,
    Request(Request),
    Press(Press),
    /// What goes wrong from now on.
    Faults(Faults),
    /// A request was struck by the fault that has this place in the list, or since all is down.
    Struck(Option<usize>),
    /// A webhook was sent.
    Sent {
        number: u64,
        arrived: bool,
    },
}

/// A request to the API that is carried out. Its parameters have been checked.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without a query.
    pub(crate) path: String,
    pub(crate) params: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idempotency_key: Option<String>,
}

impl Request {
    /// What must be the same when it comes again under its key.
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.path, self.params)
    }

    /// The status and the body of the answer.
    pub(crate) fn carry_out(&self, state: &mut State) -> (u16, Value) {
        let Some(route) = routes::find(&self.method, &self.path) else {
            let error = ApiError::unknown_url(&self.method, &self.path);
            return (error.status, error.body());
        };
        let call = Call {
            id: route.id,
            path: &self.path,
            params: &self.params,
        };
        let outcome = match route.operation {
            Operation::Read(read) => read(state, &call),
            Operation::Write(write) => {
                state.request_id = Some(state.new_id("req"));
                let outcome = write(state, &call);
                state.request_id = None;
                outcome
            }
        };
        let answer = match outcome {
            Ok(body) => (200, body),
            Err(error) => (error.status, error.body()),
        };
        if let Some(key) = &self.idempotency_key {
            let now = state.now;
            state.keys.keep(key, self.text(), answer.clone(), now);
        }
        answer
    }
}

/// What somebody does on a page, in the dashboard, or at the bank.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Press {
    /// "Subscribe", in a checkout.
    Subscribe {
        session: String,
        card: Card,
    },
    /// The customer's subscriptions end with their periods, or go on.
    Cancel {
        customer: String,
        cancelled: bool,
    },
    /// The customer's open invoices are charged.
    Pay {
        customer: String,
    },
    ChangeCard {
        customer: String,
        card: Card,
    },
    OpenDispute {
        invoice: String,
    },
    CloseDispute {
        dispute: String,
        won: bool,
    },
    /// The secret until now also signs for some time more.
    RollSecret {
        endpoint: String,
        overlap: u64,
    },
}

impl Press {
    /// What comes of it: where the buyer goes next, the id of the dispute, the new secret, or nothing.
    pub(crate) fn carry_out(&self, state: &mut State) -> Result<String, Refused> {
        let nothing = Ok(String::new());
        match self {
            Self::Subscribe { session, card } => state.complete_session(session, *card),
            Self::Cancel {
                customer,
                cancelled,
            } => {
                state.set_cancelled(customer, *cancelled);
                nothing
            }
            Self::Pay { customer } => {
                state.pay_open(customer);
                nothing
            }
            Self::ChangeCard { customer, card } => match state.change_card(customer, *card) {
                true => nothing,
                false => Err(Refused::Declined),
            },
            Self::OpenDispute { invoice } => {
                state.open_dispute(invoice).ok_or(Refused::NoSuchObject)
            }
            Self::CloseDispute { dispute, won } => {
                let closed = state.close_dispute(dispute, *won);
                closed.ok_or(Refused::NoSuchObject).and(nothing)
            }
            Self::RollSecret { endpoint, overlap } => {
                let secret = state.roll_secret(endpoint, *overlap);
                secret.ok_or(Refused::NoSuchObject)
            }
        }
    }
}
