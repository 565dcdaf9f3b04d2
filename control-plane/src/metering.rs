//! Counts the bytes of answers to queries, and reports them to the ledger of use about once in a second.

use std::collections::HashMap;
use std::time::Duration;

use catalog::{Catalog, Measured, Taken, UsageKey, UsageReporter};
use parking_lot::Mutex;
use protocol::Timestamp;
use protocol::meter::{Hour, Meter};
use protocol::view::VersionSpec;

/// How often what was sent is reported.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);

/// Views of one report, at most.
const VIEWS_MAX: usize = 10_000;

pub(crate) struct DataOut {
    sent: Mutex<HashMap<UsageKey, u64>>,
    reporter: UsageReporter,
}

impl DataOut {
    /// The meter of a node that starts now.
    pub(crate) fn new(catalog: Catalog, now: Timestamp) -> Self {
        Self {
            sent: Mutex::default(),
            reporter: UsageReporter::new(catalog, now),
        }
    }

    /// Counts an answer of a view.
    pub(crate) fn add(&self, spec: &VersionSpec, now: Timestamp, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let key = UsageKey {
            tenant: spec.tenant,
            hour: Hour::of(now),
            meter: Meter::DataOut,
            log: Some(spec.log),
            view: Some(spec.view),
        };
        *self.sent.lock().entry(key).or_default() += bytes as u64;
    }

    /// Reports what was sent until now. What the ledger does not take stays here.
    pub(crate) async fn flush(&self) {
        if let Err(error) = self.reporter.report(|| self.take()).await {
            metrics::counter!("data_out_meter_errors").increment(1);
            tracing::warn!(%error, "bytes of answers could not be recorded; trying again");
        }
    }

    fn take(&self) -> Option<(Measured, Taken)> {
        let mut sent = self.sent.lock();
        let keys: Vec<_> = sent.keys().take(VIEWS_MAX).copied().collect();
        let amounts: Vec<_> = keys
            .into_iter()
            .filter_map(|key| sent.remove_entry(&key))
            .collect();
        let taken = match sent.is_empty() {
            true => Taken::All,
            false => Taken::Some,
        };
        let measured = Measured {
            amounts,
            versions: Vec::new(),
        };
        (!measured.amounts.is_empty()).then_some((measured, taken))
    }
}
