//! Counts the CPU time that components use, and reports it to the ledger of use about once in a second.

use std::collections::HashMap;
use std::time::Duration;

use catalog::clock::SharedClock;
use catalog::{Catalog, Fold, Measured, Taken, UsageKey, UsageReporter, VersionUse};
use parking_lot::Mutex;
use protocol::meter::{Hour, Meter};
use protocol::view::VersionSpec;
use protocol::{Sequence, TenantId, VersionId};

/// Versions of one report, at most.
const VERSIONS_MAX: usize = 10_000;

/// CPU time of calls into a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// All calls, of which folds and queries are only a part.
    pub(crate) all: Duration,
    pub(crate) queries: Duration,
    pub(crate) folded: Option<FoldTime>,
}

/// Consecutive events that were folded, and what that took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FoldTime {
    pub(crate) first: Sequence,
    pub(crate) last: Sequence,
    pub(crate) cpu: Duration,
}

impl Spent {
    /// Calls that nobody pays for, such as the start of an instance.
    pub(crate) fn unbilled(all: Duration) -> Self {
        Self {
            all,
            ..Self::default()
        }
    }

    pub(crate) fn query(&mut self, cpu: Duration) {
        self.all += cpu;
        self.queries += cpu;
    }

    pub(crate) fn fold(&mut self, first: Sequence, last: Sequence, cpu: Duration) {
        self.all += cpu;
        let folded = self.folded.get_or_insert(FoldTime {
            first,
            last,
            cpu: Duration::ZERO,
        });
        folded.last = last;
        folded.cpu += cpu;
    }
}

pub(crate) struct CpuMeter {
    clock: SharedClock,
    used: Mutex<HashMap<VersionId, Used>>,
    /// Nanoseconds of compiling.
    compiled: Mutex<HashMap<UsageKey, u64>>,
    reporter: UsageReporter,
}

/// What a version used and nobody reported yet.
struct Used {
    tenant: TenantId,
    all: Duration,
    /// Nanoseconds that count however often the same was asked.
    amounts: Vec<(UsageKey, u64)>,
    /// Nanoseconds of folds, of which each event counts once.
    folds: Vec<Fold>,
}

impl CpuMeter {
    /// The meter of a worker that starts now.
    pub(crate) fn new(catalog: Catalog, clock: SharedClock) -> Self {
        Self {
            reporter: UsageReporter::new(catalog, clock.now()),
            clock,
            used: Mutex::default(),
            compiled: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, spec: &VersionSpec, spent: Spent) {
        if spent.all.is_zero() {
            return;
        }
        let key = UsageKey {
            tenant: spec.tenant,
            hour: Hour::of(self.clock.now()),
            meter: Meter::Compute,
            log: Some(spec.log),
            view: Some(spec.view),
        };
        let mut used = self.used.lock();
        let used = used.entry(spec.version).or_insert_with(|| Used {
            tenant: spec.tenant,
            all: Duration::ZERO,
            amounts: Vec::new(),
            folds: Vec::new(),
        });
        used.all += spent.all;
        if !spent.queries.is_zero() {
            used.query(key, whole_nanos(spent.queries));
        }
        if let Some(folded) = spent.folded {
            used.fold(Fold {
                key,
                first: folded.first,
                last: folded.last,
                nanos: whole_nanos(folded.cpu),
            });
        }
    }

    /// Counts CPU time of compiling, which is shown and not billed.
    pub(crate) fn add_compile(&self, tenant: TenantId, cpu: Duration) {
        let key = UsageKey {
            tenant,
            hour: Hour::of(self.clock.now()),
            meter: Meter::Compile,
            log: None,
            view: None,
        };
        *self.compiled.lock().entry(key).or_default() += whole_nanos(cpu);
    }

    /// CPU time that a version used and that is not reported yet, in microseconds.
    pub(crate) fn pending_us(&self, version: VersionId) -> u64 {
        let used = self.used.lock();
        used.get(&version).map_or(0, |used| whole_micros(used.all))
    }

    /// Reports what was used until now; what is used meanwhile has time until the next report.
    /// What the ledger does not take stays here.
    pub(crate) async fn flush(&self) {
        if let Err(error) = self.reporter.report(|| self.take()).await {
            metrics::counter!("views_meter_errors").increment(1);
            tracing::warn!(%error, "compute time could not be recorded; trying again");
        }
    }

    /// Takes what is to be reported at a time, and leaves fractions of a microsecond.
    fn take(&self) -> Option<(Measured, Taken)> {
        let mut measured = Measured {
            amounts: self.compiled.lock().drain().collect(),
            versions: Vec::new(),
        };
        self.used.lock().retain(|version, used| {
            let compute_us = whole_micros(used.all);
            let billed = !used.amounts.is_empty() || !used.folds.is_empty();
            if (compute_us > 0 || billed) && measured.versions.len() < VERSIONS_MAX {
                measured.amounts.append(&mut used.amounts);
                measured.versions.push(VersionUse {
                    tenant: used.tenant,
                    version: *version,
                    compute_us,
                    folds: std::mem::take(&mut used.folds),
                });
                used.all -= Duration::from_micros(compute_us);
            }
            !used.all.is_zero() || !used.folds.is_empty()
        });
        let taken = match measured.versions.len() {
            VERSIONS_MAX.. => Taken::Some,
            _ => Taken::All,
        };
        (measured != Measured::default()).then_some((measured, taken))
    }
}

impl Used {
    fn query(&mut self, key: UsageKey, nanos: u64) {
        match self.amounts.last_mut() {
            Some((last, sum)) if *last == key => *sum += nanos,
            _ => self.amounts.push((key, nanos)),
        }
    }

    /// Folds that go on where the last ones ended are one.
    fn fold(&mut self, new: Fold) {
        match self.folds.last_mut() {
            Some(last) if last.key == new.key && last.last.next() == new.first => {
                last.last = new.last;
                last.nanos += new.nanos;
            }
            _ => self.folds.push(new),
        }
    }
}

fn whole_micros(cpu: Duration) -> u64 {
    u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX)
}

fn whole_nanos(cpu: Duration) -> u64 {
    u64::try_from(cpu.as_nanos()).unwrap_or(u64::MAX)
}
