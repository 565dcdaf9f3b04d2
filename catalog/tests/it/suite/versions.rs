//! Versions: building, live, retired, failed, halted.

use catalog::access::Access;
use catalog::{
    CatalogError, CatalogLimits, Page, Refusal, Version, VersionError, VersionState, View,
    ViewState,
};
use protocol::view::Halt;
use protocol::{Sequence, TenantId, VersionId};

use super::{Fixture, by, limited_to, name, new_version, page, system};

fn halt(sequence: u64, message: &str) -> Halt {
    Halt {
        sequence: Sequence::new(sequence).unwrap(),
        message: message.to_owned(),
    }
}

fn states(view: &View) -> Vec<(u32, VersionState)> {
    let state = |version: &Version| (version.number, version.state);
    view.versions.iter().map(state).collect()
}

async fn view_of(fixture: &Fixture, access: &Access, view: &View) -> View {
    let stored = fixture.catalog.view(access, view.log, &view.name).await;
    stored.unwrap().unwrap()
}

#[tokio::test]
async fn a_version_goes_live_and_the_one_before_it_retires_and_comes_back() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (uploaded, first) = fixture.upload(&access, log.id, "totals").await;
    let catalog = &fixture.catalog;
    let activate = async |id: VersionId| {
        fixture.activate(&access, id).await.unwrap();
        view_of(&fixture, &access, &uploaded).await
    };
    let view = activate(first.id).await;
    assert_eq!(view.live, Some(first.id));
    assert_eq!(
        view.live_version().unwrap().activated_at,
        Some(fixture.in_seconds(0))
    );
    let (_, second) = fixture.upload(&access, log.id, "totals").await;
    let view = activate(second.id).await;
    assert_eq!(view.live, Some(second.id));
    let expected = [(2, VersionState::Live), (1, VersionState::Retired)];
    assert_eq!(states(&view), expected);
    // Once more changes nothing, and records nothing.
    let before = catalog
        .audit(&access, Default::default(), Page::first(99))
        .await
        .unwrap();
    assert_eq!(activate(second.id).await, view);
    let after = catalog
        .audit(&access, Default::default(), Page::first(99))
        .await
        .unwrap();
    assert_eq!(after, before);
    let view = activate(first.id).await;
    assert_eq!(
        states(&view),
        [(2, VersionState::Retired), (1, VersionState::Live)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_older_version_never_replaces_a_newer_one_whichever_commits_first() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let limits = CatalogLimits::default();
    let other = fixture.database.open(fixture.clock.clone(), limits).await;
    let nodes = [fixture.catalog.clone(), other.unwrap()];
    let applied = Sequence::new(7).unwrap();
    let finish = |node: usize, id: VersionId| {
        let (catalog, tenant) = (nodes[node].clone(), access.tenant);
        async move {
            catalog
                .finish_build(tenant, system(), id, applied)
                .await
                .unwrap()
        }
    };
    for round in 0..24 {
        let view = format!("view-{round}");
        let (_, first) = fixture.upload(&access, log.id, &view).await;
        let (_, second) = fixture.upload(&access, log.id, &view).await;
        let (view, third) = fixture.upload(&access, log.id, &view).await;
        let live = finish(0, first.id).await;
        assert_eq!(live, VersionState::Live);
        // Some rounds one after the other, the others at the same time.
        let (node, newer) = (round % 2, third.id);
        let [second, third] = match round {
            0 => [finish(0, second.id).await, finish(1, newer).await],
            1 => {
                let newer = finish(1, newer).await;
                [finish(0, second.id).await, newer]
            }
            _ => {
                let (newer, older) = (finish(node, newer), finish(1 - node, second.id));
                tokio::join!(older, newer).into()
            }
        };
        assert_eq!(third, VersionState::Live);
        let stored = view_of(&fixture, &access, &view).await;
        assert_eq!(stored.live, Some(newer), "round {round}");
        // It was live before the newer one, or it failed after it.
        let older = &stored.versions[1];
        match second {
            VersionState::Live => assert_eq!(older.state, VersionState::Retired),
            VersionState::Failed => {
                assert_eq!(older.state, VersionState::Failed);
                let message = "a newer version of the view went live before this one was built";
                assert_eq!(older.halted, Some(halt(7, message)));
            }
            state => panic!("round {round}: {state}"),
        }
        // A build that ends once more changes nothing.
        let again = finish(1 - node, older.id).await;
        assert_eq!(again, older.state);
        assert_eq!(view_of(&fixture, &access, &view).await, stored);
    }
}

#[tokio::test]
async fn a_failed_version_never_goes_live() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (view, version) = fixture.upload(&access, log.id, "totals").await;
    let catalog = &fixture.catalog;
    let fail =
        |message: &str| catalog.fail_version(access.tenant, system(), version.id, halt(7, message));
    fail("trapped").await.unwrap();
    fail("again").await.unwrap();
    let stored = view_of(&fixture, &access, &view).await;
    assert_eq!(states(&stored), [(1, VersionState::Failed)]);
    assert_eq!(stored.versions[0].halted, Some(halt(7, "trapped")));
    let error = fixture.activate(&access, version.id).await;
    assert!(matches!(
        error,
        Err(VersionError::WrongState(VersionState::Failed))
    ));
    let (_, second) = fixture.upload(&access, log.id, "totals").await;
    fixture.activate(&access, second.id).await.unwrap();
    let error = catalog
        .fail_version(access.tenant, system(), second.id, halt(0, ""))
        .await;
    assert!(matches!(
        error,
        Err(VersionError::WrongState(VersionState::Live))
    ));
}

