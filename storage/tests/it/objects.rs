//! The object store in a directory: the conformance suite, and what is its own.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use protocol::ComponentDigest;
use storage::objects::dir::DirObjects;
use storage::objects::{ObjectKey, ObjectStore as _};

use crate::conformance::objects as conformance;

const LARGE: usize = 20_000_000;

macro_rules! conforms {
    ($($check:ident $(($bytes:expr))?),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            let directory = tempfile::tempdir().unwrap();
            let objects = DirObjects::open(directory.path()).unwrap();
            conformance::$check(Arc::new(objects) $(, $bytes)?).await.unwrap();
            assert_eq!(incoming(directory.path()), 0);
        }
    )*};
}

conforms!(
    a_deleted_object_can_be_put_again,
    a_healthy_store_says_so,
    a_missing_object_is_not_found,
    an_empty_object_is_an_object,
    an_object_is_put_once,
    every_allowed_character_is_stored,
    large_objects_come_back_whole(LARGE),
    lists_are_ordered_and_go_on_page_by_page,
    lists_go_on_after_any_key,
    prefixes_end_anywhere,
    racing_large_puts_have_one_winner(LARGE),
    racing_puts_have_one_winner,
    ranges_lie_within_the_object,
);

/// How many objects are half-written.
fn incoming(directory: &Path) -> usize {
    directory.join(".incoming").read_dir().unwrap().count()
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
    std::fs::write(directory.path().join(".incoming/half"), b"ha").unwrap();
    assert_eq!(objects.list("", None, 10).await.unwrap().len(), 1);
    let objects = DirObjects::open(directory.path()).unwrap();
    assert_eq!(incoming(directory.path()), 0);
    assert_eq!(objects.get(&key).await.unwrap(), "kept");
}
