//! Changes are published to everyone in the process, after the commit and in its order.

use catalog::{ControlEvent, PEOPLE};
use protocol::RequestId;
use tokio::sync::broadcast::error::TryRecvError;

use super::{Fixture, by, new_log, new_tenant};

#[tokio::test]
async fn every_committed_event_is_published_once_in_order() {
    let fixture = Fixture::new().await;
    let mut changes = fixture.catalog.changes();
    let request_id = RequestId::generate();
    let (tenant, user) = fixture
        .catalog
        .create_tenant(request_id, new_tenant("acme", "ada@example.com"))
        .await
        .unwrap();
    let access = super::owner_of(tenant, user);
    let log = fixture.log(&access, "orders").await;
    let mut published = Vec::new();
    while let Ok(event) = changes.try_recv() {
        published.push((event.tenant, event.sequence, event.event.kind()));
    }
    let expected = [
        (tenant, 1, "tenant_created"),
        (PEOPLE, 1, "user_registered"),
        (tenant, 2, "member_added"),
        (tenant, 3, "log_created"),
    ];
    assert_eq!(published, expected);
    fixture
        .catalog
        .delete_log(&access, by(&access), log.id)
        .await
        .unwrap();
    let deleted = changes.try_recv().unwrap();
    assert_eq!(deleted.actor, access.actor);
    assert!(matches!(&deleted.event, ControlEvent::LogDeleted { log: id, .. } if *id == log.id));
}

#[tokio::test]
async fn what_failed_is_not_published() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    fixture.log(&access, "orders").await;
    let mut changes = fixture.catalog.changes();
    let new = vec![new_log("fresh"), new_log("orders")];
    let result = fixture.catalog.create_logs(&access, by(&access), new).await;
    assert!(result.is_err());
    assert!(matches!(changes.try_recv(), Err(TryRecvError::Empty)));
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_half_change() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let mut changes = fixture.catalog.changes();
    let mut created = 0;
    for number in 0..40 {
        let name = format!("log-{number}");
        let create = fixture
            .catalog
            .create_log(&access, by(&access), new_log(&name));
        // Cut off at ever later moments, some of them in the middle of the commit.
        let timeout = std::time::Duration::from_micros(50 * number);
        if tokio::time::timeout(timeout, create)
            .await
            .is_ok_and(|result| result.is_ok())
        {
            created += 1;
        }
    }
    let last = fixture.log(&access, "last").await;
    let page = catalog::Page::first(100);
    let logs = fixture.catalog.logs(&access, page).await.unwrap().items;
    assert!(logs.len() > created && logs.contains(&last));
    let mut published = 0;
    while changes.try_recv().is_ok() {
        published += 1;
    }
    assert_eq!(
        published,
        logs.len(),
        "a commit that was not published leaves stale caches"
    );
    assert!(fixture.catalog.rebuild().await.unwrap().equal());
}
