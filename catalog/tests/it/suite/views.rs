//! Views.

use catalog::{CatalogError, CatalogLimits, Page, Refusal};
use protocol::LogId;

use super::{Fixture, by, limited_to, name, new_version, page};

#[tokio::test]
async fn an_upload_creates_the_view_and_its_first_version() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (view, version) = fixture.upload(&access, log.id, "totals").await;
    assert_eq!(
        (view.log, view.tenant, view.live),
        (log.id, access.tenant, None)
    );
    assert_eq!(view.versions, std::slice::from_ref(&version));
    let catalog = &fixture.catalog;
    let stored = catalog
        .view(&access, log.id, &name("totals"))
        .await
        .unwrap();
    assert_eq!(stored.as_ref(), Some(&view));
    assert_eq!(stored.unwrap().live_version(), None);
    assert_eq!(
        catalog.view(&access, log.id, &name("other")).await.unwrap(),
        None
    );
    let new = new_version(1);
    assert_eq!(version.component, new.component);
    assert_eq!(version.imports, new.report.imports);
    assert_eq!(version.languages, new.report.languages);
    assert_eq!(version.config, new.config);
    assert_eq!(version.content_type, new.content_type);
}

#[tokio::test]
async fn views_are_listed_by_name_in_pages() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let second = fixture.log(&access, "second").await;
    for view in ["c", "a", "b", "a"] {
        fixture.upload(&access, log.id, view).await;
    }
    fixture.upload(&access, second.id, "z").await;
    let catalog = &fixture.catalog;
    let first = catalog.views(&access, log.id, page(2, None)).await.unwrap();
    let cursor = first.next_cursor.clone();
    let last = catalog
        .views(&access, log.id, page(2, cursor.clone()))
        .await
        .unwrap();
    let listed: Vec<(String, usize)> = [first.items, last.items]
        .concat()
        .into_iter()
        .map(|view| (view.name.into(), view.versions.len()))
        .collect();
    let expected = [("a", 2), ("b", 1), ("c", 1)];
    assert_eq!(
        listed,
        expected.map(|(name, versions)| (name.to_owned(), versions))
    );
    assert_eq!(last.next_cursor, None);
    let error = catalog
        .views(&access, second.id, page(2, cursor))
        .await
        .unwrap_err();
    assert!(matches!(error, CatalogError::InvalidCursor));
}

#[tokio::test]
async fn the_number_of_views_is_limited_per_log() {
    let limits = CatalogLimits {
        views_per_log: 2,
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let second = fixture.log(&access, "second").await;
    fixture.upload(&access, log.id, "a").await;
    fixture.upload(&access, log.id, "b").await;
    let upload = |view: &str| {
        let new = new_version(1);
        fixture
            .catalog
            .upload_version(&access, by(&access), log.id, name(view), new)
    };
    let error = upload("c").await.unwrap_err();
    assert!(matches!(error, Refusal::LogFull(2)));
    // A further version needs no further view.
    assert_eq!(upload("b").await.unwrap().1.number, 2);
    fixture.upload(&access, second.id, "c").await;
}

#[tokio::test]
async fn a_deleted_view_is_gone_with_its_versions() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (_, first) = fixture.upload(&access, log.id, "totals").await;
    let (_, second) = fixture.upload(&access, log.id, "totals").await;
    let (kept, _) = fixture.upload(&access, log.id, "kept").await;
    let catalog = &fixture.catalog;
    fixture.activate(&access, first.id).await.unwrap();
    let target = name("totals");
    let deletion = catalog
        .delete_view(&access, by(&access), log.id, &target)
        .await
        .unwrap();
    assert_eq!(deletion.log, None);
    assert_eq!(deletion.versions, [first.id, second.id]);
    let views = catalog
        .views(&access, log.id, Page::first(9))
        .await
        .unwrap();
    assert_eq!(views.items, [kept]);
    let error = catalog
        .delete_view(&access, by(&access), log.id, &target)
        .await;
    assert!(matches!(error, Err(Refusal::ViewNotFound)));
    // The name is free, and numbers begin anew.
    assert_eq!(fixture.upload(&access, log.id, "totals").await.1.number, 1);
}

#[tokio::test]
async fn a_limited_key_reaches_the_views_of_its_own_logs_only() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let second = fixture.log(&access, "second").await;
    fixture.upload(&access, log.id, "totals").await;
    let limited = limited_to(&access, &[second.id]);
    let catalog = &fixture.catalog;
    let totals = name("totals");
    assert_eq!(catalog.view(&limited, log.id, &totals).await.unwrap(), None);
    let views = catalog
        .views(&limited, log.id, Page::first(9))
        .await
        .unwrap();
    assert_eq!(views.items, []);
    let error = catalog
        .delete_view(&limited, by(&limited), log.id, &totals)
        .await;
    assert!(matches!(error, Err(Refusal::ViewNotFound)));
    for log in [log.id, LogId::generate()] {
        let error = catalog
            .upload_version(&limited, by(&limited), log, totals.clone(), new_version(1))
            .await;
        assert!(matches!(error, Err(Refusal::LogNotFound)));
    }
}

#[tokio::test]
async fn what_a_component_says_about_itself_is_limited() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let mut long_report = new_version(1);
    long_report.report.imports = vec!["x".repeat(100); 200];
    let mut long_config = new_version(1);
    long_config.config = vec![0; 20_000].into();
    let mut long_type = new_version(1);
    long_type.content_type = Some("t".repeat(200));
    for new in [long_report, long_config, long_type] {
        let error = fixture
            .catalog
            .upload_version(&access, by(&access), log.id, name("v"), new)
            .await
            .unwrap_err();
        assert!(matches!(
            error,
            Refusal::Catalog(CatalogError::TooLong { .. })
        ));
    }
    assert_eq!(
        fixture
            .catalog
            .view(&access, log.id, &name("v"))
            .await
            .unwrap(),
        None
    );
}