#[tokio::test]
async fn the_first_halt_of_a_live_version_stands() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (view, version) = fixture.upload(&access, log.id, "totals").await;
    let catalog = &fixture.catalog;
    fixture.activate(&access, version.id).await.unwrap();
    for (sequence, message) in [(9, "first"), (5, "second")] {
        catalog
            .halt_version(access.tenant, system(), version.id, halt(sequence, message))
            .await
            .unwrap();
    }
    let stored = view_of(&fixture, &access, &view).await;
    assert_eq!(states(&stored), [(1, VersionState::Live)]);
    assert_eq!(stored.versions[0].halted, Some(halt(9, "first")));
    assert_eq!(
        stored.versions[0].spec(&stored).halted,
        Some(halt(9, "first"))
    );
}

#[tokio::test]
async fn a_long_message_of_a_halt_is_cut_between_characters() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let (view, version) = fixture.upload(&access, log.id, "totals").await;
    let message = format!("x{}", "é".repeat(5_000));
    fixture
        .catalog
        .halt_version(access.tenant, system(), version.id, halt(1, &message))
        .await
        .unwrap();
    let stored = view_of(&fixture, &access, &view).await;
    let stored = stored.versions[0].halted.clone().unwrap();
    assert_eq!(stored.message.len(), 1_023);
    assert!(message.starts_with(&stored.message));
}

#[tokio::test]
async fn versions_of_other_tenants_do_not_exist() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    let log = fixture.log(&access, "orders").await;
    let (_, version) = fixture.upload(&access, log.id, "totals").await;
    let catalog = &fixture.catalog;
    for tenant in [other.tenant, TenantId::generate()] {
        let ids = [version.id];
        let activated = catalog.activate_versions(tenant, system(), &ids).await;
        assert!(matches!(activated, Err(VersionError::NotFound)));
        let failed = catalog
            .fail_version(tenant, system(), version.id, halt(1, ""))
            .await;
        assert!(matches!(failed, Err(VersionError::NotFound)));
        let halted = catalog
            .halt_version(tenant, system(), version.id, halt(1, ""))
            .await;
        assert!(matches!(halted, Err(VersionError::NotFound)));
    }
}

#[tokio::test]
async fn versions_that_are_being_built_are_found_again() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    let [log, foreign] = [
        fixture.log(&access, "orders").await,
        fixture.log(&other, "orders").await,
    ];
    let (view, first) = fixture.upload(&access, log.id, "totals").await;
    let (_, live) = fixture.upload(&access, log.id, "live").await;
    let (foreign_view, second) = fixture.upload(&other, foreign.id, "totals").await;
    let catalog = &fixture.catalog;
    fixture.activate(&access, live.id).await.unwrap();
    let building = catalog.building_versions().await.unwrap();
    let expected = [
        (access.tenant, first.spec(&view)),
        (other.tenant, second.spec(&foreign_view)),
    ];
    assert_eq!(building, expected);
}

