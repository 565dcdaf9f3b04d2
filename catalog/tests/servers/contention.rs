//! Many nodes that change one catalog at a time.

use catalog::access::Role;
use catalog::{Catalog, CatalogLimits, NewKey, Quotas, Refusal, UsageBatch};
use protocol::{RequestId, TenantId, VersionId};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::suite::control_events::GAPS;
use super::suite::usage::compute;
use super::suite::{Fixture, by, name, new_log, new_tenant, new_version};

const LIMIT: u64 = 5;

/// Two nodes on one database, with limits that are soon reached.
async fn two_nodes() -> (Fixture, [Catalog; 2]) {
    let limits = CatalogLimits {
        quotas: Quotas {
            logs: LIMIT,
            views: LIMIT,
            keys: LIMIT,
            ..Quotas::default()
        },
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits.clone()).await;
    let other = fixture.database.open(fixture.clock.clone(), limits).await;
    let nodes = [fixture.catalog.clone(), other.unwrap()];
    (fixture, nodes)
}

fn new_key(number: u8) -> NewKey {
    NewKey {
        name: format!("key-{number}"),
        role: Role::Member,
        logs: None,
        expires_at: None,
        sha256: [number; 32],
    }
}

fn is_true(results: &[bool]) -> u64 {
    results.iter().filter(|result| **result).count() as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_change_one_tenant_together_keep_its_limits_and_dense_events() {
    let (fixture, nodes) = two_nodes().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "first").await.id;
    let [mut logs, mut keys, mut views] = [(); 3].map(|()| JoinSet::new());
    for number in 0..16 {
        let node = |jobs: u8| (nodes[usize::from(jobs % 2)].clone(), access.clone());
        let (catalog, access) = node(number);
        logs.spawn(async move {
            let new = new_log(&format!("log-{number}"));
            match catalog.create_log(&access, by(&access), new).await {
                Ok(_) => true,
                Err(Refusal::LogLimitReached { limit: LIMIT, .. }) => false,
                Err(error) => panic!("{error}"),
            }
        });
        let (catalog, access) = node(number);
        keys.spawn(async move {
            let new = new_key(number);
            match catalog.create_key(&access, by(&access), new).await {
                Ok(_) => true,
                Err(Refusal::KeyLimitReached { limit: LIMIT, .. }) => false,
                Err(error) => panic!("{error}"),
            }
        });
        let (catalog, access) = node(number);
        views.spawn(async move {
            let (view, new) = (name(&format!("view-{number}")), new_version(1));
            match catalog
                .upload_version(&access, by(&access), log, view, new)
                .await
            {
                Ok(_) => true,
                Err(Refusal::ViewLimitReached { limit: LIMIT, .. }) => false,
                Err(error) => panic!("{error}"),
            }
        });
    }
    assert_eq!(is_true(&logs.join_all().await), LIMIT - 1);
    assert_eq!(is_true(&keys.join_all().await), LIMIT);
    assert_eq!(is_true(&views.join_all().await), LIMIT);
    assert_eq!(fixture.database.number(GAPS).await, 0);
    assert!(fixture.catalog.rebuild().await.unwrap().equal());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn versions_of_one_view_that_nodes_upload_together_are_numbered_densely() {
    let (fixture, nodes) = two_nodes().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await.id;
    let mut uploads = JoinSet::new();
    for number in 0..12 {
        let (catalog, access) = (nodes[number % 2].clone(), access.clone());
        uploads.spawn(async move {
            let (view, new) = (name("totals"), new_version(1));
            let uploaded = catalog
                .upload_version(&access, by(&access), log, view, new)
                .await;
            uploaded.unwrap().1.number
        });
    }
    let mut numbers = uploads.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tenants_and_people_that_nodes_register_together_keep_events_dense() {
    let (fixture, nodes) = two_nodes().await;
    let mut tenants = JoinSet::new();
    for number in 0..20 {
        let catalog = nodes[number % 2].clone();
        tenants.spawn(async move {
            let number = number / 4;
            let new = new_tenant(
                &format!("tenant-{number}"),
                &format!("{number}@example.com"),
            );
            match catalog.create_tenant(RequestId::generate(), new).await {
                Ok(_) => true,
                Err(Refusal::ShortNameTaken) => false,
                Err(error) => panic!("{error}"),
            }
        });
    }
    assert_eq!(is_true(&tenants.join_all().await), 5);
    assert_eq!(fixture.database.number(GAPS).await, 0);
    assert!(fixture.catalog.rebuild().await.unwrap().equal());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cpu_time_that_nodes_report_together_is_counted_once_and_all_of_it() {
    let (fixture, nodes) = two_nodes().await;
    let versions: Vec<VersionId> = (0..5).map(|_| VersionId::generate()).collect();
    let tenant = TenantId::generate();
    let mut reports = JoinSet::new();
    for number in 0..40u32 {
        // Each batch is sent twice, once by each node.
        let catalog = nodes[(number / 4) as usize % 2].clone();
        let mut rows: Vec<_> = versions.iter().map(|id| (*id, 1)).collect();
        // In another order for each worker, as they come out of a hash map.
        rows.rotate_left(number as usize % 5);
        let batch = UsageBatch {
            source: Uuid::from_u128(u128::from(number % 4)),
            epoch: 1,
            counter: u64::from(number / 8),
            measured: compute(tenant, &rows),
        };
        reports.spawn(async move { catalog.record_usage(batch).await.unwrap() });
    }
    assert_eq!(is_true(&reports.join_all().await), 20);
    for version in versions {
        assert_eq!(fixture.catalog.compute_us(version).await.unwrap(), 20);
    }
}

/// A change that the server undoes, because of a deadlock with another transaction, is made
/// again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_lost_a_deadlock_is_repeated() {
    let (fixture, _) = two_nodes().await;
    let access = fixture.tenant("acme").await;
    let mut changes = fixture.catalog.changes();
    let rival = fixture.database.session().await;
    // The server looks for circles when somebody has waited for so long: the change looks first.
    rival.run("SET deadlock_timeout = '60s'").await;
    rival.run("BEGIN").await;
    rival.run("SELECT 1 FROM tenants FOR UPDATE").await;
    let mut create = JoinSet::new();
    let (catalog, holder) = (fixture.catalog.clone(), access.clone());
    create.spawn(async move {
        let new = new_log("orders");
        catalog.create_log(&holder, by(&holder), new).await
    });
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while fixture.database.number(waiting).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    rival
        .run("LOCK TABLE control_events IN ACCESS EXCLUSIVE MODE")
        .await;
    rival.run("COMMIT").await;
    let log = create.join_all().await.remove(0).unwrap();
    assert_eq!(log.name, name("orders"));
    let created = "SELECT COUNT(*) FROM control_events WHERE kind = 'log_created'";
    assert_eq!(fixture.database.number(created).await, 1);
    assert_eq!(fixture.database.number(GAPS).await, 0);
    assert_eq!(changes.recv().await.unwrap().event.kind(), "log_created");
    assert!(changes.try_recv().is_err(), "it was published once");
}
