//! The database below the catalog: migrations, reopening, damage.

use catalog::{CatalogError, CatalogLimits, LogRef, Page, Refusal};
use protocol::Sequence;
use protocol::view::Halt;

use super::{Fixture, by, name, new_log, system};

#[tokio::test]
async fn migrations_run_once() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    assert_eq!(catalog.pending_migrations().await.unwrap(), [""; 0]);
    assert_eq!(catalog.migrate().await.unwrap(), 0);
    let newest = "DELETE FROM seaql_migrations WHERE version LIKE '%m0003%'";
    fixture.database.execute(newest).await;
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
async fn everything_is_there_after_reopening() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (view, _) = fixture.upload(&access, log.id, "totals").await;
    fixture.catalog.close().await;
    let catalog = fixture
        .database
        .open(fixture.clock.clone(), CatalogLimits::default())
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
        Err(Refusal::Catalog(CatalogError::Unavailable(_)))
    ));
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_damage() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    fixture
        .database
        .execute("UPDATE logs SET retention = 'sometimes'")
        .await;
    let error = fixture
        .catalog
        .log(&access, &LogRef::Id(log.id))
        .await
        .unwrap_err();
    assert!(matches!(error, CatalogError::Corrupt(_)), "{error}");
}

/// PostgreSQL keeps no text with a zero in it, and components and people may send one.
#[tokio::test]
async fn a_zero_in_a_text_is_replaced() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let mut new = new_log("orders");
    new.description = Some("a\0b".to_owned());
    let log = catalog.create_log(&access, by(&access), new).await.unwrap();
    assert_eq!(log.description.as_deref(), Some("a\u{fffd}b"));
    let stored = catalog.log(&access, &LogRef::Id(log.id)).await.unwrap();
    assert_eq!(stored, Some(log.clone()));
    let (view, version) = fixture.upload(&access, log.id, "totals").await;
    let halt = Halt {
        sequence: Sequence::FIRST,
        message: "trap \0".to_owned(),
    };
    catalog
        .fail_version(access.tenant, system(), version.id, halt)
        .await
        .unwrap();
    let stored = catalog.view(&access, log.id, &view.name).await.unwrap();
    let halted = stored.unwrap().versions[0].halted.clone().unwrap();
    assert_eq!(halted.message, "trap \u{fffd}");
    assert_eq!(catalog.user_by_email("a\0@b.c").await.unwrap(), None);
    assert!(catalog.rebuild().await.unwrap().equal());
}
