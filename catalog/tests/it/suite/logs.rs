//! Logs.

use catalog::{
    CatalogError, CatalogLimits, Log, LogChanges, LogRef, Page, Paged, Quotas, Refusal, Retention,
};
use protocol::LogId;

use super::{Fixture, by, limited_to, name, new_log, page};

#[tokio::test]
async fn a_log_is_found_by_its_name_and_its_id() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let mut new = new_log("orders");
    new.description = Some("All orders".to_owned());
    new.retention = Retention::Archive;
    let catalog = &fixture.catalog;
    let log = catalog.create_log(&access, by(&access), new).await.unwrap();
    assert_eq!(log.tenant, access.tenant);
    for reference in [LogRef::Id(log.id), LogRef::Name(name("orders"))] {
        assert_eq!(
            catalog.log(&access, &reference).await.unwrap(),
            Some(log.clone())
        );
    }
    for reference in [LogRef::Id(LogId::generate()), LogRef::Name(name("Orders"))] {
        assert_eq!(catalog.log(&access, &reference).await.unwrap(), None);
    }
}

#[tokio::test]
async fn logs_are_listed_by_the_beginning_of_their_names() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    let catalog = &fixture.catalog;
    for name in ["a_1", "a_2", "a_3", "ab1", "A_1", "a", "a-1", "b", "zz"] {
        fixture.log(&access, name).await;
    }
    fixture.log(&other, "a_9").await;
    let access = &access;
    let list = |prefix: &'static str, page| async move {
        let prefix = prefix.parse().unwrap();
        catalog.logs_named(access, &prefix, page).await
    };
    let names = |page: &Paged<Log>| -> Vec<String> {
        page.items.iter().map(|log| log.name.to_string()).collect()
    };
    for (prefix, expected) in [
        ("a_", &["a_1", "a_2", "a_3"][..]),
        ("a", &["a", "a-1", "a_1", "a_2", "a_3", "ab1"]),
        ("A", &["A_1"]),
        ("z", &["zz"]),
        ("c", &[]),
    ] {
        let found = list(prefix, Page::first(9)).await.unwrap();
        assert_eq!(names(&found), expected, "{prefix}");
    }
    let first = list("a_", page(2, None)).await.unwrap();
    assert_eq!(names(&first), ["a_1", "a_2"]);
    let second = list("a_", page(2, first.next_cursor.clone())).await;
    assert_eq!(names(&second.unwrap()), ["a_3"]);
    for prefix in ["", "a", "a_1"] {
        let error = list(prefix, page(2, first.next_cursor.clone())).await;
        assert!(matches!(error, Err(CatalogError::InvalidCursor)));
    }
}

#[tokio::test]
async fn of_two_concurrent_logs_of_one_name_exactly_one_wins() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let create = |_| {
        fixture
            .catalog
            .create_log(&access, by(&access), new_log("orders"))
    };
    let results = futures::future::join_all((0..8).map(create)).await;
    let taken = |result: &Result<_, _>| matches!(result, Err(Refusal::LogNameTaken));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| taken(result)).count(), 7);
}

#[tokio::test]
async fn logs_are_listed_by_name_in_pages() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    let catalog = &fixture.catalog;
    for number in [3, 1, 4, 0, 2] {
        fixture.log(&access, &format!("log-{number}")).await;
    }
    let first = catalog.logs(&access, page(2, None)).await.unwrap();
    let second = catalog
        .logs(&access, page(2, first.next_cursor.clone()))
        .await
        .unwrap();
    let third = catalog
        .logs(&access, page(2, second.next_cursor.clone()))
        .await
        .unwrap();
    let names: Vec<String> = [first.items, second.items, third.items]
        .concat()
        .into_iter()
        .map(|log| log.name.into())
        .collect();
    assert_eq!(names, ["log-0", "log-1", "log-2", "log-3", "log-4"]);
    assert_eq!(third.next_cursor, None);
    assert_eq!(
        catalog.logs(&other, Page::first(2)).await.unwrap().items,
        []
    );
    for (access, cursor) in [
        (&other, first.next_cursor.clone()),
        (&access, Some("not a cursor".to_owned())),
    ] {
        let error = catalog.logs(access, page(2, cursor)).await.unwrap_err();
        assert!(matches!(error, CatalogError::InvalidCursor));
    }
}

#[tokio::test]
async fn a_limited_key_reaches_its_own_logs_only() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let [a, b] = [
        fixture.log(&access, "a").await,
        fixture.log(&access, "b").await,
    ];
    let catalog = &fixture.catalog;
    let limited = limited_to(&access, &[a.id]);
    assert_eq!(
        catalog.logs(&limited, Page::first(9)).await.unwrap().items,
        std::slice::from_ref(&a)
    );
    for reference in [LogRef::Id(b.id), LogRef::Name(b.name.clone())] {
        assert_eq!(catalog.log(&limited, &reference).await.unwrap(), None);
    }
    let error = catalog.delete_log(&limited, by(&limited), b.id).await;
    assert!(matches!(error, Err(Refusal::LogNotFound)));
    let error = catalog
        .create_log(&limited, by(&limited), new_log("c"))
        .await;
    assert!(matches!(error, Err(Refusal::LimitedKey)));
    let nothing = limited_to(&access, &[]);
    assert_eq!(
        catalog.logs(&nothing, Page::first(9)).await.unwrap().items,
        []
    );
}

