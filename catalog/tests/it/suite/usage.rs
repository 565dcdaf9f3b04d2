//! The ledger of use.

use std::time::Duration;

use catalog::access::Access;
use catalog::clock::Clock as _;
use catalog::{Fold, Measured, UsageBatch, UsageFilter, UsageKey, VersionUse};
use protocol::meter::{Hour, Meter};
use protocol::{LogId, Sequence, TenantId, VersionId, ViewId};
use uuid::Uuid;

use super::Fixture;

pub(crate) fn compute(tenant: TenantId, rows: &[(VersionId, u64)]) -> Measured {
    let row = |(version, compute_us): &(VersionId, u64)| VersionUse {
        tenant,
        version: *version,
        compute_us: *compute_us,
        folds: Vec::new(),
    };
    Measured {
        amounts: Vec::new(),
        versions: rows.iter().map(row).collect(),
    }
}

fn batch(counter: u64, measured: Measured) -> UsageBatch {
    UsageBatch {
        source: Uuid::from_u128(1),
        epoch: 5,
        counter,
        measured,
    }
}

fn amount(key: UsageKey, amount: u64) -> Measured {
    Measured {
        amounts: vec![(key, amount)],
        versions: Vec::new(),
    }
}

fn key(tenant: TenantId, hour: Hour, meter: Meter) -> UsageKey {
    UsageKey {
        tenant,
        hour,
        meter,
        log: Some(LogId::generate()),
        view: Some(ViewId::generate()),
    }
}

pub(super) fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap()
}

impl Fixture {
    pub(super) fn hour(&self) -> Hour {
        Hour::of(self.clock.now())
    }

    /// What a tenant used until now.
    pub(super) async fn used(&self, access: &Access, meter: Meter) -> u128 {
        self.used_of(access, meter, UsageFilter::default()).await
    }

    pub(super) async fn used_of(&self, access: &Access, meter: Meter, filter: UsageFilter) -> u128 {
        let now = self.clock.now();
        let (from, to) = (Hour(0), Hour::of(now).next());
        // Long before, nothing was used.
        let from = Hour(to.0.saturating_sub(1_000).max(from.0));
        let usage = self.catalog.usage(access, from, to, filter).await.unwrap();
        usage.total(meter, now)
    }

    async fn records(&self) -> i64 {
        self.database
            .number("SELECT COUNT(*) FROM usage_records")
            .await
    }
}

#[tokio::test]
async fn a_batch_is_counted_once() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let tenant = TenantId::generate();
    let [one, two] = [VersionId::generate(), VersionId::generate()];
    let first = batch(1, compute(tenant, &[(one, 10), (two, 20), (one, 1)]));
    assert!(catalog.record_usage(first.clone()).await.unwrap());
    assert!(!catalog.record_usage(first.clone()).await.unwrap());
    assert_eq!(catalog.compute_us(one).await.unwrap(), 11);
    assert_eq!(catalog.compute_us(two).await.unwrap(), 20);
    let later = [
        UsageBatch {
            counter: 2,
            ..first.clone()
        },
        UsageBatch {
            epoch: 6,
            ..first.clone()
        },
        UsageBatch {
            source: Uuid::from_u128(2),
            ..first.clone()
        },
    ];
    for later in later {
        assert!(catalog.record_usage(later).await.unwrap());
    }
    assert_eq!(catalog.compute_us(one).await.unwrap(), 44);
    assert_eq!(catalog.compute_us(VersionId::generate()).await.unwrap(), 0);
    // The id of a batch is kept for longer than anyone sends it again, and not for ever.
    fixture.clock.advance(Duration::from_secs(23 * 3_600));
    assert!(!catalog.record_usage(first.clone()).await.unwrap());
    fixture.clock.advance(Duration::from_secs(2 * 3_600));
    let newest = batch(3, Measured::default());
    assert!(catalog.record_usage(newest).await.unwrap());
    let rows = fixture
        .database
        .number("SELECT COUNT(*) FROM compute_batches")
        .await;
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn concurrent_copies_of_a_batch_are_counted_once() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let version = VersionId::generate();
    let mut measured = compute(access.tenant, &[(version, 7)]);
    let key = key(access.tenant, fixture.hour(), Meter::DataOut);
    measured.amounts.push((key, 9));
    let copy = batch(1, measured);
    let record = |_| fixture.catalog.record_usage(copy.clone());
    let results = futures::future::join_all((0..8).map(record)).await;
    let counted = results
        .into_iter()
        .filter(|result| *result.as_ref().unwrap());
    assert_eq!(counted.count(), 1);
    assert_eq!(fixture.catalog.compute_us(version).await.unwrap(), 7);
    assert_eq!(fixture.used(&access, Meter::DataOut).await, 9);
}

/// Folding again after an eviction, a crash or a hand-over is not billed, whoever folds.
#[tokio::test]
async fn each_event_is_billed_once_to_each_version() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let key = key(access.tenant, fixture.hour(), Meter::Compute);
    let fold = |first, last, nanos| Fold {
        key,
        first: sequence(first),
        last: sequence(last),
        nanos,
    };
    let (version, other) = (VersionId::generate(), VersionId::generate());
    let mut counter = 0;
    let mut record = async |source, version, folds: &[Fold]| {
        counter += 1;
        let measured = Measured {
            amounts: Vec::new(),
            versions: vec![VersionUse {
                tenant: access.tenant,
                version,
                compute_us: 1,
                folds: folds.to_vec(),
            }],
        };
        let batch = UsageBatch {
            source: Uuid::from_u128(source),
            ..batch(counter, measured)
        };
        assert!(fixture.catalog.record_usage(batch).await.unwrap());
        fixture.used(&access, Meter::Compute).await
    };
    assert_eq!(record(1, version, &[fold(1, 10, 1_000)]).await, 1_000);
    // Another worker folds it from the beginning, and goes on.
    assert_eq!(record(2, version, &[fold(1, 5, 500)]).await, 1_000);
    assert_eq!(record(2, version, &[fold(6, 15, 1_000)]).await, 1_500);
    // One report with a start over in it.
    let again = [fold(16, 20, 50), fold(1, 20, 200), fold(21, 21, 7)];
    assert_eq!(record(1, version, &again).await, 1_557);
    // Each version pays for itself.
    assert_eq!(record(1, other, &[fold(1, 10, 100)]).await, 1_657);
    assert_eq!(fixture.catalog.compute_us(version).await.unwrap(), 4);
}

