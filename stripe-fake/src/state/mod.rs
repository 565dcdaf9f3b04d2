//! Everything that the fake knows, behind one lock.

mod clock;
mod deliveries;
pub(crate) mod resources;

use std::collections::HashMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::deliveries::Delivery;
use self::resources::cards::CardOnFile;
use self::resources::checkout_sessions::Session;
use self::resources::invoices::Invoice;
use self::resources::meter_events::MeterEvents;
use self::resources::portal_sessions::PortalSession;
use self::resources::subscriptions::Subscription;
use self::resources::webhook_endpoints::Endpoint;
use crate::error::ApiError;
use crate::faults::FaultState;
use crate::idempotency::Keys;
use crate::table::Table;

/// The version of the API whose objects the fake answers with.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

/// What a state begins with. It is the first line of a journal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    pub(crate) now: u64,
    pub(crate) seed: u64,
    pub(crate) summary_delay: Duration,
}

pub(crate) struct State {
    /// The fake's clock, in seconds since 1970.
    pub(crate) now: u64,
    /// Of the fake itself, without a slash at the end.
    pub(crate) url: String,
    /// Drawn from by changes alone, which the journal has.
    pub(crate) random: StdRng,
    pub(crate) summary_delay: Duration,
    pub(crate) faults: FaultState,
    pub(crate) keys: Keys,
    pub(crate) account: String,

    pub(crate) customers: Table<Value>,
    /// By customer.
    pub(crate) cards: HashMap<String, CardOnFile>,
    pub(crate) products: Table<Value>,
    pub(crate) prices: Table<Value>,
    pub(crate) meters: Table<Value>,
    pub(crate) meter_events: MeterEvents,
    pub(crate) sessions: Table<Session>,
    pub(crate) subscriptions: Table<Subscription>,
    pub(crate) invoices: Table<Invoice>,
    pub(crate) charges: Table<Value>,
    pub(crate) disputes: Table<Value>,
    pub(crate) portal_configurations: Table<Value>,
    pub(crate) portal_sessions: Table<PortalSession>,
    pub(crate) endpoints: Table<Endpoint>,
    pub(crate) events: Table<Value>,
    pub(crate) thin_events: Table<Value>,
    pub(crate) deliveries: Vec<Delivery>,
    /// How many there ever were.
    pub(crate) delivery_count: u64,
    /// The request that is being carried out, which its events name.
    pub(crate) request_id: Option<String>,
}

impl State {
    pub(crate) fn new(start: &Start, url: String) -> Self {
        let mut state = Self {
            now: start.now,
            url,
            random: StdRng::seed_from_u64(start.seed),
            summary_delay: start.summary_delay,
            faults: FaultState::default(),
            keys: Keys::default(),
            account: String::new(),
            customers: Table::default(),
            cards: HashMap::new(),
            products: Table::default(),
            prices: Table::default(),
            meters: Table::default(),
            meter_events: MeterEvents::default(),
            sessions: Table::default(),
            subscriptions: Table::default(),
            invoices: Table::default(),
            charges: Table::default(),
            disputes: Table::default(),
            portal_configurations: Table::default(),
            portal_sessions: Table::default(),
            endpoints: Table::default(),
            events: Table::default(),
            thin_events: Table::default(),
            deliveries: Vec::new(),
            delivery_count: 0,
            request_id: None,
        };
        state.account = state.new_id("acct");
        state
    }

    /// A new id such as `cus_Ab3…`.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        format!("{prefix}_{}", self.letters(24))
    }

    pub(crate) fn letters(&mut self, count: usize) -> String {
        let letters = rand::distr::Alphanumeric;
        let random = &mut self.random;
        (0..count)
            .map(|_| char::from(random.sample(letters)))
            .collect()
    }

    /// A customer that is there, for a parameter that names one.
    pub(crate) fn customer(&self, id: &str) -> Result<&Value, ApiError> {
        let found = self.customers.get(id);
        found.ok_or_else(|| ApiError::missing("customer", id).param("customer"))
    }

    /// Tells the receivers of webhooks what has happened to an object. Returns the event's id.
    pub(crate) fn emit(&mut self, kind: &str, object: Value) -> String {
        self.emit_change(kind, object, Value::Null)
    }

    /// The same, with what some fields were before.
    pub(crate) fn emit_change(&mut self, kind: &str, object: Value, before: Value) -> String {
        let id = self.new_id("evt");
        let mut data = json!({ "object": object });
        if !before.is_null() {
            data["previous_attributes"] = before;
        }
        let receivers = self.receivers(kind, false);
        let event = json!({
            "id": id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": false,
            "pending_webhooks": receivers.len(),
            "request": { "id": self.request_id, "idempotency_key": null },
            "type": kind,
        });
        self.send(&receivers, &id, kind, &event);
        self.events.insert(&id, event);
        id
    }
}