#[tokio::test]
async fn a_log_is_updated_field_by_field() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let log = fixture.log(&access, "orders").await;
    let update = |changes| catalog.update_log(&access, by(&access), log.id, changes);
    fixture.clock.advance(std::time::Duration::from_secs(1));
    let described = update(LogChanges {
        description: Some(Some("All orders".to_owned())),
        retention: None,
    })
    .await
    .unwrap();
    assert_eq!(described.description.as_deref(), Some("All orders"));
    assert_eq!(described.retention, Retention::KeepHot);
    assert!(described.updated_at > log.updated_at);
    let archived = update(LogChanges {
        description: None,
        retention: Some(Retention::Archive),
    })
    .await
    .unwrap();
    assert_eq!(archived.description.as_deref(), Some("All orders"));
    let bare = LogChanges {
        description: Some(None),
        retention: None,
    };
    let bare = update(bare).await.unwrap();
    assert_eq!(
        (bare.description.as_deref(), bare.retention),
        (None, Retention::Archive)
    );
    let stored = catalog.log(&access, &LogRef::Id(log.id)).await.unwrap();
    assert_eq!(stored, Some(bare));

    let long = LogChanges {
        description: Some(Some("x".repeat(5_000))),
        retention: None,
    };
    let error = update(long).await.unwrap_err();
    assert!(matches!(
        error,
        Refusal::Catalog(CatalogError::TooLong { .. })
    ));
    let error = catalog
        .update_log(
            &access,
            by(&access),
            LogId::generate(),
            LogChanges::default(),
        )
        .await;
    assert!(matches!(error, Err(Refusal::LogNotFound)));
}

#[tokio::test]
async fn a_deleted_log_frees_its_name_and_place_and_names_what_it_left() {
    let limits = CatalogLimits {
        quotas: Quotas {
            logs: 1,
            ..Quotas::default()
        },
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let log = fixture.log(&access, "orders").await;
    let (_, one) = fixture.upload(&access, log.id, "one").await;
    let (_, two) = fixture.upload(&access, log.id, "two").await;
    let error = catalog
        .create_log(&access, by(&access), new_log("more"))
        .await;
    assert!(matches!(
        error,
        Err(Refusal::LogLimitReached { limit: 1, used: 1 })
    ));

    let deletion = catalog
        .delete_log(&access, by(&access), log.id)
        .await
        .unwrap();
    assert_eq!(deletion.log, Some(log.id));
    assert_eq!(deletion.tenant, access.tenant);
    assert_eq!(deletion.versions, [one.id, two.id]);
    assert_eq!(deletion.components, [one.component]);
    assert_eq!(
        catalog.log(&access, &LogRef::Id(log.id)).await.unwrap(),
        None
    );
    assert_eq!(
        catalog.view(&access, log.id, &name("one")).await.unwrap(),
        None
    );
    assert_eq!(catalog.building_versions().await.unwrap(), []);
    assert_eq!(catalog.pending_removals(10).await.unwrap(), [deletion]);
    let error = catalog.delete_log(&access, by(&access), log.id).await;
    assert!(matches!(error, Err(Refusal::LogNotFound)));
    let again = fixture.log(&access, "orders").await;
    assert_ne!(again.id, log.id);
}

#[tokio::test]
async fn many_logs_are_created_all_or_none() {
    let limits = CatalogLimits {
        quotas: Quotas {
            logs: 10,
            ..Quotas::default()
        },
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let new = |numbers: std::ops::Range<u32>| {
        numbers
            .map(|number| new_log(&format!("log-{number}")))
            .collect()
    };
    let logs = catalog
        .create_logs(&access, by(&access), new(0..6))
        .await
        .unwrap();
    assert_eq!(logs.len(), 6);
    let error = catalog.create_logs(&access, by(&access), new(5..8)).await;
    assert!(matches!(error, Err(Refusal::LogNameTaken)));
    let error = catalog.create_logs(&access, by(&access), new(6..11)).await;
    assert!(matches!(
        error,
        Err(Refusal::LogLimitReached { limit: 10, used: 6 })
    ));
    assert_eq!(
        catalog.logs(&access, Page::first(100)).await.unwrap().items,
        logs
    );
    assert_eq!(
        catalog
            .create_logs(&access, by(&access), new(6..10))
            .await
            .unwrap()
            .len(),
        4
    );
}
