//! Deriving the read model again.

use catalog::CatalogError;
use catalog::access::Role;
use proptest::test_runner::{Config, TestRunner};

use super::history::{History, opening, step};
use super::{Fixture, TestDatabase, by};

/// Invariant 9: rebuilding the catalog from control events gives the same tables.
#[test]
fn invariant_9() {
    let config = Config {
        cases: TestDatabase::HISTORIES,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    let kinds = std::cell::RefCell::new(&mut kinds);
    TestRunner::new(config)
        .run(&proptest::collection::vec(step(), 0..120), |steps| {
            runtime.block_on(async {
                let mut history = History::new().await;
                for step in opening() {
                    history.apply(step).await;
                }
                // Before a tenant is deleted that they happened to.
                let found = "SELECT DISTINCT kind FROM control_events";
                let found = history.fixture.database.texts(found).await;
                kinds.borrow_mut().extend(found);
                let report = history.fixture.catalog.rebuild().await.unwrap();
                assert!(report.equal(), "{report:?}");
                for step in steps {
                    history.apply(step).await;
                }
                let fixture = &history.fixture;
                let before = fixture.dump().await;
                let report = fixture.catalog.rebuild().await.unwrap();
                assert!(report.equal(), "{report:?}");
                assert_eq!(fixture.dump().await, before);
            });
            Ok(())
        })
        .unwrap();
    let missing: Vec<&str> = catalog::ControlEvent::KINDS
        .iter()
        .copied()
        .filter(|kind| !kinds.borrow().contains(*kind))
        .collect();
    assert_eq!(missing, [""; 0], "the histories have changes of every kind");
}

#[tokio::test]
async fn a_tampered_read_model_is_noticed_and_repaired() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    fixture.upload(&access, log.id, "totals").await;
    let before = fixture.dump().await;
    let key = format!(
        "INSERT INTO keys (id, tenant_id, name, role, created_by_kind, created_at, sha256) \
         SELECT id, id, 'k', 'owner', 'system', 1, {} FROM tenants",
        TestDatabase::BYTES
    );
    for tampering in [
        "UPDATE logs SET name = 'stolen'",
        "UPDATE memberships SET role = 'read-only'",
        "DELETE FROM versions",
        "UPDATE tenants SET log_count = 7",
        &key,
    ] {
        fixture.database.execute(tampering).await;
        assert_ne!(fixture.dump().await, before);
        let report = fixture.catalog.rebuild().await.unwrap();
        assert!(!report.equal(), "{tampering}");
        let unequal: Vec<_> = report
            .tables
            .iter()
            .filter(|table| !table.equal())
            .collect();
        assert_eq!(unequal.len(), 1, "{tampering}: {unequal:?}");
        assert_eq!(fixture.dump().await, before, "{tampering}");
        assert!(fixture.catalog.rebuild().await.unwrap().equal());
    }
}

#[tokio::test]
async fn a_rebuild_leaves_operational_rows_alone() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let session = catalog::NewSession {
        token_sha256: [1; 32],
        tenant: access.tenant,
        actor: access.actor,
        role: Role::Owner,
        logs: None,
        expires_at: fixture.in_seconds(60),
        password_hash: None,
        secret: None,
        origin: catalog::Origin::default(),
    };
    fixture.catalog.create_session(session).await.unwrap();
    let log = fixture.log(&access, "orders").await;
    fixture
        .catalog
        .delete_log(&access, by(&access), log.id)
        .await
        .unwrap();
    assert!(fixture.catalog.rebuild().await.unwrap().equal());
    assert!(
        fixture
            .catalog
            .authenticate([1; 32])
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(fixture.catalog.pending_removals(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_of_a_later_program_stops_the_rebuild_and_changes_nothing() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    fixture.log(&access, "orders").await;
    let database = &fixture.database;
    let before = fixture.dump().await;
    let keep = "CREATE TABLE original AS SELECT * FROM control_events WHERE position = 4";
    database.execute(keep).await;
    for (column, value, expected) in [
        ("kind", "'plan_changed'", "unknown kind \"plan_changed\""),
        ("version", "2", "has version 2"),
        ("payload", "'{}'", "can't be read"),
    ] {
        let update = |value: &str| {
            format!("UPDATE control_events SET {column} = {value} WHERE position = 4")
        };
        database.execute(&update(value)).await;
        let error = fixture.catalog.rebuild().await.unwrap_err();
        assert!(matches!(error, CatalogError::Corrupt(_)));
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(fixture.dump().await, before);
        let original = format!("(SELECT {column} FROM original)");
        database.execute(&update(original.as_str())).await;
    }
    assert!(fixture.catalog.rebuild().await.unwrap().equal());
}
