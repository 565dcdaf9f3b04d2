//! Secrets of one key that are of several people: what goes when one of them does.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{Key, NewKey, NewSession, Refusal};
use protocol::KeyId;

use super::{Fixture, by, user_of};

const DAY: Duration = Duration::from_secs(86_400);

fn new_key(secret: u8, role: Role) -> NewKey {
    NewKey {
        name: format!("key {secret}"),
        role,
        logs: None,
        expires_at: None,
        sha256: [secret; 32],
    }
}

/// A tenant with an owner and two admins.
struct People {
    fixture: Fixture,
    owner: Access,
    ada: Access,
    bob: Access,
}

impl People {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let owner = fixture.tenant("acme").await;
        let ada = fixture.member(&owner, "ada@x.example", Role::Admin).await;
        let bob = fixture.member(&owner, "bob@x.example", Role::Admin).await;
        Self {
            fixture,
            owner,
            ada,
            bob,
        }
    }

    /// A key that Ada made, with secret 1, and Bob rotated, so that 2 is the present one.
    async fn handed_over(&self, role: Role) -> KeyId {
        let key = self.key(&self.ada, 1, role).await.id;
        self.fixture.rotate(&self.bob, key, 2, DAY).await;
        assert_eq!(self.fixture.working(&[1, 2]).await, [1, 2]);
        key
    }

    async fn key(&self, maker: &Access, secret: u8, role: Role) -> Key {
        let new = new_key(secret, role);
        let catalog = &self.fixture.catalog;
        catalog.create_key(maker, by(maker), new).await.unwrap()
    }

    /// What the holder of a secret may do.
    async fn holder(&self, secret: u8) -> Access {
        let found = self.fixture.catalog.authenticate([secret; 32]).await;
        found.unwrap().unwrap().access
    }

    /// A token that is exchanged for a secret.
    async fn exchange(&self, secret: u8, token: u8) {
        let holder = self.holder(secret).await;
        let session = NewSession {
            token_sha256: [token; 32],
            tenant: holder.tenant,
            actor: holder.actor,
            role: holder.role,
            logs: None,
            expires_at: self.fixture.in_seconds(60),
            password_hash: None,
            secret: holder.secret,
            origin: catalog::Origin::default(),
        };
        let catalog = &self.fixture.catalog;
        catalog.create_session(session).await.unwrap();
    }

    async fn remove(&self, person: &Access) -> u64 {
        let (catalog, owner) = (&self.fixture.catalog, &self.owner);
        let removed = catalog.remove_member(owner, by(owner), user_of(person));
        removed.await.unwrap()
    }

    async fn demote(&self, person: &Access, role: Role) {
        let (catalog, owner) = (&self.fixture.catalog, &self.owner);
        let changed = catalog.change_role(owner, by(owner), user_of(person), role);
        changed.await.unwrap();
    }

    async fn is_rebuilt_equal(&self) {
        let report = self.fixture.catalog.rebuild().await.unwrap();
        assert!(report.equal(), "{report:?}");
    }
}

#[tokio::test]
async fn an_earlier_secret_ends_when_its_person_is_removed() {
    let people = People::new().await;
    people.handed_over(Role::Member).await;
    people.exchange(1, 101).await;
    people.exchange(2, 102).await;
    let all = [1, 2, 101, 102];
    assert_eq!(people.fixture.working(&all).await, all);
    // The key is Bob's by now, and goes on.
    assert_eq!(people.remove(&people.ada).await, 0);
    assert_eq!(people.fixture.working(&all).await, [2, 102]);
    people.is_rebuilt_equal().await;
    // Whoever comes back gets nothing back.
    let (fixture, owner) = (&people.fixture, &people.owner);
    fixture.member(owner, "ada@x.example", Role::Admin).await;
    assert_eq!(fixture.working(&all).await, [2, 102]);
}

#[tokio::test]
async fn an_earlier_secret_ends_when_its_person_falls_below_the_key() {
    let people = People::new().await;
    let key = people.handed_over(Role::Member).await;
    people.exchange(1, 101).await;
    // Neither below the key, nor the person behind its present secret.
    people.demote(&people.ada, Role::Member).await;
    assert_eq!(people.fixture.working(&[1, 2, 101]).await, [1, 2, 101]);
    people.demote(&people.ada, Role::ReadOnly).await;
    assert_eq!(people.fixture.working(&[1, 2, 101]).await, [2]);
    assert_eq!(people.holder(2).await.role, Role::Member);
    people.is_rebuilt_equal().await;
    // Of the key that is Bob's, all secrets are lowered with him.
    people.fixture.rotate(&people.bob, key, 3, DAY).await;
    people.demote(&people.bob, Role::ReadOnly).await;
    for secret in [2, 3] {
        assert_eq!(people.holder(secret).await.role, Role::ReadOnly);
    }
    people.is_rebuilt_equal().await;
}

