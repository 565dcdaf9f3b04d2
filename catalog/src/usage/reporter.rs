//! Reporting what a node measures, from its memory to the ledger.

use protocol::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::batch::{Measured, UsageBatch};
use crate::{Catalog, CatalogError};

/// The reports of a node that started now.
///
/// A batch that could not be recorded is sent again under the same number, which the ledger counts
/// once. A crash loses what was not recorded yet.
pub struct UsageReporter {
    catalog: Catalog,
    source: Uuid,
    epoch: u64,
    /// Only one report is under way at a time.
    outbox: Mutex<Outbox>,
}

#[derive(Default)]
struct Outbox {
    counter: u64,
    unsent: Option<UsageBatch>,
}

/// How much of what was measured a batch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    All,
    /// As much as fits.
    Some,
}

impl UsageReporter {
    pub fn new(catalog: Catalog, now: Timestamp) -> Self {
        Self {
            catalog,
            source: Uuid::now_v7(),
            epoch: now.as_micros(),
            outbox: Mutex::default(),
        }
    }

    /// Records what `take` gives, and goes on for as long as there is more of it than one batch holds. What
    /// is measured meanwhile has time until the next report.
    ///
    /// # Errors
    /// When the ledger does not take a batch. It is kept, and sent first the next time.
    pub async fn report(
        &self,
        take: impl Fn() -> Option<(Measured, Taken)>,
    ) -> Result<(), CatalogError> {
        let mut outbox = self.outbox.lock().await;
        let mut taken = Taken::Some;
        loop {
            if outbox.unsent.is_none() {
                let Some((measured, how_much)) = take() else {
                    return Ok(());
                };
                taken = how_much;
                outbox.counter += 1;
                outbox.unsent = Some(UsageBatch {
                    source: self.source,
                    epoch: self.epoch,
                    counter: outbox.counter,
                    measured,
                });
            }
            if let Some(batch) = outbox.unsent.clone() {
                self.catalog.record_usage(batch).await?;
                outbox.unsent = None;
            }
            if taken == Taken::All {
                return Ok(());
            }
        }
    }
}

impl std::fmt::Debug for UsageReporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UsageReporter").finish_non_exhaustive()
    }
}
