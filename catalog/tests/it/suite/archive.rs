//! What the catalog knows of the archive.

use std::time::Duration;

use catalog::archive::{ArchiveError, ArchivedBlock, Merge, NewSegment, ShardLease};
use catalog::clock::Clock as _;
use catalog::{Catalog, LogChanges, Page, Retention};
use protocol::segment::IndexEntry;
use protocol::{ChainHash, LogId, Position, SegmentId, Sequence, Timestamp};
use uuid::Uuid;

use super::{Fixture, by};

const LEASE: Duration = Duration::from_secs(15);

async fn lease(fixture: &Fixture) -> ShardLease {
    let claimed = fixture.catalog.claim_shard(3, Uuid::now_v7(), LEASE).await;
    claimed.unwrap().unwrap()
}

fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap()
}

fn block(segment: SegmentId, log: LogId, first: u64, last: u64) -> ArchivedBlock {
    ArchivedBlock {
        segment,
        entry: IndexEntry {
            log,
            first: sequence(first),
            last: sequence(last),
            offset: first * 8,
            bytes: 100,
            body_bytes: u32::MAX,
            payload_bytes: last * 10,
            first_at: Timestamp(first),
            last_at: Timestamp(last),
            chain: ChainHash([u8::try_from(last).unwrap(); 32]),
            checksum: u32::MAX,
        },
        level: 0,
        trim_pending: false,
    }
}

async fn record(
    fixture: &Fixture,
    lease: ShardLease,
    through: u64,
    blocks: impl Fn(SegmentId) -> Vec<ArchivedBlock>,
) -> Result<ShardLease, ArchiveError> {
    let id = SegmentId::generate();
    let segment = NewSegment {
        id,
        bytes: 1_000,
        blocks: blocks(id),
    };
    fixture
        .catalog
        .record_segment(lease, Some(segment), &[], Position(through))
        .await
}

async fn ranges(fixture: &Fixture, log: LogId, from: u64) -> Vec<(u64, u64)> {
    let blocks = fixture
        .catalog
        .archived_blocks(log, sequence(from), 100)
        .await;
    let range = |block: &ArchivedBlock| (block.entry.first.get(), block.entry.last.get());
    blocks.unwrap().iter().map(range).collect()
}

#[tokio::test]
async fn a_shard_has_one_holder_until_its_lease_ends() {
    let fixture = Fixture::new().await;
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let claim = async |holder| fixture.catalog.claim_shard(7, holder, LEASE).await.unwrap();
    let first = claim(one).await.unwrap();
    assert_eq!(first.position, Position::START);
    assert_eq!(claim(two).await, None);
    assert_eq!(
        claim(one).await,
        Some(first),
        "its holder may claim it again"
    );
    let renew = async |lease| {
        let renewed = fixture.catalog.renew_shard(lease, LEASE, Position(9), None);
        renewed.await.unwrap()
    };
    fixture.clock.advance(Duration::from_secs(10));
    assert!(renew(first).await);
    fixture.clock.advance(Duration::from_secs(10));
    assert_eq!(claim(two).await, None, "it was renewed");
    fixture.clock.advance(Duration::from_secs(10));
    let second = claim(two).await.unwrap();
    assert_eq!(second.epoch, first.epoch + 1);
    assert!(!renew(first).await);
    fixture.catalog.release_shard(first).await.unwrap();
    assert_eq!(claim(one).await, None, "who lost it can't give it back");
    fixture.catalog.release_shard(second).await.unwrap();
    assert!(claim(one).await.is_some());
}