#[tokio::test]
async fn what_was_made_with_an_earlier_secret_goes_with_its_person() {
    let people = People::new().await;
    people.handed_over(Role::Member).await;
    let (of_ada, of_bob) = (people.holder(1).await, people.holder(2).await);
    people.key(&of_ada, 11, Role::Member).await;
    people.key(&people.holder(11).await, 12, Role::Member).await;
    people.key(&of_bob, 21, Role::Member).await;
    assert_eq!(people.remove(&people.ada).await, 2);
    let all = [1, 2, 11, 12, 21];
    assert_eq!(people.fixture.working(&all).await, [2, 21]);
    people.is_rebuilt_equal().await;
}

#[tokio::test]
async fn a_key_that_is_rotated_with_an_earlier_secret_is_of_that_ones_person() {
    let people = People::new().await;
    // A key of an admin sees itself.
    let key = people.handed_over(Role::Admin).await;
    let of_ada = people.holder(1).await;
    people.fixture.rotate(&of_ada, key, 3, DAY).await;
    assert_eq!(people.remove(&people.bob).await, 0);
    assert_eq!(people.fixture.working(&[1, 2, 3]).await, [1, 3]);
    people.is_rebuilt_equal().await;
    assert_eq!(people.remove(&people.ada).await, 1);
    assert_eq!(people.fixture.working(&[1, 2, 3]).await, [0; 0]);
    people.is_rebuilt_equal().await;
}

/// What a node has cached may be a moment old; what it changes must not.
#[tokio::test]
async fn who_has_just_lost_a_secret_or_a_membership_changes_nothing_with_it() {
    let people = People::new().await;
    let key = people.handed_over(Role::Admin).await;
    let of_ada = people.holder(1).await;
    people.remove(&people.ada).await;
    let catalog = &people.fixture.catalog;
    for late in [&of_ada, &people.ada] {
        let new = new_key(9, Role::ReadOnly);
        let made = catalog.create_key(late, by(late), new).await;
        assert!(matches!(made, Err(Refusal::ActorGone)));
        let rotated = catalog.rotate_key(late, by(late), key, [9; 32], DAY).await;
        assert!(matches!(rotated, Err(Refusal::ActorGone)));
        let bob = user_of(&people.bob);
        let removed = catalog.change_role(late, by(late), bob, Role::Member).await;
        assert!(matches!(removed, Err(Refusal::ActorGone)));
    }
    // A role that was lost does not rotate what is above the one that is left.
    people.demote(&people.bob, Role::Member).await;
    let above = people.key(&people.owner, 5, Role::Admin).await.id;
    let bob = &people.bob;
    let rotated = catalog.rotate_key(bob, by(bob), above, [9; 32], DAY).await;
    assert!(matches!(rotated, Err(Refusal::KeyAboveYou { .. })));
}

/// As a catalog was before secrets had people, and as an upgrade leaves it.
#[tokio::test]
async fn an_upgrade_gives_earlier_secrets_their_people() {
    let people = People::new().await;
    let key = people.handed_over(Role::Member).await;
    people.fixture.rotate(&people.owner, key, 3, DAY).await;
    let made = people.key(&people.holder(3).await, 4, Role::Member).await;
    people.fixture.rotate(&people.bob, made.id, 5, DAY).await;
    let before = people.fixture.dump().await;
    let database = &people.fixture.database;
    for statement in [
        "DROP INDEX earlier_secrets_user",
        "ALTER TABLE earlier_secrets DROP COLUMN user_id",
        "ALTER TABLE sessions DROP COLUMN secret_sha256",
        "DELETE FROM seaql_migrations WHERE version LIKE '%m0012%'",
    ] {
        database.execute(statement).await;
    }
    people.fixture.catalog.migrate().await.unwrap();
    assert_eq!(people.fixture.dump().await, before);
    people.is_rebuilt_equal().await;
}
