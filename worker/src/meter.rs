//! Counts the CPU time that components use, and records it in the catalog about once in a second.
//!
//! A batch that could not be recorded is sent again under the same number, which the catalog
//! counts once. A crash loses what was not recorded yet, and nothing is ever counted twice.

use std::collections::HashMap;
use std::time::Duration;

use catalog::{Catalog, UsageBatch};
use parking_lot::Mutex;
use protocol::{TenantId, Timestamp, VersionId};
use uuid::Uuid;

/// Rows of one batch, at most.
const BATCH_ROWS_MAX: usize = 10_000;

pub(crate) struct Meter {
    worker: Uuid,
    epoch: u64,
    catalog: Catalog,
    used: Mutex<HashMap<(TenantId, VersionId), Duration>>,
    /// Only one flush runs at a time.
    outbox: tokio::sync::Mutex<Outbox>,
}

#[derive(Default)]
struct Outbox {
    counter: u64,
    unsent: Option<UsageBatch>,
}

impl Meter {
    /// A meter of a worker that started now.
    pub(crate) fn new(catalog: Catalog, now: Timestamp) -> Self {
        Self {
            worker: Uuid::now_v7(),
            epoch: now.as_micros(),
            catalog,
            used: Mutex::default(),
            outbox: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn add(&self, tenant: TenantId, version: VersionId, cpu: Duration) {
        if !cpu.is_zero() {
            *self.used.lock().entry((tenant, version)).or_default() += cpu;
        }
    }

    /// What was used and not recorded yet.
    pub(crate) fn pending_us(&self, tenant: TenantId, version: VersionId) -> u64 {
        let used = self.used.lock();
        used.get(&(tenant, version)).map_or(0, whole_micros)
    }

    /// Records what was used until now; what is used meanwhile has time until the next flush.
    /// What the catalog does not take stays here.
    pub(crate) async fn flush(&self) {
        let mut outbox = self.outbox.lock().await;
        let mut has_more = true;
        while has_more {
            if outbox.unsent.is_none() {
                let rows = self.take_rows();
                if rows.is_empty() {
                    return;
                }
                has_more = rows.len() == BATCH_ROWS_MAX;
                outbox.counter += 1;
                outbox.unsent = Some(UsageBatch {
                    worker: self.worker,
                    epoch: self.epoch,
                    counter: outbox.counter,
                    rows,
                });
            }
            let Some(batch) = outbox.unsent.clone() else {
                return;
            };
            if let Err(error) = self.catalog.record_compute(batch).await {
                metrics::counter!("views_meter_errors").increment(1);
                tracing::warn!(%error, "compute time could not be recorded; trying again");
                return;
            }
            outbox.unsent = None;
        }
    }

    /// Takes whole microseconds and leaves the fractions for the next time.
    fn take_rows(&self) -> Vec<(TenantId, VersionId, u64)> {
        let mut rows = Vec::new();
        self.used.lock().retain(|(tenant, version), cpu| {
            let micros = whole_micros(cpu);
            if rows.len() < BATCH_ROWS_MAX && micros > 0 {
                rows.push((*tenant, *version, micros));
                *cpu -= Duration::from_micros(micros);
            }
            !cpu.is_zero()
        });
        rows
    }
}

fn whole_micros(cpu: &Duration) -> u64 {
    u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX)
}
