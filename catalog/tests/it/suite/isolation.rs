//! A second tenant reaches nothing of the first: what is not its own does not exist.

use catalog::access::Role;
use catalog::{AuditFilter, LogChanges, LogRef, NewKey, Page, Refusal};

use super::{Fixture, by, name, new_version};

#[tokio::test]
async fn isolation_of_logs_views_and_keys() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let stranger = fixture.tenant("other").await;
    let catalog = &fixture.catalog;
    let log = fixture.log(&owner, "orders").await;
    let (view, _) = fixture.upload(&owner, log.id, "totals").await;
    let new = NewKey {
        name: "ci".to_owned(),
        role: Role::Member,
        logs: None,
        expires_at: None,
        sha256: [1; 32],
    };
    let key = catalog.create_key(&owner, by(&owner), new).await.unwrap();
    let before = fixture.dump().await;

    for reference in [LogRef::Id(log.id), LogRef::Name(log.name.clone())] {
        assert_eq!(catalog.log(&stranger, &reference).await.unwrap(), None);
    }
    assert_eq!(
        catalog.logs(&stranger, Page::first(9)).await.unwrap().items,
        []
    );
    let changes = LogChanges {
        description: Some(Some("mine now".to_owned())),
        retention: None,
    };
    let updated = catalog
        .update_log(&stranger, by(&stranger), log.id, changes)
        .await;
    assert!(matches!(updated, Err(Refusal::LogNotFound)));
    let deleted = catalog.delete_log(&stranger, by(&stranger), log.id).await;
    assert!(matches!(deleted, Err(Refusal::LogNotFound)));
    assert_eq!(
        catalog.view(&stranger, log.id, &view.name).await.unwrap(),
        None
    );
    let views = catalog
        .views(&stranger, log.id, Page::first(9))
        .await
        .unwrap();
    assert_eq!(views.items, []);
    let uploaded = catalog
        .upload_version(
            &stranger,
            by(&stranger),
            log.id,
            name("totals"),
            new_version(1),
        )
        .await;
    assert!(matches!(uploaded, Err(Refusal::LogNotFound)));
    let deleted = catalog
        .delete_view(&stranger, by(&stranger), log.id, &view.name)
        .await;
    assert!(matches!(deleted, Err(Refusal::ViewNotFound)));
    assert_eq!(
        catalog.keys(&stranger, Page::first(9)).await.unwrap().items,
        []
    );
    let revoked = catalog.revoke_key(&stranger, by(&stranger), key.id).await;
    assert!(matches!(revoked, Err(Refusal::KeyNotFound)));
    let seen = catalog
        .audit(&stranger, AuditFilter::default(), Page::first(99))
        .await;
    assert!(
        seen.unwrap()
            .items
            .iter()
            .all(|event| event.tenant == stranger.tenant)
    );

    assert_eq!(fixture.dump().await, before);
}

#[tokio::test]
async fn isolation_of_names() {
    let fixture = Fixture::new().await;
    let [one, two] = [fixture.tenant("one").await, fixture.tenant("two").await];
    let first = fixture.log(&one, "orders").await;
    let second = fixture.log(&two, "orders").await;
    let orders = LogRef::Name(name("orders"));
    assert_eq!(
        fixture.catalog.log(&one, &orders).await.unwrap(),
        Some(first)
    );
    assert_eq!(
        fixture.catalog.log(&two, &orders).await.unwrap(),
        Some(second)
    );
}