#[tokio::test]
async fn a_segment_is_recorded_by_whoever_holds_the_shard_at_its_position() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await.id;
    let old = lease(&fixture).await;
    let new = record(&fixture, old, 10, |id| vec![block(id, log, 1, 5)])
        .await
        .unwrap();
    let twice = record(&fixture, old, 10, |id| vec![block(id, log, 6, 7)]).await;
    assert!(matches!(twice, Err(ArchiveError::LeaseLost)), "{twice:?}");
    fixture.clock.advance(LEASE * 2);
    let other = lease(&fixture).await;
    assert_eq!(other.position, Position(10));
    let late = record(&fixture, new, 20, |id| vec![block(id, log, 6, 7)]).await;
    assert!(matches!(late, Err(ArchiveError::LeaseLost)), "{late:?}");
    record(&fixture, other, 20, |id| vec![block(id, log, 6, 9)])
        .await
        .unwrap();
    assert_eq!(ranges(&fixture, log, 1).await, [(1, 5), (6, 9)]);
    assert_eq!(ranges(&fixture, log, 5).await, [(1, 5), (6, 9)]);
    assert_eq!(ranges(&fixture, log, 6).await, [(6, 9)]);
    assert_eq!(ranges(&fixture, log, 10).await, []);
    let back = fixture
        .catalog
        .archived_blocks_back(log, sequence(6), 10)
        .await;
    assert_eq!(back.unwrap().len(), 1);
    let ends = fixture
        .catalog
        .archived_ends(&[log, LogId::generate()])
        .await;
    let ends = ends.unwrap();
    assert_eq!(ends.len(), 1, "there is no such second log");
    let head = ends[0].head.unwrap();
    assert_eq!((head.sequence.get(), head.payload_bytes), (9, 90));
    assert_eq!(head.chain, ChainHash([9; 32]));
    let status = fixture.catalog.archive_status().await.unwrap();
    assert_eq!(
        (status.segments, status.bytes, status.retired),
        (2, 2_000, 0)
    );
    assert_eq!(status.shards[0].position, Position(20));
}

#[tokio::test]
async fn a_deleted_log_has_no_blocks_and_its_segments_are_marked() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let kept = fixture.log(&access, "kept").await.id;
    let gone = fixture.log(&access, "gone").await.id;
    let held = lease(&fixture).await;
    let shared = |id| vec![block(id, kept, 1, 5), block(id, gone, 1, 2)];
    let held = record(&fixture, held, 10, shared).await.unwrap();
    let own = |id| vec![block(id, gone, 3, 4)];
    let held = record(&fixture, held, 20, own).await.unwrap();
    fixture
        .catalog
        .delete_log(&access, by(&access), gone)
        .await
        .unwrap();
    assert_eq!(ranges(&fixture, gone, 1).await, []);
    fixture.clock.advance(Duration::from_secs(1));
    let now = fixture.clock.now();
    let catalog = &fixture.catalog;
    let to_erase = catalog.segments_to_erase(3, now, 10).await.unwrap();
    assert_eq!(to_erase.len(), 1, "the other one holds nothing any more");
    assert_eq!(catalog.retired_segments(now, 10).await.unwrap().len(), 1);
    // What comes late of the log is left out.
    let late = |id| vec![block(id, kept, 6, 9), block(id, gone, 5, 6)];
    record(&fixture, held, 30, late).await.unwrap();
    assert_eq!(ranges(&fixture, gone, 1).await, []);

    let blocks = catalog.blocks_in(to_erase[0]).await.unwrap();
    assert_eq!(blocks.len(), 1);
    let id = SegmentId::generate();
    let moved = NewSegment {
        id,
        bytes: 500,
        blocks: vec![ArchivedBlock {
            segment: id,
            ..blocks[0]
        }],
    };
    catalog
        .move_blocks(held, to_erase[0], moved.clone())
        .await
        .unwrap();
    assert_eq!(ranges(&fixture, kept, 1).await, [(1, 5), (6, 9)]);
    assert_eq!(catalog.segments_to_erase(3, now, 10).await.unwrap(), []);
    let again = catalog.move_blocks(held, to_erase[0], moved).await;
    assert!(matches!(again, Err(ArchiveError::Changed)), "{again:?}");
    let known = catalog.known_segments(&[id, SegmentId::generate()]).await;
    assert_eq!(known.unwrap(), [id]);
}

