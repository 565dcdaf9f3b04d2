//! Links that set a new password.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{NewSession, Refusal};
use protocol::RequestId;

use super::{Fixture, user_of};

async fn request(fixture: &Fixture, access: &Access, token: u8) {
    let expires_at = fixture.in_seconds(3_600);
    fixture
        .catalog
        .request_password_reset(
            RequestId::generate(),
            user_of(access),
            [token; 32],
            expires_at,
        )
        .await
        .unwrap();
}

async fn reset(fixture: &Fixture, token: u8) -> Result<(), Refusal> {
    let hash = format!("$argon2id$new{token}");
    fixture
        .catalog
        .reset_password(RequestId::generate(), [token; 32], hash)
        .await
        .map(|_| ())
}

async fn session(fixture: &Fixture, access: &Access, token: u8) {
    let new = NewSession {
        token_sha256: [token; 32],
        tenant: access.tenant,
        actor: access.actor,
        role: Role::Owner,
        logs: None,
        expires_at: fixture.in_seconds(600),
        password_hash: None,
        secret: None,
        origin: catalog::Origin::default(),
    };
    fixture.catalog.create_session(new).await.unwrap();
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_ends_the_sessions_of_its_person() {
    let fixture = Fixture::new().await;
    let (owner, other) = (fixture.tenant("acme").await, fixture.tenant("other").await);
    let catalog = &fixture.catalog;
    session(&fixture, &owner, 101).await;
    session(&fixture, &owner, 102).await;
    session(&fixture, &other, 103).await;
    request(&fixture, &owner, 1).await;
    request(&fixture, &owner, 2).await;
    let email = catalog.password_reset_email([1; 32]).await.unwrap();
    assert_eq!(email.as_deref(), Some("owner@acme.example"));
    reset(&fixture, 1).await.unwrap();
    let person = catalog.user_by_email("owner@acme.example").await.unwrap();
    let person = person.unwrap();
    assert_eq!(person.password_hash, "$argon2id$new1");
    assert!(person.email_verified, "its mail had the token");
    for (token, lives) in [(101, false), (102, false), (103, true)] {
        let found = catalog.authenticate([token; 32]).await.unwrap();
        assert_eq!(found.is_some(), lives);
    }
    for token in [1, 2, 3] {
        assert!(matches!(
            reset(&fixture, token).await,
            Err(Refusal::ResetUnknown)
        ));
    }
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn a_link_expires_and_leaves_nothing_behind() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    request(&fixture, &owner, 1).await;
    fixture.clock.advance(Duration::from_secs(3_600));
    assert!(matches!(
        reset(&fixture, 1).await,
        Err(Refusal::ResetUnknown)
    ));
    let email = fixture.catalog.password_reset_email([1; 32]).await;
    assert_eq!(email.unwrap(), None);
    request(&fixture, &owner, 2).await;
    let kept = "SELECT COUNT(*) FROM password_resets";
    assert_eq!(fixture.database.number(kept).await, 1);
    reset(&fixture, 2).await.unwrap();
}
