//! Webhooks on their way: sent, and sent again until their receivers have them.

use rand::rngs::StdRng;
use serde::Serialize;
use serde_json::Value;

use crate::signature;
use crate::state::State;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// How long after an attempt that failed the next one follows; the last of these from then on.
const RETRY_SECONDS: [u64; 7] = [
    MINUTE,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    12 * HOUR,
];

/// How long it is tried.
const TRIED_SECONDS: u64 = 72 * HOUR;

/// An event that an endpoint does not have yet.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Delivery {
    /// Tells it from others.
    pub(crate) number: u64,
    endpoint: String,
    event: String,
    #[serde(skip)]
    body: String,
    created: u64,
    attempts: usize,
    pub(crate) due_at: u64,
}

/// What is sent to an address now.
pub(crate) struct Sending {
    pub(crate) number: u64,
    pub(crate) url: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl State {
    /// The endpoints that take events of a type.
    pub(crate) fn receivers(&self, kind: &str, thin: bool) -> Vec<String> {
        let takes = self
            .endpoints
            .iter()
            .filter(|it| it.thin == thin && it.takes(kind));
        takes
            .filter_map(|it| it.object["id"].as_str().map(str::to_owned))
            .collect()
    }

    /// Puts an event on its way.
    pub(crate) fn send(&mut self, receivers: &[String], id: &str, kind: &str, event: &Value) {
        tracing::debug!(
            id,
            kind,
            receivers = receivers.len(),
            "an event is on its way"
        );
        let times = if self.faults.set.duplicate_webhooks {
            2
        } else {
            1
        };
        for endpoint in receivers {
            for _ in 0..times {
                self.delivery_count += 1;
                self.deliveries.push(Delivery {
                    number: self.delivery_count,
                    endpoint: endpoint.clone(),
                    event: id.to_owned(),
                    body: event.to_string(),
                    created: self.now,
                    attempts: 0,
                    due_at: self.now,
                });
            }
        }
    }

    /// Whether somebody does not have an event yet.
    pub(crate) fn is_pending(&self, event: &str) -> bool {
        self.deliveries.iter().any(|it| it.event == event)
    }

    /// What is due now, signed, in the order in which it is sent.
    pub(crate) fn due_deliveries(&self, chance: &mut StdRng) -> Vec<Sending> {
        if self.faults.set.down {
            return Vec::new();
        }
        let mut due: Vec<Delivery> = self
            .deliveries
            .iter()
            .filter(|it| it.due_at <= self.now)
            .cloned()
            .collect();
        due.sort_by_key(|it| (it.due_at, it.number));
        if self.faults.set.reorder_webhooks {
            use rand::seq::SliceRandom as _;
            due.shuffle(chance);
        }
        due.iter().filter_map(|it| self.sending(it)).collect()
    }

    fn sending(&self, it: &Delivery) -> Option<Sending> {
        let endpoint = self.endpoints.get(&it.endpoint)?;
        let alive = endpoint
            .secrets
            .iter()
            .filter(|it| it.until.is_none_or(|at| at > self.now));
        let secrets = alive.map(|it| it.text.as_str());
        Some(Sending {
            number: it.number,
            url: endpoint.url.clone(),
            signature: signature::header(secrets, self.now, &it.body),
            body: it.body.clone(),
        })
    }

    /// Notes how a delivery went.
    pub(crate) fn sent(&mut self, number: u64, arrived: bool) {
        let now = self.now;
        let Some(index) = self.deliveries.iter().position(|it| it.number == number) else {
            return;
        };
        let it = &mut self.deliveries[index];
        if !arrived {
            let last = RETRY_SECONDS.len() - 1;
            it.due_at = now + RETRY_SECONDS[it.attempts.min(last)];
            it.attempts += 1;
            if it.due_at <= it.created + TRIED_SECONDS {
                return;
            }
        }
        let event = self.deliveries.remove(index).event;
        if arrived && !self.is_pending(&event) {
            self.heard_by_all(&event);
        }
    }
}
