//! Operational rows: artifacts, snapshots, deletions.

use catalog::{ArtifactRecord, CatalogError};
use protocol::view::SnapshotInfo;
use protocol::{ArtifactDigest, ComponentDigest, Sequence, VersionId};

use super::{Fixture, by};

#[tokio::test]
async fn an_artifact_is_recorded_replaced_and_forgotten() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let digest = ArtifactDigest([7; 32]);
    let component = ComponentDigest([8; 32]);
    assert_eq!(catalog.artifact(digest).await.unwrap(), None);
    for bytes in [10, 20] {
        let record = ArtifactRecord {
            sha256: [u8::try_from(bytes).unwrap(); 32],
            bytes,
        };
        let recorded = catalog.record_artifact(digest, component, record).await;
        recorded.unwrap();
        assert_eq!(catalog.artifact(digest).await.unwrap(), Some(record));
    }
    assert_eq!(catalog.artifacts_of(component).await.unwrap(), [digest]);
    let other = ComponentDigest([9; 32]);
    assert_eq!(catalog.artifacts_of(other).await.unwrap(), []);
    catalog.forget_artifact(digest).await.unwrap();
    catalog.forget_artifact(digest).await.unwrap();
    assert_eq!(catalog.artifact(digest).await.unwrap(), None);
    assert_eq!(catalog.artifacts_of(component).await.unwrap(), []);
}

#[tokio::test]
async fn snapshots_are_listed_oldest_first() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let [version, other] = [VersionId::generate(), VersionId::generate()];
    let info = |sequence: u64, bytes: u64| SnapshotInfo {
        sequence: Sequence::new(sequence).unwrap(),
        bytes,
        created_at: fixture.in_seconds(0),
    };
    for sequence in [300, 5, 1_000_000_000_000] {
        catalog
            .record_snapshot(version, info(sequence, 1))
            .await
            .unwrap();
    }
    catalog
        .record_snapshot(version, info(300, 2))
        .await
        .unwrap();
    let expected = [info(5, 1), info(300, 2), info(1_000_000_000_000, 1)];
    assert_eq!(catalog.snapshots(version).await.unwrap(), expected);
    assert_eq!(catalog.snapshots(other).await.unwrap(), []);
    let first = expected[0].sequence;
    catalog.forget_snapshot(other, first).await.unwrap();
    catalog.forget_snapshot(version, first).await.unwrap();
    assert_eq!(catalog.snapshots(version).await.unwrap(), expected[1..]);
}

#[tokio::test]
async fn snapshots_are_verified_or_turned_off_per_version() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let version = VersionId::generate();
    assert!(!catalog.snapshots_verified(version).await.unwrap());
    assert_eq!(catalog.snapshots_off(version).await.unwrap(), None);
    catalog.set_snapshots_verified(version).await.unwrap();
    assert!(catalog.snapshots_verified(version).await.unwrap());
    catalog
        .set_snapshots_off(version, "they differ")
        .await
        .unwrap();
    assert!(!catalog.snapshots_verified(version).await.unwrap());
    let reason = catalog.snapshots_off(version).await.unwrap();
    assert_eq!(reason.as_deref(), Some("they differ"));
    let error = catalog.set_snapshots_off(version, &"x".repeat(2_000)).await;
    assert!(matches!(error, Err(CatalogError::TooLong { .. })));
}

#[tokio::test]
async fn deletions_stay_until_they_are_finished() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let mut deletions = Vec::new();
    for log in ["a", "b", "c"] {
        let log = fixture.log(&access, log).await;
        fixture.upload(&access, log.id, "totals").await;
        deletions.push(
            catalog
                .delete_log(&access, by(&access), log.id)
                .await
                .unwrap(),
        );
    }
    assert_eq!(catalog.pending_removals(2).await.unwrap(), deletions[..2]);
    catalog.finish_removal(&deletions[0]).await.unwrap();
    catalog.finish_removal(&deletions[0]).await.unwrap();
    assert_eq!(catalog.pending_removals(9).await.unwrap(), deletions[1..]);
}

#[tokio::test]
async fn a_component_is_in_use_while_a_version_of_any_tenant_runs_it() {
    let fixture = Fixture::new().await;
    let [one, two] = [fixture.tenant("one").await, fixture.tenant("two").await];
    let catalog = &fixture.catalog;
    let component = ComponentDigest::of(&[1]);
    assert!(!catalog.component_in_use(component).await.unwrap());
    let mut logs = Vec::new();
    for access in [&one, &two] {
        let log = fixture.log(access, "orders").await;
        fixture.upload(access, log.id, "totals").await;
        logs.push((access, log.id));
    }
    for (access, log) in logs {
        assert!(catalog.component_in_use(component).await.unwrap());
        catalog.delete_log(access, by(access), log).await.unwrap();
    }
    assert!(!catalog.component_in_use(component).await.unwrap());
}
