//! Second factors: secrets that are in no event, and codes that work once.

use catalog::{Catalog, CatalogLimits, Refusal, SECRET_BYTES, SecondFactor, SecondFactorCode};
use protocol::{RequestId, UserId};

use super::super::database::TestDatabase;
use super::{Fixture, user_of};

const SECRET: [u8; SECRET_BYTES] = [0xab; SECRET_BYTES];

/// Sets a second factor up whose secret gave the code of step 100, with the recovery codes 1 and 2.
async fn enable(catalog: &Catalog, user: UserId) {
    catalog.begin_second_factor(user, SECRET).await.unwrap();
    let codes = [[1; 32], [2; 32]];
    catalog
        .enable_second_factor(RequestId::generate(), user, (&SECRET, 100), &codes)
        .await
        .unwrap();
}

async fn factor(catalog: &Catalog, user: UserId) -> Option<SecondFactor> {
    catalog.second_factor(user).await.unwrap()
}

#[tokio::test]
async fn a_factor_is_on_once_its_secret_was_shown_to_be_known() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let user = user_of(&fixture.tenant("acme").await);
    let request = RequestId::generate();
    assert_eq!(factor(catalog, user).await, None);
    catalog.begin_second_factor(user, [1; 20]).await.unwrap();
    catalog.begin_second_factor(user, SECRET).await.unwrap();
    assert!(!factor(catalog, user).await.unwrap().confirmed);
    let step = SecondFactorCode::Step(1);
    assert!(!catalog.use_code(user, step).await.unwrap());
    // That of the secret that was forgotten meanwhile.
    let earlier = catalog.enable_second_factor(request, user, (&[1; 20], 1), &[]);
    assert!(matches!(earlier.await, Err(Refusal::SecondFactorOff)));
    enable(catalog, user).await;
    let on = factor(catalog, user).await.unwrap();
    assert_eq!((on.confirmed, on.recovery_codes_left), (true, 2));
    let again = catalog.begin_second_factor(user, [2; 20]).await;
    assert!(matches!(again, Err(Refusal::SecondFactorOn)));
    catalog.disable_second_factor(request, user).await.unwrap();
    assert_eq!(factor(catalog, user).await, None);
    let again = catalog.disable_second_factor(request, user).await;
    assert!(matches!(again, Err(Refusal::SecondFactorOff)));
    let renewed = catalog.replace_recovery_codes(request, user, &[]).await;
    assert!(matches!(renewed, Err(Refusal::SecondFactorOff)));
}

#[tokio::test]
async fn secrets_are_in_no_event_and_a_rebuild_leaves_them_alone() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let user = user_of(&fixture.tenant("acme").await);
    enable(catalog, user).await;
    let before = factor(catalog, user).await;
    assert!(catalog.rebuild().await.unwrap().equal());
    assert_eq!(factor(catalog, user).await, before);
    let request = RequestId::generate();
    let codes = [[3; 32]];
    let renewed = catalog.replace_recovery_codes(request, user, &codes);
    renewed.await.unwrap();
    catalog.disable_second_factor(request, user).await.unwrap();
    let payloads = "SELECT CAST(payload AS text) FROM control_events ORDER BY position";
    let events = fixture.database.texts(payloads).await.join("\n");
    for kind in [
        "second_factor_enabled",
        "recovery_codes_replaced",
        "second_factor_disabled",
    ] {
        assert!(events.contains(kind), "{events}");
    }
    for secret in [
        hex::encode(SECRET),
        hex::encode([1; 32]),
        hex::encode([3; 32]),
    ] {
        assert!(!events.contains(&secret), "{secret}");
    }
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_works_once_however_many_try_it_at_once() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let user = user_of(&fixture.tenant("acme").await);
    enable(catalog, user).await;
    for code in [
        SecondFactorCode::Step(101),
        SecondFactorCode::Recovery([1; 32]),
    ] {
        assert!(catalog.is_code_unused(user, code).await.unwrap());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let catalog = catalog.clone();
            tasks.spawn(async move { catalog.use_code(user, code).await.unwrap() });
        }
        let used = tasks.join_all().await;
        assert_eq!(used.iter().filter(|it| **it).count(), 1, "{code:?}");
        assert!(!catalog.is_code_unused(user, code).await.unwrap());
    }
    // Those of earlier steps went with it, and somebody else's are none.
    let stranger = user_of(&fixture.tenant("other").await);
    for (user, code) in [
        (user, SecondFactorCode::Step(100)),
        (user, SecondFactorCode::Step(101)),
        (stranger, SecondFactorCode::Step(200)),
        (stranger, SecondFactorCode::Recovery([2; 32])),
    ] {
        assert!(!catalog.use_code(user, code).await.unwrap(), "{code:?}");
    }
}

