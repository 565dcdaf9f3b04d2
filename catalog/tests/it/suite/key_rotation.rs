//! Keys that get another secret.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{NewKey, NewSession, Page, Refusal};
use protocol::KeyId;

use super::{Fixture, by, limited_to, with_role};

const DAY: Duration = Duration::from_secs(86_400);

fn new_key(secret: u8) -> NewKey {
    NewKey {
        name: "ci".to_owned(),
        role: Role::Member,
        logs: None,
        expires_at: None,
        sha256: [secret; 32],
    }
}

impl Fixture {
    pub(super) async fn rotate(&self, access: &Access, key: KeyId, secret: u8, overlap: Duration) {
        let rotated = self
            .catalog
            .rotate_key(access, by(access), key, [secret; 32], overlap)
            .await;
        rotated.unwrap();
    }

    /// Which of the secrets are let in.
    pub(super) async fn working(&self, secrets: &[u8]) -> Vec<u8> {
        let mut working = Vec::new();
        for secret in secrets {
            let found = self.catalog.authenticate([*secret; 32]).await.unwrap();
            if found.is_some() {
                working.push(*secret);
            }
        }
        working
    }
}

#[tokio::test]
async fn earlier_secrets_work_until_their_overlap_ends() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let made = catalog.create_key(&owner, by(&owner), new_key(1)).await;
    let key = made.unwrap();
    let (rotated, until) = catalog
        .rotate_key(&owner, by(&owner), key.id, [2; 32], DAY)
        .await
        .unwrap();
    assert_eq!((rotated.id, rotated.role), (key.id, key.role));
    assert_eq!(until, Some(fixture.in_seconds(86_400)));
    let listed = catalog.keys(&owner, Page::first(10)).await.unwrap();
    assert_eq!(listed.items, [rotated]);

    let earlier = catalog.authenticate([1; 32]).await.unwrap().unwrap();
    let present = catalog.authenticate([2; 32]).await.unwrap().unwrap();
    let otherwise_equal = Access {
        secret: Some([2; 32]),
        ..earlier.access
    };
    assert_eq!(otherwise_equal, present.access);
    assert_eq!((earlier.expires_at, present.expires_at), (until, None));

    // A second rotation, as after a lost answer, takes nothing from the first secret.
    fixture.clock.advance(DAY / 2);
    fixture.rotate(&owner, key.id, 3, DAY).await;
    assert_eq!(fixture.working(&[1, 2, 3]).await, [1, 2, 3]);
    fixture.clock.advance(DAY / 2);
    assert_eq!(fixture.working(&[1, 2, 3]).await, [2, 3]);
    fixture.clock.advance(DAY / 2);
    assert_eq!(fixture.working(&[1, 2, 3]).await, [3]);
    // A rotation removes what has ended.
    fixture.rotate(&owner, key.id, 4, DAY).await;
    let rows = "SELECT COUNT(*) FROM earlier_secrets";
    assert_eq!(fixture.database.number(rows).await, 1);
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn without_an_overlap_earlier_secrets_and_their_sessions_end_at_once() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let made = catalog.create_key(&owner, by(&owner), new_key(1)).await;
    let key = made.unwrap().id;
    fixture.rotate(&owner, key, 2, DAY).await;
    let holder = catalog.authenticate([2; 32]).await.unwrap().unwrap();
    let session = NewSession {
        token_sha256: [100; 32],
        tenant: owner.tenant,
        actor: holder.access.actor,
        role: holder.access.role,
        logs: None,
        expires_at: fixture.in_seconds(60),
        password_hash: None,
        secret: holder.access.secret,
        origin: catalog::Origin::default(),
    };
    catalog.create_session(session).await.unwrap();
    assert_eq!(fixture.working(&[1, 2, 100]).await, [1, 2, 100]);
    fixture.rotate(&owner, key, 3, Duration::ZERO).await;
    assert_eq!(fixture.working(&[1, 2, 100, 3]).await, [3]);

    // Revoking ends all of them.
    fixture.rotate(&owner, key, 4, DAY).await;
    catalog.revoke_key(&owner, by(&owner), key).await.unwrap();
    assert_eq!(fixture.working(&[3, 4]).await, [0; 0]);
}

