//! Keys that keys made.

use catalog::access::{Access, Actor, Role};
use catalog::{Key, NewKey, Page, Refusal};

use super::{Fixture, by};

fn new_key(secret: u8, role: Role) -> NewKey {
    NewKey {
        name: format!("key {secret}"),
        role,
        logs: None,
        expires_at: None,
        sha256: [secret; 32],
    }
}

/// What a holder of the key is.
fn holder(access: &Access, key: &Key) -> Access {
    Access {
        actor: Actor::ApiKey(key.id),
        role: key.role,
        ..access.clone()
    }
}

impl Fixture {
    async fn key(&self, access: &Access, secret: u8, role: Role) -> Key {
        let new = new_key(secret, role);
        let made = self.catalog.create_key(access, by(access), new).await;
        made.unwrap()
    }

    async fn role_of(&self, secret: u8) -> Option<Role> {
        let found = self.catalog.authenticate([secret; 32]).await.unwrap();
        found.map(|found| found.access.role)
    }
}

#[tokio::test]
async fn keys_that_a_key_made_end_with_it() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let first = fixture.key(&owner, 1, Role::Admin).await;
    let other = fixture.key(&owner, 2, Role::Admin).await;
    let child = fixture.key(&holder(&owner, &first), 3, Role::Member).await;
    let grandchild = fixture.key(&holder(&owner, &child), 4, Role::Member).await;
    let revoked = catalog.revoke_key(&owner, by(&owner), first.id).await;
    assert_eq!(revoked.unwrap(), [first.id, child.id, grandchild.id]);
    for secret in [1, 3, 4] {
        assert_eq!(fixture.role_of(secret).await, None);
    }
    let left = catalog.keys(&owner, Page::first(10)).await.unwrap();
    assert_eq!(left.items, [other]);
}

#[tokio::test]
async fn a_key_that_a_key_makes_does_not_outlive_it() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let end = fixture.in_seconds(100);
    let new = NewKey {
        expires_at: Some(end),
        ..new_key(1, Role::Member)
    };
    let maker = catalog.create_key(&owner, by(&owner), new).await.unwrap();
    let access = holder(&owner, &maker);
    let create = async |secret: u8, expires_at| {
        let new = NewKey {
            expires_at,
            ..new_key(secret, Role::Member)
        };
        catalog.create_key(&access, by(&access), new).await
    };
    assert_eq!(create(2, None).await.unwrap().expires_at, Some(end));
    let sooner = Some(fixture.in_seconds(99));
    assert_eq!(create(3, sooner).await.unwrap().expires_at, sooner);
    let later = create(4, Some(fixture.in_seconds(101))).await;
    assert!(matches!(later, Err(Refusal::OutlivesMaker(it)) if it == end));
}
