//! The object store in a directory.

use bytes::Bytes;
use protocol::{ComponentDigest, Sequence, VersionId};
use storage::objects::dir::DirObjects;
use storage::objects::{ObjectError, ObjectKey, ObjectStore as _, Put};
use tokio::task::JoinSet;

fn snapshot(version: VersionId, sequence: u64) -> ObjectKey {
    ObjectKey::snapshot(version, Sequence::new(sequence).unwrap())
}

#[tokio::test]
async fn an_object_is_put_once_and_read_whole_or_in_part() {
    let directory = tempfile::tempdir().unwrap();
    let objects = DirObjects::open(directory.path()).unwrap();
    let key = ObjectKey::component(ComponentDigest::of(b"x"));
    let missing = objects.get(&key).await.unwrap_err();
    assert!(matches!(missing, ObjectError::NotFound(_)), "{missing}");
    let put = objects.put_if_absent(&key, Bytes::from_static(b"hello world"));
    assert_eq!(put.await.unwrap(), Put::Created);
    let put = objects.put_if_absent(&key, Bytes::from_static(b"other"));
    assert_eq!(put.await.unwrap(), Put::Existed);
    assert_eq!(objects.get(&key).await.unwrap(), "hello world");
    assert_eq!(objects.get_range(&key, 6..11).await.unwrap(), "world");
    assert_eq!(objects.get_range(&key, 11..11).await.unwrap(), "");
    assert!(objects.get_range(&key, 6..12).await.is_err());
    objects.delete(&key).await.unwrap();
    objects.delete(&key).await.unwrap();
    let missing = objects.get_range(&key, 0..1).await.unwrap_err();
    assert!(matches!(missing, ObjectError::NotFound(_)), "{missing}");
    objects.health().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_puts_exactly_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let objects = DirObjects::open(directory.path()).unwrap();
    for round in 0..20u8 {
        let key = ObjectKey::component(ComponentDigest::of(&[round]));
        let mut puts = JoinSet::new();
        for writer in 0..8u8 {
            let (objects, key) = (objects.clone(), key.clone());
            puts.spawn(async move {
                let bytes = Bytes::from(vec![writer; 10_000]);
                (writer, objects.put_if_absent(&key, bytes).await.unwrap())
            });
        }
        let puts = puts.join_all().await;
        let winners: Vec<_> = puts
            .iter()
            .filter(|(_, put)| *put == Put::Created)
            .collect();
        assert_eq!(winners.len(), 1);
        assert_eq!(objects.get(&key).await.unwrap(), vec![winners[0].0; 10_000]);
    }
    let left = std::fs::read_dir(directory.path().join(".incoming")).unwrap();
    assert_eq!(left.count(), 0);
}

#[tokio::test]
async fn lists_are_ordered_and_go_on_after_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let objects = DirObjects::open(directory.path()).unwrap();
    assert_eq!(objects.list("snapshots/", None, 10).await.unwrap(), []);
    let (one, two) = (VersionId::generate(), VersionId::generate());
    let mut keys: Vec<_> = [9, 100, 1, 20]
        .iter()
        .flat_map(|sequence| [snapshot(one, *sequence), snapshot(two, *sequence)])
        .collect();
    keys.push(ObjectKey::component(ComponentDigest::of(b"x")));
    for key in &keys {
        let bytes = Bytes::from(key.to_string());
        objects.put_if_absent(key, bytes).await.unwrap();
    }
    keys.sort();
    let mut paged = Vec::new();
    loop {
        let page = objects.list("", paged.last(), 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        for object in page {
            assert_eq!(object.bytes, object.key.as_str().len() as u64);
            paged.push(object.key);
        }
    }
    assert_eq!(paged, keys);
    let of_one = objects
        .list(&ObjectKey::snapshots_of(one), None, 100)
        .await
        .unwrap();
    let wanted = [1, 9, 20, 100].map(|sequence| snapshot(one, sequence));
    assert_eq!(
        of_one
            .into_iter()
            .map(|object| object.key)
            .collect::<Vec<_>>(),
        wanted
    );
    let after = objects
        .list("snap", Some(&snapshot(one, 20)), 1)
        .await
        .unwrap();
    assert_eq!(after[0].key, snapshot(one, 100));
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let objects = DirObjects::open(directory.path()).unwrap();
    let key = ObjectKey::component(ComponentDigest::of(b"x"));
    objects
        .put_if_absent(&key, Bytes::from_static(b"kept"))
        .await
        .unwrap();
    let half = directory.path().join(".incoming/half");
    std::fs::write(&half, b"ha").unwrap();
    assert_eq!(objects.list("", None, 10).await.unwrap().len(), 1);
    let objects = DirObjects::open(directory.path()).unwrap();
    assert!(!half.exists());
    assert_eq!(objects.get(&key).await.unwrap(), "kept");
}
