//! What only a file has: its mode, its path, a full disk, other contents.

use std::sync::Arc;

use catalog::clock::SystemClock;
use catalog::{Catalog, CatalogError, CatalogLimits, LogRef, Refusal};

use super::suite::{Fixture, by, new_log};

#[tokio::test]
async fn two_processes_that_open_a_new_file_together_both_succeed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.db");
    let open = |_| Catalog::open_sqlite(&path, Arc::new(SystemClock));
    let opened = futures::future::join_all((0..3).map(open)).await;
    for catalog in opened {
        assert_eq!(
            catalog.unwrap().pending_migrations().await.unwrap(),
            [""; 0]
        );
    }
}

#[tokio::test]
async fn the_file_is_in_wal_mode() {
    let fixture = Fixture::new().await;
    let mode = fixture.database.texts("PRAGMA journal_mode").await;
    assert_eq!(mode, ["wal"]);
}

#[tokio::test]
async fn a_full_disk_is_said_so_loses_nothing_and_works_again_with_space() {
    let limits = CatalogLimits {
        database_bytes: 768 << 10,
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let mut created = Vec::new();
    let full = loop {
        let mut new = new_log(&format!("log-{}", created.len()));
        new.description = Some("x".repeat(4_000));
        match catalog.create_log(&access, by(&access), new).await {
            Ok(log) => created.push(log),
            Err(error) => break error,
        }
        assert!(created.len() < 1_000, "the limit does not hold");
    };
    assert!(
        matches!(full, Refusal::Catalog(CatalogError::Full)),
        "{full}"
    );
    assert!(!created.is_empty());
    for log in &created {
        let stored = catalog.log(&access, &LogRef::Id(log.id)).await.unwrap();
        assert_eq!(stored.as_ref(), Some(log));
    }
    fixture.catalog.close().await;
    let catalog = fixture
        .database
        .open(fixture.clock.clone(), CatalogLimits::default())
        .await
        .unwrap();
    let next = catalog
        .create_log(&access, by(&access), new_log("next"))
        .await;
    assert!(next.is_ok());
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.db");
    let text = "this is a text file, and it is longer than the header of a database ".repeat(20);
    std::fs::write(&path, &text).unwrap();
    let clock = Arc::new(SystemClock);
    let error = Catalog::open_sqlite(&path, clock).await.unwrap_err();
    assert!(matches!(error, CatalogError::Corrupt(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn the_path_may_hold_any_characters() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a b?c#d%20é");
    std::fs::create_dir(&path).unwrap();
    let path = path.join("catalog.db");
    let clock = Arc::new(SystemClock);
    let catalog = Catalog::open_sqlite(&path, clock).await.unwrap();
    assert_eq!(catalog.health().await, Ok(()));
    assert!(path.exists());
}
