//! Invariant 8: the order of upload, catalog and trim is never broken.

use std::time::Duration;

use storage::catalog::Retention;

use crate::setup::{Setup, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_8_without_the_object_store_appends_go_on_and_nothing_is_trimmed() {
    let setup = Setup::new().await;
    let log = setup.log("log", Retention::Archive).await;
    setup.append(log, 1, 30).await;
    setup.objects.go_away(true);
    let archiver = setup.archiver();
    setup.append(log, 31, 60).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(setup.hot_events(log, 60).await, 60);
    assert_eq!(setup.archived(log).await, 0);
    setup.check(log, 60).await;
    assert!(archiver.health().await.is_err());
    setup.objects.go_away(false);
    until("it is trimmed", async || {
        setup.hot_events(log, 60).await == 1
    })
    .await;
    setup.check(log, 60).await;
    assert_eq!(archiver.health().await, Ok(()));
    archiver.shutdown().await;
}