#[tokio::test]
async fn the_oldest_idle_versions_make_room_and_numbers_go_on() {
    let limits = CatalogLimits {
        versions_per_view: 2,
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let catalog = &fixture.catalog;
    let (_, first) = fixture.upload(&access, log.id, "totals").await;
    fixture.upload(&access, log.id, "totals").await;
    let upload = || {
        let new = new_version(3);
        catalog.upload_version(&access, by(&access), log.id, name("totals"), new)
    };
    // Both are being built: nothing may go.
    let error = upload().await.unwrap_err();
    assert!(matches!(error, Refusal::TooManyBuilding(2)));
    catalog
        .fail_version(access.tenant, system(), first.id, halt(0, "no"))
        .await
        .unwrap();
    let (view, _) = upload().await.unwrap();
    let numbers: Vec<u32> = view.versions.iter().map(|version| version.number).collect();
    assert_eq!(numbers, [3, 2]);
    assert_eq!(view_of(&fixture, &access, &view).await, view);
    let deletions = catalog.pending_removals(10).await.unwrap();
    assert_eq!(deletions.len(), 1);
    assert_eq!(deletions[0].versions, [first.id]);
    assert!(catalog.component_in_use(first.component).await.unwrap());
}

#[tokio::test]
async fn many_versions_are_uploaded_and_activated_all_or_none() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let log = fixture.log(&access, "orders").await;
    let catalog = &fixture.catalog;
    let new = |view: &str| (log.id, name(view), new_version(1));
    let uploaded = catalog
        .upload_versions(&access, by(&access), vec![new("a"), new("b"), new("a")])
        .await
        .unwrap();
    let numbers: Vec<u32> = uploaded.iter().map(|(_, version)| version.number).collect();
    assert_eq!(numbers, [1, 1, 2]);
    let ids: Vec<VersionId> = uploaded.iter().map(|(_, version)| version.id).collect();
    let unknown = [ids[0], VersionId::generate()];
    let error = catalog
        .activate_versions(access.tenant, system(), &unknown)
        .await;
    assert!(matches!(error, Err(VersionError::NotFound)));
    assert_eq!(catalog.building_versions().await.unwrap().len(), 3);
    catalog
        .activate_versions(access.tenant, system(), &ids)
        .await
        .unwrap();
    let newest = view_of(&fixture, &access, &uploaded[2].0).await;
    assert_eq!(newest.live, Some(ids[2]));
    assert_eq!(catalog.building_versions().await.unwrap(), []);
}

#[tokio::test]
async fn the_views_of_all_logs_are_found_by_what_they_do() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let (catalog, tenant) = (&fixture.catalog, access.tenant);
    let [orders, visits] = [
        fixture.log(&access, "orders").await,
        fixture.log(&access, "visits").await,
    ];
    fixture.upload(&access, orders.id, "building").await;
    let (_, live) = fixture.upload(&access, visits.id, "live").await;
    fixture.activate(&access, live.id).await.unwrap();
    // A build that fails beside a live version changes nothing for those who query the view.
    let (_, next) = fixture.upload(&access, visits.id, "live").await;
    let fail = async |id| {
        let failed = catalog.fail_version(tenant, system(), id, halt(1, "trapped"));
        failed.await.unwrap();
    };
    fail(next.id).await;
    let (_, halted) = fixture.upload(&access, orders.id, "halted").await;
    fixture.activate(&access, halted.id).await.unwrap();
    let at = halt(7, "trapped");
    catalog
        .halt_version(tenant, system(), halted.id, at)
        .await
        .unwrap();
    let (_, failed) = fixture.upload(&access, orders.id, "failed").await;
    fail(failed.id).await;
    let other = fixture.tenant("other").await;
    let theirs = fixture.log(&other, "orders").await;
    fixture.upload(&other, theirs.id, "x").await;

    let found = async |access: &Access, state, page| {
        let views = catalog.all_views(access, state, page).await.unwrap();
        let names: Vec<String> = views
            .items
            .into_iter()
            .map(|view| view.name.into())
            .collect();
        (names.join(" "), views.next_cursor)
    };
    let named = async |state| found(&access, state, Page::first(9)).await.0;
    assert_eq!(named(None).await, "failed halted live building");
    assert_eq!(named(Some(ViewState::Live)).await, "live");
    assert_eq!(named(Some(ViewState::Building)).await, "building");
    assert_eq!(named(Some(ViewState::Failed)).await, "failed halted");
    let limited = limited_to(&access, &[visits.id]);
    assert_eq!(found(&limited, None, Page::first(9)).await.0, "live");

    let (first, cursor) = found(&access, None, Page::first(3)).await;
    assert_eq!(first, "failed halted live");
    let next = page(3, cursor);
    assert_eq!(
        found(&access, None, next.clone()).await,
        ("building".to_owned(), None)
    );
    let error = catalog
        .all_views(&access, Some(ViewState::Live), next)
        .await;
    assert!(
        matches!(error, Err(CatalogError::InvalidCursor)),
        "{error:?}"
    );
}
