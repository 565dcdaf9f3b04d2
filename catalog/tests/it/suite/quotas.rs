//! Quotas: what an operator sets for one tenant, and what a tenant has of it.

use catalog::access::Role;
use catalog::{CatalogLimits, NewKey, Page, QuotaOverrides, Quotas, Refusal, TenantUse};

use super::{Fixture, by, name, new_log, new_version, page, system};

fn small() -> CatalogLimits {
    CatalogLimits {
        quotas: Quotas {
            logs: 2,
            views: 2,
            keys: 2,
            ..Quotas::default()
        },
        ..CatalogLimits::default()
    }
}

fn new_key(secret: u8) -> NewKey {
    NewKey {
        name: "ci".to_owned(),
        role: Role::Member,
        logs: None,
        expires_at: None,
        sha256: [secret; 32],
    }
}

#[tokio::test]
async fn a_tenant_may_have_more_or_less_than_others() {
    let fixture = Fixture::with_limits(small()).await;
    let catalog = &fixture.catalog;
    let acme = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    let own = QuotaOverrides {
        logs: Some(3),
        keys: Some(0),
        queries: Some(7),
        ..QuotaOverrides::default()
    };
    assert!(
        catalog
            .set_quotas(acme.tenant, system(), own)
            .await
            .unwrap()
    );
    let nobody = protocol::TenantId::generate();
    assert!(!catalog.set_quotas(nobody, system(), own).await.unwrap());
    for (access, logs) in [(&acme, 3_u64), (&other, 2)] {
        for number in 0..logs {
            fixture.log(access, &format!("log-{number}")).await;
        }
        let refused = catalog
            .create_log(access, by(access), new_log("more"))
            .await;
        assert!(matches!(
            refused,
            Err(Refusal::LogLimitReached { limit: it, used }) if it == logs && used == logs
        ));
    }
    let refused = catalog.create_key(&acme, by(&acme), new_key(1)).await;
    let Err(error @ Refusal::KeyLimitReached { limit: 0, used: 0 }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        error.to_string(),
        "the tenant has 0 API keys, and may have 0; revoke one first"
    );
    let made = catalog.create_key(&other, by(&other), new_key(2)).await;
    let holder = catalog.authenticate([2; 32]).await.unwrap().unwrap();
    assert_eq!(holder.quotas, small().quotas);
    assert_eq!(catalog.quotas(acme.tenant).await.unwrap().queries, 7);
    assert_eq!(catalog.tenant(&acme).await.unwrap().quotas, own);

    // Without any it has the defaults again, and what it has beyond them stays.
    let none = QuotaOverrides::default();
    catalog
        .set_quotas(acme.tenant, system(), none)
        .await
        .unwrap();
    let used = catalog.tenant_use(acme.tenant).await.unwrap();
    assert_eq!((used.logs, used.members), (3, 1));
    made.unwrap();
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn views_are_counted_for_the_whole_tenant_and_go_with_their_logs() {
    let fixture = Fixture::with_limits(small()).await;
    let catalog = &fixture.catalog;
    let access = fixture.tenant("acme").await;
    let a = fixture.log(&access, "a").await.id;
    let b = fixture.log(&access, "b").await.id;
    fixture.upload(&access, a, "v").await;
    fixture.upload(&access, b, "v").await;
    // A further version is no further view.
    fixture.upload(&access, b, "v").await;
    let upload = |view: &'static str| {
        let new = new_version(1);
        catalog.upload_version(&access, by(&access), a, name(view), new)
    };
    let refused = upload("w").await;
    assert!(matches!(
        refused,
        Err(Refusal::ViewLimitReached { limit: 2, used: 2 })
    ));
    catalog.delete_log(&access, by(&access), b).await.unwrap();
    upload("w").await.unwrap();
    catalog
        .delete_view(&access, by(&access), a, &name("w"))
        .await
        .unwrap();
    let used = catalog.tenant_use(access.tenant).await.unwrap();
    let expected = TenantUse {
        logs: 1,
        views: 1,
        keys: 0,
        members: 1,
        storage_bytes: None,
    };
    assert_eq!(used, expected);
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn stored_bytes_are_added_up_once_they_were_counted() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let acme = fixture.tenant("acme").await.tenant;
    let other = fixture.tenant("other").await.tenant;
    let more = [(acme, 100), (other, 7)];
    // What was never counted is not made up.
    catalog.add_stored_bytes(&more).await.unwrap();
    assert_eq!(catalog.stored_bytes(acme).await.unwrap(), None);
    catalog.set_stored_bytes(acme, 1_000).await.unwrap();
    catalog.add_stored_bytes(&more).await.unwrap();
    catalog.add_stored_bytes(&[(acme, -400)]).await.unwrap();
    assert_eq!(catalog.stored_bytes(acme).await.unwrap(), Some(700));
    assert_eq!(catalog.stored_bytes(other).await.unwrap(), None);
    catalog.set_stored_bytes(acme, 5).await.unwrap();
    assert_eq!(catalog.stored_bytes(acme).await.unwrap(), Some(5));
}

#[tokio::test]
async fn operators_list_tenants_and_find_them_by_id_or_name() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    for name in ["b", "c", "a"] {
        fixture.tenant(name).await;
    }
    let first = catalog.tenants(Page::first(2)).await.unwrap();
    let rest = catalog.tenants(page(2, first.next_cursor)).await.unwrap();
    let names: Vec<_> = first.items.iter().chain(&rest.items).collect();
    assert!(
        names
            .iter()
            .map(|it| it.short_name.as_str())
            .eq(["a", "b", "c"])
    );
    assert_eq!(rest.next_cursor, None);
    let by_name = catalog.find_tenant("b").await.unwrap().unwrap();
    assert_eq!(by_name, *names[1]);
    let by_id = catalog.find_tenant(&by_name.id.to_string()).await.unwrap();
    assert_eq!(by_id, Some(by_name));
    assert_eq!(catalog.find_tenant("d").await.unwrap(), None);
}
