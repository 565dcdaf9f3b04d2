//! Members: who acts on whom, and what goes with a role and a membership.

use std::time::Duration;

use catalog::access::{Access, Actor, Role};
use catalog::{Key, NewKey, NewSession, Page, Refusal};
use protocol::UserId;

use super::{Fixture, by, page, user_of, with_role};

async fn key(fixture: &Fixture, maker: &Access, secret: u8, role: Role) -> Key {
    let new = NewKey {
        name: format!("key {secret}"),
        role,
        logs: None,
        expires_at: None,
        sha256: [secret; 32],
    };
    let created = fixture.catalog.create_key(maker, by(maker), new).await;
    created.unwrap()
}

fn key_access(owner: &Access, key: &Key) -> Access {
    Access {
        actor: Actor::ApiKey(key.id),
        role: key.role,
        ..owner.clone()
    }
}

async fn role_of(fixture: &Fixture, token: [u8; 32]) -> Option<Role> {
    let found = fixture.catalog.authenticate(token).await.unwrap();
    found.map(|found| found.access.role)
}

async fn session(fixture: &Fixture, access: &Access, token: u8) -> [u8; 32] {
    let new = NewSession {
        token_sha256: [token; 32],
        tenant: access.tenant,
        actor: access.actor,
        role: access.role,
        logs: None,
        expires_at: fixture.in_seconds(600),
        password_hash: None,
        secret: None,
        origin: catalog::Origin::default(),
    };
    fixture.catalog.create_session(new).await.unwrap();
    [token; 32]
}

#[tokio::test]
async fn members_are_listed_in_the_order_in_which_they_registered() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let mut expected = vec![(user_of(&owner), Role::Owner)];
    for (email, role) in [
        ("a@x.example", Role::Admin),
        ("b@x.example", Role::Member),
        ("c@x.example", Role::ReadOnly),
    ] {
        // Ids of the same millisecond have an order of their own.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let member = fixture.member(&owner, email, role).await;
        expected.push((user_of(&member), role));
    }
    let stranger = fixture.tenant("other").await;
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let found = fixture.catalog.members(&owner, page(3, cursor)).await;
        let found = found.unwrap();
        listed.extend(found.items);
        cursor = found.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let roles: Vec<_> = listed.iter().map(|it| (it.user, it.role)).collect();
    assert_eq!(roles, expected);
    assert_eq!(listed[1].email, "a@x.example");
    let others = fixture.catalog.members(&stranger, Page::first(9)).await;
    assert_eq!(others.unwrap().items.len(), 1);
}

/// Every actor on every member, as published.
#[tokio::test]
async fn nobody_acts_on_an_equal_or_higher_role() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let roles = [Role::ReadOnly, Role::Member, Role::Admin];
    let mut people = vec![owner.clone()];
    for role in roles {
        for number in 0..2 {
            let email = format!("{role}{number}@x.example");
            people.push(fixture.member(&owner, &email, role).await);
        }
    }
    let before = fixture.dump().await;
    for actor in &people {
        for target in people.iter().filter(|it| it.actor != actor.actor) {
            let allowed = actor.role >= Role::Admin && actor.role > target.role;
            // The same role again changes nothing, so every pair finds the same tenant.
            let result = fixture
                .catalog
                .change_role(actor, by(actor), user_of(target), target.role)
                .await;
            match result {
                Ok(member) => assert!(allowed && member.role == target.role),
                Err(Refusal::OwnerStays) => assert_eq!(target.role, Role::Owner),
                Err(Refusal::NotBelowYou { .. }) => assert!(!allowed),
                Err(error) => panic!("{error}"),
            }
            if !allowed {
                let removed = fixture
                    .catalog
                    .remove_member(actor, by(actor), user_of(target))
                    .await;
                assert!(matches!(
                    removed,
                    Err(Refusal::OwnerStays | Refusal::NotBelowYou { .. })
                ));
            }
        }
        let oneself = fixture
            .catalog
            .remove_member(actor, by(actor), user_of(actor))
            .await;
        assert!(matches!(oneself, Err(Refusal::Yourself)));
    }
    assert_eq!(fixture.dump().await, before);
}

#[tokio::test]
async fn a_role_above_the_own_is_not_given_and_what_is_gone_is_not_found() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let admin = fixture.member(&owner, "a@x.example", Role::Admin).await;
    let member = fixture.member(&owner, "b@x.example", Role::Member).await;
    let catalog = &fixture.catalog;
    let change = async |access: &Access, target: UserId, role: Role| {
        catalog.change_role(access, by(access), target, role).await
    };
    let changed = change(&admin, user_of(&member), Role::Admin).await.unwrap();
    assert_eq!(changed.role, Role::Admin);
    let back = change(&admin, user_of(&member), Role::Member).await;
    assert!(matches!(back, Err(Refusal::NotBelowYou { .. })));
    let crowned = change(&admin, user_of(&member), Role::Owner).await;
    assert!(crowned.is_err());
    let stranger = fixture.tenant("other").await;
    for target in [user_of(&stranger), UserId::generate()] {
        let result = change(&owner, target, Role::Member).await;
        assert!(matches!(result, Err(Refusal::MemberNotFound)));
        let result = catalog.remove_member(&owner, by(&owner), target).await;
        assert!(matches!(result, Err(Refusal::MemberNotFound)));
    }
    // An admin that was demoted a moment ago, and does not know it yet.
    change(&owner, user_of(&admin), Role::ReadOnly)
        .await
        .unwrap();
    let late = change(&admin, user_of(&member), Role::Member).await;
    assert!(matches!(late, Err(Refusal::NotBelowYou { .. })));
}

