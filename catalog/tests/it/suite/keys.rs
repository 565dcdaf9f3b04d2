//! API keys.

use catalog::access::{Access, Actor, Role};
use catalog::{CatalogError, CatalogLimits, NewKey, Page, Quotas, Refusal};
use protocol::{LogId, Timestamp};

use super::{Fixture, by, limited_to, page, with_role};

fn new_key(secret: u8, role: Role) -> NewKey {
    NewKey {
        name: format!("key {secret}"),
        role,
        logs: None,
        expires_at: None,
        sha256: [secret; 32],
    }
}

#[tokio::test]
async fn a_key_is_never_above_its_maker() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let roles = [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner];
    for (maker_index, maker) in roles.into_iter().enumerate() {
        let access = with_role(&owner, maker);
        for (wanted_index, wanted) in roles.into_iter().enumerate() {
            let secret = u8::try_from(10 * maker_index + wanted_index).unwrap();
            let result = fixture
                .catalog
                .create_key(&access, by(&access), new_key(secret, wanted))
                .await;
            match result {
                Ok(key) => assert_eq!((key.role, wanted <= maker), (wanted, true)),
                Err(Refusal::RoleAboveMaker { .. }) => assert!(wanted > maker),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_limited_key_makes_keys_for_its_own_logs_only() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let stranger = fixture.tenant("other").await;
    let mine = fixture.log(&owner, "mine").await.id;
    let second = fixture.log(&owner, "second").await.id;
    let foreign = fixture.log(&stranger, "mine").await.id;
    let create = async |access: &Access, secret: u8, logs: Option<Vec<LogId>>| {
        let new = NewKey {
            logs,
            ..new_key(secret, Role::Member)
        };
        fixture.catalog.create_key(access, by(access), new).await
    };
    let limited = limited_to(&owner, &[mine]);
    let error = create(&limited, 1, None).await.unwrap_err();
    assert!(matches!(error, Refusal::LogsBeyondMaker));
    for (access, log) in [
        (&limited, second),
        (&owner, foreign),
        (&owner, LogId::generate()),
    ] {
        let error = create(access, 2, Some(vec![mine, log])).await.unwrap_err();
        assert!(matches!(error, Refusal::LogNotFound));
    }
    let key = create(&limited, 3, Some(vec![mine])).await.unwrap();
    assert_eq!(key.logs, Some(vec![mine]));
    let key = create(&owner, 4, Some(vec![second, mine])).await.unwrap();
    assert_eq!(key.logs, Some(vec![second, mine]));
}

#[tokio::test]
async fn admins_see_all_keys_and_others_their_own_newest_first() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let new = new_key(9, Role::Member);
    let maker = catalog.create_key(&owner, by(&owner), new).await.unwrap();
    let member = Access {
        actor: Actor::ApiKey(maker.id),
        role: Role::Member,
        ..owner.clone()
    };
    let mut made = vec![maker];
    for secret in 0..5 {
        let access = if secret == 1 { &member } else { &owner };
        let new = new_key(secret, Role::ReadOnly);
        made.push(catalog.create_key(access, by(access), new).await.unwrap());
    }
    made.reverse();
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let next = catalog
            .keys(&with_role(&owner, Role::Admin), page(2, cursor))
            .await
            .unwrap();
        assert!(next.items.len() <= 2);
        listed.extend(next.items);
        cursor = next.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, made);
    let own = catalog.keys(&member, Page::first(10)).await.unwrap();
    assert_eq!(own.items, [made[3].clone()]);
    let lower = with_role(&owner, Role::Member);
    assert_eq!(
        catalog
            .keys(&lower, Page::first(10))
            .await
            .unwrap()
            .items
            .len(),
        5
    );

    // Whoever does not see a key can't revoke it.
    let error = catalog.revoke_key(&lower, by(&lower), made[3].id).await;
    assert!(matches!(error, Err(Refusal::KeyNotFound)));
    assert_eq!(
        catalog
            .revoke_key(&member, by(&member), made[3].id)
            .await
            .unwrap(),
        [made[3].id]
    );
    let error = catalog.revoke_key(&owner, by(&owner), made[3].id).await;
    assert!(matches!(error, Err(Refusal::KeyNotFound)));
    assert_eq!(
        catalog
            .keys(&owner, Page::first(10))
            .await
            .unwrap()
            .items
            .len(),
        5
    );
}

#[tokio::test]
async fn the_number_of_keys_is_limited_and_revoked_ones_do_not_count() {
    let limits = CatalogLimits {
        quotas: Quotas {
            keys: 2,
            ..Quotas::default()
        },
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let owner = fixture.tenant("acme").await;
    let create = |secret: u8| {
        let new = new_key(secret, Role::ReadOnly);
        fixture.catalog.create_key(&owner, by(&owner), new)
    };
    let first = create(1).await.unwrap();
    create(2).await.unwrap();
    let error = create(3).await.unwrap_err();
    assert!(matches!(
        error,
        Refusal::KeyLimitReached { limit: 2, used: 2 }
    ));
    fixture
        .catalog
        .revoke_key(&owner, by(&owner), first.id)
        .await
        .unwrap();
    create(3).await.unwrap();
}

#[tokio::test]
async fn the_last_use_moves_forward_only_and_ends_with_the_key() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let new = new_key(1, Role::ReadOnly);
    let key = catalog.create_key(&owner, by(&owner), new).await.unwrap();
    let last = async || {
        let keys = catalog.keys(&owner, Page::first(10)).await.unwrap();
        keys.items[0].last_used_at
    };
    assert_eq!(last().await, None);
    catalog.note_key_use(&[]).await.unwrap();
    for (used, expected) in [(20, 20), (10, 20), (30, 30)] {
        catalog
            .note_key_use(&[(key.id, Timestamp(used))])
            .await
            .unwrap();
        assert_eq!(last().await, Some(Timestamp(expected)));
    }
    catalog
        .revoke_key(&owner, by(&owner), key.id)
        .await
        .unwrap();
    catalog
        .note_key_use(&[(key.id, Timestamp(40))])
        .await
        .unwrap();
    let rows = fixture
        .database
        .number("SELECT COUNT(*) FROM key_uses")
        .await;
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_name_beyond_its_limit_is_refused() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let new = NewKey {
        name: "k".repeat(129),
        ..new_key(1, Role::Member)
    };
    let error = fixture
        .catalog
        .create_key(&owner, by(&owner), new)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Refusal::Catalog(CatalogError::TooLong { limit: 128, .. })
    ));
}
