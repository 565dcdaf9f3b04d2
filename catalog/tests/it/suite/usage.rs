//! The ledger of use.

use std::time::Duration;

use catalog::access::Access;
use catalog::archive::{ArchivedBlock, NewSegment, ShardLease};
use catalog::clock::Clock as _;
use catalog::{Catalog, Fold, Measured, Stored, UsageBatch, UsageFilter, UsageKey, VersionUse};
use protocol::meter::{Hour, Meter};
use protocol::segment::IndexEntry;
use protocol::{
    ChainHash, LogId, Position, SegmentId, Sequence, TenantId, Timestamp, VersionId, ViewId,
};
use uuid::Uuid;

use super::{Fixture, by};

const SHARD: u16 = 3;

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

fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap()
}

impl Fixture {
    fn hour(&self) -> Hour {
        Hour::of(self.clock.now())
    }

    /// What a tenant used until now.
    async fn used(&self, access: &Access, meter: Meter) -> u128 {
        self.used_of(access, meter, UsageFilter::default()).await
    }

    async fn used_of(&self, access: &Access, meter: Meter, filter: UsageFilter) -> u128 {
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

async fn claim(catalog: &Catalog) -> ShardLease {
    let claimed = catalog.claim_shard(SHARD, Uuid::from_u128(9), Duration::from_secs(3_600));
    claimed.await.unwrap().unwrap()
}

/// How many logs were not metered right.
async fn align(catalog: &Catalog, lease: ShardLease) -> u64 {
    let (mut logs, mut after) = (0, None);
    loop {
        let aligned = catalog.align_storage(lease, after).await.unwrap();
        logs += aligned.logs;
        after = aligned.through;
        if after.is_none() {
            return logs;
        }
    }
}

/// A segment with one block of one event, through which the log has so many bytes.
fn segment(log: LogId, number: u64, bytes_through: u64) -> NewSegment {
    let id = SegmentId::generate();
    let entry = IndexEntry {
        log,
        first: sequence(number),
        last: sequence(number),
        offset: 8,
        bytes: 100,
        body_bytes: 100,
        payload_bytes: bytes_through,
        first_at: Timestamp(1),
        last_at: Timestamp(1),
        chain: ChainHash([1; 32]),
        checksum: 1,
    };
    let block = ArchivedBlock {
        segment: id,
        entry,
        level: 0,
        trim_pending: false,
    };
    NewSegment {
        id,
        bytes: 1_000,
        blocks: vec![block],
    }
}

/// Records an event that was appended now, behind others.
async fn archive(
    fixture: &Fixture,
    lease: ShardLease,
    (log, number): (LogId, u64),
    bytes: u64,
    bytes_before: u64,
) -> ShardLease {
    let stored = [Stored::since(
        log,
        fixture.clock.now(),
        bytes,
        sequence(number),
    )];
    let position = Position(lease.position.0 + 1);
    let segment = Some(segment(log, number, bytes_before + bytes));
    let recorded = fixture
        .catalog
        .record_segment(lease, segment, &stored, position);
    recorded.await.unwrap()
}

#[tokio::test]
async fn storage_is_what_was_stored_for_as_long_as_it_was() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let [kept, gone] = [
        fixture.log(&access, "kept").await,
        fixture.log(&access, "gone").await,
    ];
    let wait = |seconds| fixture.clock.advance(Duration::from_secs(seconds));
    let lease = claim(catalog).await;
    let lease = archive(&fixture, lease, (kept.id, 1), 1_000, 0).await;
    wait(5_000);
    let lease = archive(&fixture, lease, (gone.id, 1), 300, 0).await;
    wait(10_000);
    catalog.seal_usage(fixture.hour()).await.unwrap();
    let lease = archive(&fixture, lease, (kept.id, 2), 50, 1_000).await;
    let before = 1_000 * 15_000 + 300 * 10_000;
    assert_eq!(fixture.used(&access, Meter::Storage).await, before);
    let deleted_at = fixture.clock.now();
    let removal = catalog
        .delete_log(&access, by(&access), gone.id)
        .await
        .unwrap();
    // Its newest event is in no segment: it counts until the deletion, too.
    wait(100);
    let deleted = catalog.deleted_log(gone.id).await.unwrap().unwrap();
    assert_eq!(
        (deleted.through, deleted.deleted_at),
        (sequence(1), deleted_at)
    );
    let earlier = deleted_at.saturating_sub(Duration::from_secs(4_000));
    let tail = [Stored::since(gone.id, earlier, 7, sequence(2))];
    for _ in 0..2 {
        catalog.meter_deleted_log(deleted, &tail).await.unwrap();
    }
    assert_eq!(catalog.deleted_log(gone.id).await.unwrap(), None);
    catalog.finish_removal(&removal).await.unwrap();
    // A segment with events of a log that is gone counts nothing.
    let lease = archive(&fixture, lease, (gone.id, 3), 1_000_000, 307).await;
    wait(40_000);
    catalog.seal_usage(fixture.hour()).await.unwrap();
    wait(1_000);
    let of_kept = 1_000 * 56_100 + 50 * 41_100;
    let of_gone = 300 * 10_000 + 7 * 4_000;
    assert_eq!(
        fixture.used(&access, Meter::Storage).await,
        of_kept + of_gone
    );
    let filter = |log| UsageFilter {
        log: Some(log),
        view: None,
    };
    let used = fixture
        .used_of(&access, Meter::Storage, filter(kept.id))
        .await;
    assert_eq!(used, of_kept);
    let used = fixture
        .used_of(&access, Meter::Storage, filter(gone.id))
        .await;
    assert_eq!(used, of_gone);
    assert_eq!(align(catalog, lease).await, 0);
}

/// Blocks that an archiver recorded which knew nothing of meters, or that a restore found.
#[tokio::test]
async fn blocks_that_were_never_metered_are_from_now_on() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "log").await.id;
    let lease = claim(catalog).await;
    let unmetered = Some(segment(log, 1, 500));
    let lease = catalog
        .record_segment(lease, unmetered, &[], Position(1))
        .await
        .unwrap();
    let lease = archive(&fixture, lease, (log, 2), 11, 500).await;
    fixture.clock.advance(Duration::from_secs(1_000));
    for aligned in [1, 0] {
        assert_eq!(align(catalog, lease).await, aligned);
    }
    fixture.clock.advance(Duration::from_secs(9_000));
    let used = 11 * 10_000 + 500 * 9_000;
    assert_eq!(fixture.used(&access, Meter::Storage).await, used);
    catalog.delete_log(&access, by(&access), log).await.unwrap();
    fixture.clock.advance(Duration::from_secs(9_000));
    assert_eq!(fixture.used(&access, Meter::Storage).await, used);
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