/// Whoever rotates a key is told until when secrets before the new one work. That holds for all of
/// them, and for what was exchanged for them.
#[tokio::test]
async fn a_shorter_overlap_ends_all_secrets_before_it() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let made = catalog.create_key(&owner, by(&owner), new_key(1)).await;
    let key = made.unwrap().id;
    let holder = catalog.authenticate([1; 32]).await.unwrap().unwrap();
    let session = NewSession {
        token_sha256: [100; 32],
        tenant: owner.tenant,
        actor: holder.access.actor,
        role: holder.access.role,
        logs: None,
        expires_at: fixture.in_seconds(7_200),
        password_hash: None,
        secret: holder.access.secret,
        origin: catalog::Origin::default(),
    };
    catalog.create_session(session).await.unwrap();
    fixture.rotate(&owner, key, 2, DAY).await;
    let hour = Duration::from_secs(3_600);
    let (_, until) = catalog
        .rotate_key(&owner, by(&owner), key, [3; 32], hour)
        .await
        .unwrap();
    assert_eq!(until, Some(fixture.in_seconds(3_600)));
    for token in [1, 2, 100] {
        let found = catalog.authenticate([token; 32]).await.unwrap().unwrap();
        assert_eq!(found.expires_at, until, "{token}");
    }
    fixture.clock.advance(hour);
    assert_eq!(fixture.working(&[1, 2, 3, 100]).await, [3]);
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn the_oldest_of_many_earlier_secrets_ends() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let made = catalog.create_key(&owner, by(&owner), new_key(1)).await;
    let key = made.unwrap().id;
    for secret in 2..=7 {
        fixture.rotate(&owner, key, secret, DAY).await;
    }
    let all = [1, 2, 3, 4, 5, 6, 7];
    assert_eq!(fixture.working(&all).await, [3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn a_rotation_is_no_way_up() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let stranger = fixture.tenant("other").await;
    let catalog = &fixture.catalog;
    let [a, b] = [
        fixture.log(&owner, "a").await.id,
        fixture.log(&owner, "b").await.id,
    ];
    let create = async |secret: u8, role: Role, logs| {
        let new = NewKey {
            role,
            logs,
            ..new_key(secret)
        };
        let made = catalog.create_key(&owner, by(&owner), new).await;
        made.unwrap().id
    };
    let high = create(1, Role::Owner, None).await;
    let wide = create(2, Role::Member, None).await;
    let within = create(3, Role::Member, Some(vec![a])).await;
    let beside = create(4, Role::Member, Some(vec![a, b])).await;
    let rotate = async |access: &Access, key: KeyId| {
        let context = by(access);
        let rotated = catalog.rotate_key(access, context, key, [99; 32], DAY);
        rotated.await.map(|_| ())
    };
    let admin = with_role(&owner, Role::Admin);
    let above = rotate(&admin, high).await;
    assert!(matches!(above, Err(Refusal::KeyAboveYou { .. })));
    let limited = limited_to(&admin, &[a]);
    for key in [wide, beside] {
        let beyond = rotate(&limited, key).await;
        assert!(matches!(beyond, Err(Refusal::KeyBeyondYours)));
    }
    let foreign = rotate(&stranger, wide).await;
    assert!(matches!(foreign, Err(Refusal::KeyNotFound)));
    rotate(&limited, within).await.unwrap();
}

#[tokio::test]
async fn an_expired_key_is_not_brought_back() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let end = fixture.in_seconds(60);
    let new = NewKey {
        expires_at: Some(end),
        ..new_key(1)
    };
    let key = catalog.create_key(&owner, by(&owner), new).await.unwrap();
    fixture.rotate(&owner, key.id, 2, DAY).await;
    let found = catalog.authenticate([1; 32]).await.unwrap().unwrap();
    assert_eq!(
        found.expires_at,
        Some(end),
        "the key ends before its secret"
    );
    fixture.clock.advance(Duration::from_secs(60));
    let rotated = catalog
        .rotate_key(&owner, by(&owner), key.id, [3; 32], DAY)
        .await;
    assert!(matches!(rotated, Err(Refusal::KeyExpired(it)) if it == end));
}