#[tokio::test]
async fn merged_blocks_take_the_place_of_those_that_they_were_made_from() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await.id;
    let mut held = lease(&fixture).await;
    for number in 0..4u64 {
        let first = number * 10 + 1;
        let blocks = |id| vec![block(id, log, first, first + 9)];
        held = record(&fixture, held, number + 1, blocks).await.unwrap();
    }
    let catalog = &fixture.catalog;
    assert_eq!(catalog.mergeable_logs(3, 4, 10).await.unwrap(), [(log, 0)]);
    assert_eq!(catalog.mergeable_logs(3, 5, 10).await.unwrap(), []);
    let from = catalog.blocks_on_level(log, 0, 10).await.unwrap();
    let id = SegmentId::generate();
    let merge = Merge {
        from: from[..3].to_vec(),
        into: ArchivedBlock {
            level: 1,
            ..block(id, log, 1, 30)
        },
    };
    catalog
        .record_merges(held, id, 900, vec![merge.clone()])
        .await
        .unwrap();
    assert_eq!(ranges(&fixture, log, 1).await, [(1, 30), (31, 40)]);
    assert_eq!(ranges(&fixture, log, 25).await, [(1, 30), (31, 40)]);
    fixture.clock.advance(Duration::from_secs(1));
    let now = fixture.clock.now();
    assert_eq!(catalog.retired_segments(now, 10).await.unwrap().len(), 3);
    let other = SegmentId::generate();
    let again = catalog.record_merges(held, other, 900, vec![merge]).await;
    assert!(matches!(again, Err(ArchiveError::Changed)), "{again:?}");
    assert_eq!(ranges(&fixture, log, 1).await, [(1, 30), (31, 40)]);
}

#[tokio::test]
async fn trims_are_due_when_the_retention_says_so() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await.id;
    let held = lease(&fixture).await;
    let blocks = |id| vec![block(id, log, 1, 5), block(id, log, 6, 9)];
    record(&fixture, held, 10, blocks).await.unwrap();
    let catalog = &fixture.catalog;
    let due = async |before| catalog.due_trims(3, Timestamp(before), 10).await.unwrap();
    assert_eq!(due(100).await, []);
    let archive = LogChanges {
        description: None,
        retention: Some(Retention::Archive),
    };
    catalog
        .update_log(&access, by(&access), log, archive)
        .await
        .unwrap();
    assert_eq!(due(5).await, []);
    assert_eq!(due(6).await, [(log, sequence(5))]);
    assert_eq!(due(100).await, [(log, sequence(9))]);
    catalog
        .record_trims(3, &[(log, sequence(5))])
        .await
        .unwrap();
    assert_eq!(due(6).await, []);
    assert_eq!(due(100).await, [(log, sequence(9))]);
}

#[tokio::test]
async fn a_dump_that_is_loaded_gives_the_same_catalog() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await.id;
    fixture.upload(&access, log, "view").await;
    let gone = fixture.log(&access, "gone").await.id;
    fixture
        .catalog
        .delete_log(&access, by(&access), gone)
        .await
        .unwrap();
    let rows = fixture.backup().await;
    let other = Fixture::new().await;
    assert!(other.catalog.is_empty().await.unwrap());
    other.catalog.load(rows.clone()).await.unwrap();
    // Twice does no harm.
    other.catalog.load(rows).await.unwrap();
    other.catalog.finish_load().await.unwrap();
    assert_eq!(other.dump().await, fixture.dump().await);
    assert!(!other.catalog.is_empty().await.unwrap());
    let pending = other.catalog.pending_removals(10).await.unwrap();
    assert_eq!(pending.len(), 1);
    let jobs = async |catalog: &Catalog| {
        let jobs = catalog.deletions(&access, Page::first(9)).await;
        jobs.unwrap().items
    };
    assert_eq!(jobs(&other.catalog).await.len(), 1);
    assert_eq!(jobs(&other.catalog).await, jobs(&fixture.catalog).await);
    // And it goes on, behind the events that were loaded.
    other.log(&access, "more").await;
    assert!(other.catalog.rebuild().await.unwrap().equal());
}
