//! The schema on PostgreSQL: migrations of many nodes at a time, order, types.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::clock::SystemClock;
use catalog::{Catalog, CatalogLimits, Page};

use super::database::{TestDatabase, options};
use super::suite::{Fixture, by, new_log};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_nodes_that_migrate_one_empty_database_together_all_succeed() {
    let database = TestDatabase::new().await;
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = database.url.clone();
        nodes.spawn(async move {
            let clock = Arc::new(SystemClock);
            Catalog::open_postgres(&url, &options(), clock).await
        });
    }
    for opened in nodes.join_all().await {
        let catalog = opened.unwrap();
        assert_eq!(catalog.pending_migrations().await.unwrap(), [""; 0]);
    }
    let applied = database
        .number("SELECT COUNT(*) FROM seaql_migrations")
        .await;
    assert_eq!(applied, 14);
}

/// The lock ends with its transaction: a node whose migration fails keeps nobody out.
#[tokio::test]
async fn a_migration_that_fails_leaves_no_lock_behind() {
    let fixture = Fixture::new().await;
    let database = &fixture.database;
    database
        .execute("DELETE FROM seaql_migrations WHERE version LIKE '%m0003%'")
        .await;
    assert!(fixture.catalog.migrate().await.is_err());
    let locks = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    // The transaction is undone as soon as its connection is back in the pool.
    let begun = Instant::now();
    while database.number(locks).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the lock stays");
    }
}

#[tokio::test]
async fn names_sort_by_their_bytes_whatever_the_locale_of_the_database() {
    let database = TestDatabase::with_locale("en-US").await;
    let sorted = database
        .texts("SELECT name FROM (VALUES ('b'), ('B'), ('a')) AS names (name) ORDER BY name")
        .await;
    assert_eq!(sorted, ["a", "b", "B"], "the locale of the test differs");
    let fixture = Fixture::on(database, CatalogLimits::default()).await;
    let access = fixture.tenant("acme").await;
    let names = ["B", "Z9", "a", "a-1", "a1", "b"];
    for name in names.iter().rev() {
        fixture.log(&access, name).await;
    }
    let mut cursor = None;
    let mut listed = Vec::new();
    loop {
        let page = Page { limit: 2, cursor };
        let found = fixture.catalog.logs(&access, page).await.unwrap();
        listed.extend(found.items.into_iter().map(|log| String::from(log.name)));
        cursor = found.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, names);
}

#[tokio::test]
async fn operators_can_look_into_json() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    fixture
        .catalog
        .create_log(&access, by(&access), new_log("orders"))
        .await
        .unwrap();
    let names = "SELECT payload ->> 'name' FROM control_events WHERE kind = 'log_created'";
    assert_eq!(fixture.database.texts(names).await, ["orders"]);
}
