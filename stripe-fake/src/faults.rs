//! The ways in which the fake fails when it is told to.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

/// What goes wrong from now on.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every request is answered with 503, and no webhook is sent.
    pub down: bool,
    /// Each request takes the first of these that matches it.
    pub requests: Vec<Fault>,
    /// Webhooks that are due at the same time are sent in any order.
    pub reorder_webhooks: bool,
    /// Each webhook is sent twice.
    pub duplicate_webhooks: bool,
}

/// What happens to requests.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: FaultKind,
    /// How the paths of the requests start.
    #[serde(default)]
    pub path_prefix: String,
    /// Only requests with this method.
    #[serde(default)]
    pub method: Option<String>,
    /// How likely it is for each request.
    #[serde(default = "always")]
    pub probability: f64,
    /// How often it happens before it is over; for ever if `None`.
    #[serde(default)]
    pub count: Option<u32>,
    /// How long [`FaultKind::Slow`] takes.
    #[serde(default)]
    pub slow_ms: u64,
}

fn always() -> f64 {
    1.0
}

impl Fault {
    /// It happens to every request whose path starts so.
    pub fn new(kind: FaultKind, path_prefix: &str) -> Self {
        Self {
            kind,
            path_prefix: path_prefix.to_owned(),
            method: None,
            probability: 1.0,
            count: None,
            slow_ms: 0,
        }
    }

    /// It happens so many times.
    pub fn times(self, count: u32) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    pub fn with_probability(self, probability: f64) -> Self {
        Self {
            probability,
            ..self
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 500 before anything was done.
    Error500,
    /// 429 before anything was done.
    Error429,
    /// The request is carried out and never answered.
    TimeoutAfterSuccess,
    /// The request is carried out, and the connection ends without an answer.
    CloseAfterSuccess,
    /// The request waits before it is carried out.
    Slow,
    /// The request is answered with 503, since all of Stripe is down.
    Down,
}

/// What a request has to go through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fate {
    /// The place of its fault in the list; `None` since all is down.
    pub(crate) place: Option<usize>,
    pub(crate) kind: FaultKind,
    pub(crate) slow: Duration,
}

/// What is set, and what has happened.
#[derive(Default)]
pub(crate) struct FaultState {
    pub(crate) set: Faults,
    pub(crate) counts: BTreeMap<FaultKind, u64>,
}

impl FaultState {
    /// Decides about one request.
    pub(crate) fn decide(&self, method: &str, path: &str, chance: &mut StdRng) -> Option<Fate> {
        if self.set.down {
            return Some(Fate {
                place: None,
                kind: FaultKind::Down,
                slow: Duration::ZERO,
            });
        }
        let mut faults = self.set.requests.iter().enumerate();
        let (place, fault) = faults.find(|(_, fault)| {
            let matches = fault.count != Some(0)
                && path.starts_with(&fault.path_prefix)
                && fault.method.as_deref().is_none_or(|only| only == method);
            matches && chance.random_bool(fault.probability.clamp(0.0, 1.0))
        })?;
        Some(Fate {
            place: Some(place),
            kind: fault.kind,
            slow: Duration::from_millis(fault.slow_ms),
        })
    }

    /// Notes what was decided about a request.
    pub(crate) fn struck(&mut self, place: Option<usize>) {
        let fault = place.map(|place| self.set.requests.get_mut(place));
        let kind = match fault {
            None => FaultKind::Down,
            Some(None) => return,
            Some(Some(fault)) => {
                fault.count = fault.count.map(|count| count.saturating_sub(1));
                fault.kind
            }
        };
        *self.counts.entry(kind).or_default() += 1;
    }
}
