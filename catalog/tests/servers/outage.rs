//! A server that goes away, and comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::clock::SystemClock;
use catalog::{Catalog, CatalogError, CatalogLimits, Page, PostgresOptions, Refusal};
use test_servers::PostgresServer;

use super::database::create_database;
use super::proxy::Proxy;
use super::suite::{Fixture, by, new_log, new_tenant, owner_of};

/// How much longer than its time-outs a call may take on a busy machine.
const SLACK: Duration = Duration::from_secs(10);

fn impatient() -> PostgresOptions {
    PostgresOptions {
        connections_max: 4,
        acquire_timeout: Duration::from_secs(1),
        statement_timeout: Duration::from_secs(1),
        ..PostgresOptions::default()
    }
}

/// Every kind of call fails in time and says that the catalog is not available.
async fn assert_unavailable(catalog: &Catalog, access: &catalog::access::Access) {
    let begun = Instant::now();
    let read = catalog.logs(access, Page::first(9)).await;
    assert!(
        matches!(read, Err(CatalogError::Unavailable(_))),
        "{read:?}"
    );
    let changed = catalog
        .create_log(access, by(access), new_log("late"))
        .await;
    assert!(
        matches!(changed, Err(Refusal::Catalog(CatalogError::Unavailable(_)))),
        "{changed:?}"
    );
    assert!(catalog.health().await.is_err());
    let options = impatient();
    let timeout = options.acquire_timeout + options.statement_timeout;
    assert!(begun.elapsed() < timeout * 3 + SLACK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_is_used_again() {
    let mut server = PostgresServer::start().unwrap();
    let url = create_database(&server, "catalog");
    let catalog = Catalog::open_postgres(&url, &impatient(), Arc::new(SystemClock))
        .await
        .unwrap();
    let new = new_tenant("acme", "ada@example.com");
    let id = protocol::RequestId::generate();
    let (tenant, user) = catalog.create_tenant(id, new).await.unwrap();
    let access = owner_of(tenant, user);
    let log = catalog
        .create_log(&access, by(&access), new_log("orders"))
        .await
        .unwrap();
    // Connections that are in the pool, and in the middle of changes.
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..4 {
        let (catalog, access) = (catalog.clone(), access.clone());
        writers.spawn(async move {
            let mut created = Vec::new();
            loop {
                let new = new_log(&format!("log-{number}-{}", created.len()));
                match catalog.create_log(&access, by(&access), new).await {
                    Ok(log) => created.push(log),
                    Err(Refusal::Catalog(CatalogError::Unavailable(_))) => return created,
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    let events = || catalog.audit(&access, Default::default(), Page::first(50));
    while events().await.unwrap().items.len() < 20 {}
    server.kill();
    let mut created: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    created.push(log);
    assert_unavailable(&catalog, &access).await;
    server.restart().unwrap();
    // The server lets nobody in while it recovers.
    let begun = Instant::now();
    while catalog.health().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    let logs = catalog.logs(&access, Page::first(1_000)).await.unwrap();
    for log in created {
        assert!(logs.items.contains(&log), "what was made is there: {log:?}");
    }
    let next = catalog
        .create_log(&access, by(&access), new_log("next"))
        .await;
    assert!(next.is_ok());
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_loses_everything_is_noticed_and_forgiven() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let proxy = Proxy::start(&fixture.database.url).await;
    let url = proxy.url(&fixture.database.url);
    let catalog = Catalog::open_postgres(&url, &impatient(), fixture.clock.clone())
        .await
        .unwrap();
    fixture.log(&access, "orders").await;
    proxy.stop();
    assert_unavailable(&catalog, &access).await;
    proxy.resume();
    let begun = Instant::now();
    while catalog.health().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    let next = catalog
        .create_log(&access, by(&access), new_log("next"))
        .await;
    assert!(next.is_ok(), "{next:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_so_in_time() {
    let options = PostgresOptions {
        connect_timeout: Duration::from_millis(500),
        ..PostgresOptions::default()
    };
    let begun = Instant::now();
    // Nobody listens on the port of a listener that is gone.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user:secret@{}/none", gone.local_addr().unwrap());
    drop(gone);
    let limits = CatalogLimits::default();
    let clock = Arc::new(SystemClock);
    let opened = Catalog::open_postgres_with(&url, &options, clock, limits).await;
    let error = opened.unwrap_err();
    assert!(matches!(error, CatalogError::Unavailable(_)), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(begun.elapsed() < SLACK);
}