#[tokio::test]
async fn wrong_codes_are_counted_until_a_right_one_or_a_new_password() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let user = user_of(&fixture.tenant("acme").await);
    enable(catalog, user).await;
    let wrong = async |times: u64| {
        for _ in 0..times {
            catalog.note_wrong_code(user).await.unwrap();
        }
        factor(catalog, user).await.unwrap().wrong_codes
    };
    assert_eq!(wrong(3).await, 3);
    let used = catalog.use_code(user, SecondFactorCode::Step(101)).await;
    assert!(used.unwrap());
    assert_eq!(wrong(2).await, 2);
    let person = catalog.user(user).await.unwrap().unwrap();
    let new = "$argon2id$new".to_owned();
    catalog
        .change_password(RequestId::generate(), &person, new.clone(), [0; 32])
        .await
        .unwrap();
    assert_eq!(wrong(0).await, 0);
    // Whoever proved the password before it was changed changes nothing.
    let late = catalog.change_password(RequestId::generate(), &person, new, [0; 32]);
    assert!(matches!(late.await, Err(Refusal::PasswordChanged)));
}

#[tokio::test]
async fn a_backup_keeps_second_factors_and_brings_none_back_that_is_over() {
    let fixture = Fixture::new().await;
    let catalog = &fixture.catalog;
    let [kept, renewed, off] = [
        user_of(&fixture.tenant("kept").await),
        user_of(&fixture.tenant("renewed").await),
        user_of(&fixture.tenant("off").await),
    ];
    let codes = |user: u8| [[user; 32], [user + 1; 32]];
    for (user, number) in [(kept, 10), (renewed, 20), (off, 30)] {
        catalog.begin_second_factor(user, SECRET).await.unwrap();
        catalog
            .enable_second_factor(RequestId::generate(), user, (&SECRET, 1), &codes(number))
            .await
            .unwrap();
    }
    let backup = fixture.backup().await;
    fixture.clock.advance(std::time::Duration::from_secs(1));
    let since = i64::try_from(fixture.in_seconds(0).as_micros()).unwrap();
    let request = RequestId::generate();
    let replaced = catalog.replace_recovery_codes(request, renewed, &[[40; 32]]);
    replaced.await.unwrap();
    catalog.disable_second_factor(request, off).await.unwrap();
    let additions = catalog.dump_since(since).await.unwrap();

    let restored = TestDatabase::new().await;
    let restored = Fixture::on(restored, CatalogLimits::default()).await;
    let catalog = &restored.catalog;
    for rows in [backup, additions] {
        catalog.load(rows).await.unwrap();
    }
    assert!(catalog.finish_load().await.unwrap().events > 0);
    let left = async |user| factor(catalog, user).await.map(|it| it.recovery_codes_left);
    assert_eq!(
        (left(kept).await, left(renewed).await, left(off).await),
        (Some(2), Some(1), None)
    );
    let new = SecondFactorCode::Recovery([40; 32]);
    assert!(catalog.use_code(renewed, new).await.unwrap());
}

#[tokio::test]
async fn nothing_is_left_of_the_factor_of_someone_who_is_gone() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    enable(&fixture.catalog, user_of(&access)).await;
    let deletion = fixture
        .catalog
        .schedule_tenant_deletion(&access, super::by(&access), fixture.in_seconds(0))
        .await
        .unwrap();
    fixture.carry_on(deletion.id).await;
    for table in ["second_factors", "recovery_codes"] {
        assert_eq!(fixture.database.rows(table).await, [""; 0], "{table}");
    }
}