#[tokio::test]
async fn the_owner_hands_the_tenant_over_in_person() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let next = fixture.member(&owner, "a@x.example", Role::Member).await;
    let catalog = &fixture.catalog;
    let owner_key = key(&fixture, &owner, 1, Role::Owner).await;
    let by_key = key_access(&owner, &owner_key);
    let refused = catalog
        .change_role(&by_key, by(&by_key), user_of(&next), Role::Owner)
        .await;
    assert!(matches!(refused, Err(Refusal::OwnerInPersonOnly)));
    let crowned = catalog
        .change_role(&owner, by(&owner), user_of(&next), Role::Owner)
        .await;
    assert_eq!(crowned.unwrap().role, Role::Owner);
    let members = catalog.members(&next, Page::first(9)).await.unwrap();
    let roles: Vec<_> = members.items.iter().map(|it| it.role).collect();
    assert_eq!(roles, [Role::Admin, Role::Owner]);
    assert_eq!(role_of(&fixture, [1; 32]).await, Some(Role::Admin));
    // The old owner is an admin, whatever its session says.
    let again = catalog
        .change_role(&owner, by(&owner), user_of(&next), Role::Admin)
        .await;
    assert!(matches!(again, Err(Refusal::OwnerStays)));
    let next = with_role(&next, Role::Owner);
    let removed = catalog
        .remove_member(&next, by(&next), user_of(&owner))
        .await;
    assert_eq!(removed.unwrap(), 1);
}

#[tokio::test]
async fn keys_and_sessions_are_never_above_the_person_behind_them() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let admin = fixture.member(&owner, "a@x.example", Role::Admin).await;
    let catalog = &fixture.catalog;
    let first = key(&fixture, &admin, 1, Role::Admin).await;
    // Keys that keys made have the same person behind them.
    let second = key(&fixture, &key_access(&admin, &first), 2, Role::Admin).await;
    key(&fixture, &key_access(&admin, &second), 3, Role::ReadOnly).await;
    let other = key(&fixture, &owner, 4, Role::Admin).await;
    let token = session(&fixture, &admin, 9).await;
    catalog
        .change_role(&owner, by(&owner), user_of(&admin), Role::Member)
        .await
        .unwrap();
    for (token, role) in [
        ([1; 32], Role::Member),
        ([2; 32], Role::Member),
        ([3; 32], Role::ReadOnly),
        ([4; 32], Role::Admin),
        (token, Role::Member),
    ] {
        assert_eq!(role_of(&fixture, token).await, Some(role));
    }
    // Neither does a stale session make a key above the present role.
    let new = NewKey {
        name: "late".to_owned(),
        role: Role::Admin,
        logs: None,
        expires_at: None,
        sha256: [5; 32],
    };
    let late = catalog.create_key(&admin, by(&admin), new.clone()).await;
    assert!(matches!(late, Err(Refusal::RoleAboveMaker { own, .. }) if own == Role::Member));
    // Being promoted again gives no key back what it lost.
    catalog
        .change_role(&owner, by(&owner), user_of(&admin), Role::Admin)
        .await
        .unwrap();
    assert_eq!(role_of(&fixture, [1; 32]).await, Some(Role::Member));

    let removed = catalog
        .remove_member(&owner, by(&owner), user_of(&admin))
        .await;
    assert_eq!(removed.unwrap(), 3);
    for token in [[1; 32], [2; 32], [3; 32], token] {
        assert_eq!(role_of(&fixture, token).await, None);
    }
    assert_eq!(role_of(&fixture, [4; 32]).await, Some(Role::Admin));
    let keys = catalog.keys(&owner, Page::first(9)).await.unwrap();
    assert_eq!(keys.items, [other]);
    for actor in [admin.clone(), key_access(&admin, &first)] {
        let late = catalog.create_key(&actor, by(&actor), new.clone()).await;
        assert!(matches!(late, Err(Refusal::ActorGone)));
    }

    // Whoever comes back has to log in again.
    fixture.member(&owner, "a@x.example", Role::Admin).await;
    assert_eq!(role_of(&fixture, token).await, None);
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn a_key_goes_with_whoever_gave_it_its_present_secret() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let [first, second] = ["a@x.example", "b@x.example"];
    let first = fixture.member(&owner, first, Role::Admin).await;
    let second = fixture.member(&owner, second, Role::Admin).await;
    let catalog = &fixture.catalog;
    let made = key(&fixture, &first, 1, Role::Member).await;
    catalog
        .rotate_key(&second, by(&second), made.id, [2; 32], Duration::ZERO)
        .await
        .unwrap();
    for (person, keys_revoked) in [(&first, 0), (&second, 1)] {
        let removed = catalog
            .remove_member(&owner, by(&owner), user_of(person))
            .await;
        assert_eq!(removed.unwrap(), keys_revoked);
    }
    assert_eq!(role_of(&fixture, [2; 32]).await, None);
}

#[tokio::test]
async fn a_key_removes_nobody_who_is_behind_it() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let key = key(&fixture, &owner, 1, Role::Owner).await;
    let access = key_access(&owner, &key);
    let result = fixture
        .catalog
        .remove_member(&access, by(&access), user_of(&owner))
        .await;
    assert!(matches!(result, Err(Refusal::Yourself)));
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_opens_no_session() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let new = |hash: &str| NewSession {
        token_sha256: [1; 32],
        tenant: owner.tenant,
        actor: owner.actor,
        role: Role::Owner,
        logs: None,
        expires_at: fixture.in_seconds(60),
        password_hash: Some(hash.to_owned()),
        secret: None,
        origin: catalog::Origin::default(),
    };
    let old = fixture.catalog.create_session(new("$argon2id$old")).await;
    assert!(matches!(old, Err(Refusal::PasswordChanged)));
    let present = fixture.catalog.create_session(new("$argon2id$hash")).await;
    present.unwrap();
}
