//! Sessions, and whom a token belongs to.

use std::time::Duration;

use catalog::access::{Access, Actor, Role};
use catalog::{CatalogLimits, NewKey, NewSession, Origin, Page};
use protocol::Rate;

use super::{Fixture, by, page, system, user_of};

fn session(access: &Access, token: u8, fixture: &Fixture, seconds: u64) -> NewSession {
    NewSession {
        token_sha256: [token; 32],
        tenant: access.tenant,
        actor: access.actor,
        role: access.role,
        logs: None,
        expires_at: fixture.in_seconds(seconds),
        password_hash: None,
        secret: access.secret,
        origin: Origin::default(),
    }
}

#[tokio::test]
async fn a_session_belongs_to_its_user_until_it_expires_or_is_deleted() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    assert_eq!(catalog.authenticate([1; 32]).await.unwrap(), None);
    catalog
        .create_session(session(&access, 1, &fixture, 60))
        .await
        .unwrap();
    catalog
        .create_session(session(&access, 2, &fixture, 60))
        .await
        .unwrap();
    let found = catalog.authenticate([1; 32]).await.unwrap().unwrap();
    assert_eq!(found.access, access);
    assert_eq!(found.expires_at, Some(fixture.in_seconds(60)));
    assert_eq!(found.rate, None);
    assert!(catalog.delete_session([1; 32]).await.unwrap());
    assert!(!catalog.delete_session([1; 32]).await.unwrap());
    assert_eq!(catalog.authenticate([1; 32]).await.unwrap(), None);
    fixture.clock.advance(Duration::from_secs(60));
    assert_eq!(catalog.authenticate([2; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_has_the_lower_of_its_own_and_the_present_role_and_ends_with_the_membership() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    catalog
        .create_session(session(&access, 1, &fixture, 60))
        .await
        .unwrap();
    let low = NewSession {
        role: Role::ReadOnly,
        ..session(&access, 2, &fixture, 60)
    };
    catalog.create_session(low).await.unwrap();
    let role = async |token: u8| {
        let found = catalog.authenticate([token; 32]).await.unwrap();
        found.map(|found| found.access.role)
    };
    assert_eq!(role(1).await, Some(Role::Owner));
    assert_eq!(role(2).await, Some(Role::ReadOnly));
    // What a role and a membership take with them is tested with the members; here it is the row.
    let database = &fixture.database;
    database
        .execute("UPDATE memberships SET role = 'member'")
        .await;
    assert_eq!(role(1).await, Some(Role::Member));
    assert_eq!(role(2).await, Some(Role::ReadOnly));
    database.execute("DELETE FROM memberships").await;
    assert_eq!(role(1).await, None);
}

#[tokio::test]
async fn a_key_is_its_own_token_and_its_sessions_end_with_it() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let [a, b] = [
        fixture.log(&access, "a").await,
        fixture.log(&access, "b").await,
    ];
    let new = NewKey {
        name: "ci".to_owned(),
        role: Role::Member,
        logs: Some(vec![a.id, b.id]),
        expires_at: Some(fixture.in_seconds(100)),
        sha256: [9; 32],
    };
    let key = catalog.create_key(&access, by(&access), new).await.unwrap();
    let rate = Rate {
        per_second: 1,
        burst: 2,
    };
    catalog
        .set_rate(access.tenant, system(), Some(rate))
        .await
        .unwrap();

    let found = catalog.authenticate([9; 32]).await.unwrap().unwrap();
    assert_eq!(found.access.actor, Actor::ApiKey(key.id));
    assert_eq!(found.access.role, Role::Member);
    assert_eq!(found.access.logs.as_deref(), Some([a.id, b.id].as_slice()));
    assert_eq!(found.expires_at, Some(fixture.in_seconds(100)));
    assert_eq!(found.rate, Some(rate));

    // The session is longer, higher and elsewhere wider than the key: the key decides.
    let exchanged = NewSession {
        role: Role::Owner,
        logs: Some(vec![b.id]),
        ..session(&found.access, 1, &fixture, 1_000)
    };
    catalog.create_session(exchanged).await.unwrap();
    let session = catalog.authenticate([1; 32]).await.unwrap().unwrap();
    assert_eq!(session.access.role, Role::Member);
    assert_eq!(session.access.logs.as_deref(), Some([b.id].as_slice()));
    assert_eq!(session.expires_at, Some(fixture.in_seconds(100)));
    assert_eq!(session.access.actor, Actor::ApiKey(key.id));

    catalog
        .revoke_key(&access, by(&access), key.id)
        .await
        .unwrap();
    assert_eq!(catalog.authenticate([9; 32]).await.unwrap(), None);
    assert_eq!(catalog.authenticate([1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn an_expired_key_ends_and_so_do_its_sessions() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let new = NewKey {
        name: "ci".to_owned(),
        role: Role::Member,
        logs: None,
        expires_at: Some(fixture.in_seconds(100)),
        sha256: [9; 32],
    };
    catalog.create_key(&access, by(&access), new).await.unwrap();
    let found = catalog.authenticate([9; 32]).await.unwrap().unwrap();
    let new = session(&found.access, 1, &fixture, 1_000);
    catalog.create_session(new).await.unwrap();
    fixture.clock.advance(Duration::from_secs(100));
    assert_eq!(catalog.authenticate([9; 32]).await.unwrap(), None);
    assert_eq!(catalog.authenticate([1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_logs_in_as_the_system() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    let new = NewSession {
        actor: Actor::System,
        ..session(&access, 1, &fixture, 60)
    };
    fixture.catalog.create_session(new).await.unwrap();
    assert_eq!(fixture.catalog.authenticate([1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn the_oldest_sessions_of_an_actor_make_room_and_expired_ones_go() {
    let limits = CatalogLimits {
        sessions_per_actor: 2,
        ..CatalogLimits::default()
    };
    let fixture = Fixture::with_limits(limits).await;
    let acme = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    let catalog = &fixture.catalog;
    catalog
        .create_session(session(&other, 100, &fixture, 1_000))
        .await
        .unwrap();
    for token in 1..=3 {
        fixture.clock.advance(Duration::from_secs(1));
        catalog
            .create_session(session(&acme, token, &fixture, 60))
            .await
            .unwrap();
    }
    assert_eq!(catalog.authenticate([1; 32]).await.unwrap(), None);
    for token in [2, 3, 100] {
        assert!(catalog.authenticate([token; 32]).await.unwrap().is_some());
    }
    fixture.clock.advance(Duration::from_secs(61));
    catalog
        .create_session(session(&acme, 4, &fixture, 60))
        .await
        .unwrap();
    let rows = fixture
        .database
        .number("SELECT COUNT(*) FROM sessions")
        .await;
    assert_eq!(rows, 2);
}

#[tokio::test]
async fn people_see_their_own_sessions_and_end_them() {
    let fixture = Fixture::new().await;
    let (acme, other) = (fixture.tenant("acme").await, fixture.tenant("other").await);
    let user = user_of(&acme);
    let guest = Access {
        actor: acme.actor,
        ..fixture
            .member(&other, "owner@acme.example", Role::Member)
            .await
    };
    let catalog = &fixture.catalog;
    let origin = Origin {
        network: Some("192.0.2.1".to_owned()),
        user_agent: Some("a browser\0".to_owned()),
    };
    for (access, token, seconds) in [
        (&acme, 1, 60),
        (&guest, 2, 60),
        (&other, 3, 60),
        (&acme, 4, 1),
    ] {
        let new = NewSession {
            origin: origin.clone(),
            ..session(access, token, &fixture, seconds)
        };
        catalog.create_session(new).await.unwrap();
    }
    fixture.clock.advance(Duration::from_secs(1));
    let first = catalog.sessions_of(user, page(1, None)).await.unwrap();
    let rest = catalog.sessions_of(user, page(9, first.next_cursor)).await;
    let seen = [first.items, rest.unwrap().items].concat();
    let names: Vec<_> = seen
        .iter()
        .map(|it| (it.short_name.as_str(), it.token_sha256))
        .collect();
    assert_eq!(names, [("other", [2; 32]), ("acme", [1; 32])]);
    assert_eq!(seen[0].origin.network, origin.network);
    let agent = seen[0].origin.user_agent.as_deref();
    assert_eq!(agent, Some("a browser\u{fffd}"));

    let stranger = user_of(&other);
    assert!(!catalog.end_session(stranger, seen[0].id).await.unwrap());
    assert!(catalog.end_session(user, seen[0].id).await.unwrap());
    assert!(!catalog.end_session(user, seen[0].id).await.unwrap());
    assert_eq!(catalog.authenticate([2; 32]).await.unwrap(), None);
    let left = catalog.sessions_of(user, Page::first(9)).await.unwrap();
    assert_eq!(left.items, seen[1..]);
}

/// As a catalog was before sessions had ids, and as an upgrade leaves it.
#[tokio::test]
async fn an_upgrade_gives_sessions_their_ids() {
    let fixture = Fixture::new().await;
    let access = fixture.tenant("acme").await;
    for token in [1, 2] {
        let new = session(&access, token, &fixture, 60);
        fixture.catalog.create_session(new).await.unwrap();
    }
    for statement in [
        "DROP INDEX sessions_id",
        "ALTER TABLE sessions DROP COLUMN id",
        "ALTER TABLE sessions DROP COLUMN network",
        "ALTER TABLE sessions DROP COLUMN user_agent",
        "DROP TABLE second_factors",
        "DROP TABLE recovery_codes",
        "DELETE FROM seaql_migrations WHERE version LIKE '%m0016%'",
    ] {
        fixture.database.execute(statement).await;
    }
    let catalog = &fixture.catalog;
    catalog.migrate().await.unwrap();
    let user = user_of(&access);
    let sessions = catalog.sessions_of(user, Page::first(9)).await.unwrap();
    let [one, two] = &sessions.items[..] else {
        panic!("{sessions:?}");
    };
    assert_ne!(one.id, two.id);
    assert!(catalog.end_session(user, one.id).await.unwrap());
    let found = catalog.authenticate(two.token_sha256).await.unwrap();
    assert!(found.is_some());
}