/// A log that an older control plane deleted, or that is deleted since the ledger of a backup.
#[tokio::test]
async fn what_a_log_that_is_gone_stored_ends() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let [kept, gone] = [
        fixture.log(&access, "kept").await.id,
        fixture.log(&access, "gone").await.id,
    ];
    let lease = claim(catalog).await;
    let lease = archive(&fixture, lease, (kept, 1), 10, 0).await;
    archive(&fixture, lease, (gone, 1), 1_000, 0).await;
    assert_eq!(catalog.end_lost_storage().await.unwrap(), 0);
    let delete = "DELETE FROM logs WHERE name = 'gone'";
    fixture.database.execute(delete).await;
    fixture.clock.advance(Duration::from_secs(5_000));
    for ended in [1, 0] {
        assert_eq!(catalog.end_lost_storage().await.unwrap(), ended);
    }
    fixture.clock.advance(Duration::from_secs(5_000));
    let used = 10 * 10_000 + 1_000 * 5_000;
    assert_eq!(fixture.used(&access, Meter::Storage).await, used);
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

/// A view stores nothing: its log does.
#[tokio::test]
async fn storage_is_that_of_logs() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "log").await.id;
    let lease = claim(&fixture.catalog).await;
    archive(&fixture, lease, (log, 1), 10, 0).await;
    fixture.clock.advance(Duration::from_secs(10));
    let filter = UsageFilter {
        log: Some(log),
        view: Some(ViewId::generate()),
    };
    assert_eq!(fixture.used_of(&access, Meter::Storage, filter).await, 0);
}
