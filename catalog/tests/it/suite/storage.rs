//! What a tenant stores, over time.

use std::time::Duration;

use catalog::archive::{ArchivedBlock, NewSegment, ShardLease};
use catalog::clock::Clock as _;
use catalog::{Catalog, Stored, UsageFilter};
use protocol::meter::Meter;
use protocol::segment::IndexEntry;
use protocol::{ChainHash, LogId, Position, SegmentId, Timestamp, ViewId};
use uuid::Uuid;

use super::usage::sequence;
use super::{Fixture, by};

const SHARD: u16 = 3;

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
