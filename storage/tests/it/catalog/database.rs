//! The file below the catalog: migrations, reopening, settings, a full disk, damage.

use storage::catalog::{Catalog, CatalogError, CatalogLimits, CreateLogError, LogRef, Page};

use super::{Fixture, by, name, new_log};

#[tokio::test]
async fn migrations_run_once() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    assert_eq!(catalog.pending_migrations().await.unwrap(), [""; 0]);
    assert_eq!(catalog.migrate().await.unwrap(), 0);
    let raw = fixture.raw();
    let newest = "DELETE FROM seaql_migrations WHERE version LIKE '%m0003%'";
    raw.execute(newest, []).unwrap();
    assert_eq!(
        catalog.pending_migrations().await.unwrap(),
        ["m0003_operations"]
    );
    // Its tables are there already, so it fails, and leaves everything as it was.
    assert!(catalog.migrate().await.is_err());
    assert_eq!(
        catalog.pending_migrations().await.unwrap(),
        ["m0003_operations"]
    );
    fixture.tenant("acme").await;
}

#[tokio::test]
async fn two_processes_that_open_a_new_file_together_both_succeed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("catalog.db");
    let open = |_| Catalog::open_sqlite(&path, std::sync::Arc::new(storage::clock::SystemClock));
    let opened = futures::future::join_all((0..3).map(open)).await;
    for catalog in opened {
        assert_eq!(
            catalog.unwrap().pending_migrations().await.unwrap(),
            [""; 0]
        );
    }
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (view, _) = fixture.upload(&access, log.id, "totals").await;
    let path = fixture.path();
    fixture.catalog.close().await;
    let catalog = Catalog::open_sqlite(&path, fixture.clock.clone())
        .await
        .unwrap();
    let stored = catalog.log(&access, &LogRef::Id(log.id)).await.unwrap();
    assert_eq!(stored, Some(log.clone()));
    let stored = catalog
        .view(&access, log.id, &name("totals"))
        .await
        .unwrap();
    assert_eq!(stored, Some(view));
    let next = catalog
        .create_log(&access, by(&access), new_log("next"))
        .await;
    assert!(next.is_ok());
    let events = catalog
        .audit(&access, Default::default(), Page::first(9))
        .await
        .unwrap();
    assert_eq!(events.items[0].sequence, 6);
}

#[tokio::test]
async fn a_closed_catalog_answers_that_it_is_unavailable() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = fixture.catalog.clone();
    assert_eq!(catalog.health().await, Ok(()));
    fixture.catalog.close().await;
    assert!(catalog.health().await.is_err());
    let error = catalog.logs(&access, Page::first(1)).await.unwrap_err();
    assert!(matches!(error, CatalogError::Unavailable(_)), "{error}");
    let error = catalog
        .create_log(&access, by(&access), new_log("late"))
        .await;
    assert!(matches!(
        error,
        Err(CreateLogError::Catalog(CatalogError::Unavailable(_)))
    ));
}

#[tokio::test]
async fn the_file_is_in_wal_mode() {
    let fixture = Fixture::new().await;
    let mode: String = fixture
        .raw()
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_full_disk_is_said_so_loses_nothing_and_works_again_with_space() {
    let limits = CatalogLimits {
        database_bytes: 512 << 10,
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
        matches!(full, CreateLogError::Catalog(CatalogError::Full)),
        "{full}"
    );
    assert!(!created.is_empty());
    for log in &created {
        let stored = catalog.log(&access, &LogRef::Id(log.id)).await.unwrap();
        assert_eq!(stored.as_ref(), Some(log));
    }
    let path = fixture.path();
    let clock = fixture.clock.clone();
    fixture.catalog.close().await;
    let catalog = Catalog::open_sqlite(&path, clock).await.unwrap();
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
    let clock = std::sync::Arc::new(storage::clock::SystemClock);
    let error = Catalog::open_sqlite(&path, clock).await.unwrap_err();
    assert!(matches!(error, CatalogError::Corrupt(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_damage() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let raw = fixture.raw();
    raw.execute("UPDATE logs SET retention = 'sometimes'", [])
        .unwrap();
    let error = fixture
        .catalog
        .log(&access, &LogRef::Id(log.id))
        .await
        .unwrap_err();
    assert!(matches!(error, CatalogError::Corrupt(_)), "{error}");
}

#[tokio::test]
async fn the_path_may_hold_any_characters() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a b?c#d%20é");
    std::fs::create_dir(&path).unwrap();
    let path = path.join("catalog.db");
    let clock = std::sync::Arc::new(storage::clock::SystemClock);
    let catalog = Catalog::open_sqlite(&path, clock).await.unwrap();
    assert_eq!(catalog.health().await, Ok(()));
    assert!(path.exists());
}