#[tokio::test]
async fn hours_that_are_over_become_records_and_late_use_further_ones() {
    let fixture = Fixture::new().await;
    let (access, other) = (fixture.tenant("acme").await, fixture.tenant("other").await);
    let hour = fixture.hour();
    let first = key(access.tenant, hour, Meter::DataOut);
    let catalog = &fixture.catalog;
    for (counter, key) in [first, key(other.tenant, hour, Meter::DataOut)]
        .into_iter()
        .enumerate()
    {
        let batch = batch(counter as u64, amount(key, 10));
        assert!(catalog.record_usage(batch).await.unwrap());
    }
    assert_eq!(catalog.seal_usage(hour).await.unwrap(), []);
    assert_eq!(catalog.seal_usage(hour.next()).await.unwrap().len(), 2);
    assert_eq!(catalog.seal_usage(hour.next()).await.unwrap(), []);
    assert_eq!(catalog.usage_sequence(access.tenant).await.unwrap(), 1);
    assert_eq!(fixture.used(&access, Meter::DataOut).await, 10);
    let late = batch(7, amount(first, 5));
    assert!(catalog.record_usage(late).await.unwrap());
    assert_eq!(fixture.used(&access, Meter::DataOut).await, 15);
    assert_eq!(
        catalog.seal_usage(hour.next()).await.unwrap(),
        [access.tenant]
    );
    assert_eq!(catalog.usage_sequence(access.tenant).await.unwrap(), 2);
    assert_eq!(catalog.usage_sequence(other.tenant).await.unwrap(), 1);
    assert_eq!(fixture.used(&access, Meter::DataOut).await, 15);
    assert_eq!(fixture.used(&other, Meter::DataOut).await, 10);
    // An idle tenant writes no row in any hour.
    fixture.clock.advance(Duration::from_secs(100 * 3_600));
    catalog.seal_usage(fixture.hour()).await.unwrap();
    assert_eq!(fixture.records().await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_that_is_added_while_it_is_sealed() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let hour = fixture.hour();
    let keys = [Meter::DataOut, Meter::Compute].map(|meter| key(access.tenant, hour, meter));
    let add = async |source: u128| {
        for counter in 0..20 {
            let mut measured = amount(keys[0], 3);
            measured.amounts.push((keys[1], 5));
            let batch = UsageBatch {
                source: Uuid::from_u128(source),
                ..batch(counter, measured)
            };
            assert!(fixture.catalog.record_usage(batch).await.unwrap());
        }
    };
    let seal = async || {
        for _ in 0..20 {
            fixture.catalog.seal_usage(hour.next()).await.unwrap();
        }
    };
    tokio::join!(add(1), seal(), add(2), seal(), add(3));
    assert_eq!(fixture.used(&access, Meter::DataOut).await, 60 * 3);
    assert_eq!(fixture.used(&access, Meter::Compute).await, 60 * 5);
    let sequence = fixture.catalog.usage_sequence(access.tenant).await.unwrap();
    assert_eq!(i128::from(fixture.records().await), i128::from(sequence));
}

#[tokio::test]
async fn nobody_sees_what_others_used() {
    let fixture = Fixture::new().await;
    let (acme, other) = (fixture.tenant("acme").await, fixture.tenant("other").await);
    let key = key(acme.tenant, fixture.hour(), Meter::DataOut);
    let batch = batch(1, amount(key, 10));
    assert!(fixture.catalog.record_usage(batch).await.unwrap());
    assert_eq!(fixture.used(&acme, Meter::DataOut).await, 10);
    assert_eq!(fixture.used(&other, Meter::DataOut).await, 0);
    let filter = UsageFilter {
        log: key.log,
        view: None,
    };
    assert_eq!(fixture.used_of(&other, Meter::DataOut, filter).await, 0);
    let limited = Access {
        logs: Some([LogId::generate()].into()),
        ..acme.clone()
    };
    assert_eq!(fixture.used(&limited, Meter::DataOut).await, 0);
    let limited = Access {
        logs: Some(key.log.into_iter().collect()),
        ..acme
    };
    assert_eq!(fixture.used(&limited, Meter::DataOut).await, 10);
}

/// A tenant may use millions of logs in an hour.
#[tokio::test]
async fn many_rows_of_an_hour_are_sealed_in_several_transactions() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let hour = fixture.hour();
    let amounts = (0..12_000).map(|_| (key(access.tenant, hour, Meter::DataOut), 1));
    let measured = Measured {
        amounts: amounts.collect(),
        versions: Vec::new(),
    };
    assert!(
        fixture
            .catalog
            .record_usage(batch(1, measured))
            .await
            .unwrap()
    );
    let sealed = fixture.catalog.seal_usage(hour.next()).await.unwrap();
    assert_eq!(sealed, [access.tenant]);
    assert_eq!(fixture.records().await, 12_000);
    let sequence = fixture.catalog.usage_sequence(access.tenant).await.unwrap();
    assert_eq!(sequence, 12_000);
    assert_eq!(fixture.used(&access, Meter::DataOut).await, 12_000);
}
