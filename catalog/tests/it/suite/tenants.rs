//! Tenants, people, verification of addresses.

use std::time::Duration;

use catalog::access::Role;
use catalog::{CatalogError, CatalogLimits, Refusal};
use protocol::{Rate, RequestId, TenantId, UserId};

use super::{Fixture, new_tenant, system};

#[tokio::test]
async fn a_tenant_is_created_with_its_owner() {
    let fixture = Fixture::new().await;
    let (access, user) = fixture.tenant_and_owner("acme").await;
    let tenant = fixture.catalog.tenant(&access).await.unwrap();
    assert_eq!(
        (tenant.id, tenant.short_name.as_str()),
        (access.tenant, "acme")
    );
    assert_eq!(tenant.rate, None);
    let memberships = fixture.catalog.memberships(user).await.unwrap();
    assert_eq!(memberships.len(), 1);
    assert_eq!(memberships[0].tenant, access.tenant);
    assert_eq!(memberships[0].short_name, "acme");
    assert_eq!(memberships[0].role, Role::Owner);
    assert_eq!(
        fixture
            .catalog
            .memberships(UserId::generate())
            .await
            .unwrap(),
        []
    );
}

#[tokio::test]
async fn addresses_are_normalised_and_compared_without_case() {
    let fixture = Fixture::new().await;
    let new = new_tenant("acme", "  Ada@Example.COM ");
    let (_, user) = fixture
        .catalog
        .create_tenant(RequestId::generate(), new)
        .await
        .unwrap();
    let found = fixture
        .catalog
        .user_by_email("ADA@example.com")
        .await
        .unwrap();
    let found = found.unwrap();
    assert_eq!((found.id, found.email.as_str()), (user, "Ada@example.com"));
    assert!(!found.email_verified);
    assert!(!format!("{found:?}").contains("argon2"));
    let stranger = fixture.catalog.user_by_email("eve@example.com").await;
    assert_eq!(stranger.unwrap(), None);
}

#[tokio::test]
async fn a_taken_name_and_a_taken_address_are_told_apart() {
    let fixture = Fixture::new().await;
    fixture.tenant("acme").await;
    for (short_name, email, name_taken) in [
        ("acme", "new@example.com", true),
        ("other", "OWNER@Acme.example", false),
        ("acme", "owner@acme.example", true),
    ] {
        let error = fixture
            .catalog
            .create_tenant(RequestId::generate(), new_tenant(short_name, email))
            .await
            .unwrap_err();
        match error {
            Refusal::ShortNameTaken => assert!(name_taken, "{short_name} {email}"),
            Refusal::EmailTaken => assert!(!name_taken, "{short_name} {email}"),
            error => panic!("{error}"),
        }
    }
    // What failed left nothing behind.
    assert_eq!(
        fixture
            .catalog
            .user_by_email("new@example.com")
            .await
            .unwrap(),
        None
    );
    fixture.tenant("other").await;
}

#[tokio::test]
async fn of_two_concurrent_tenants_of_one_name_exactly_one_wins() {
    let fixture = Fixture::new().await;
    let create = |number: usize| {
        let catalog = fixture.catalog.clone();
        let new = new_tenant("acme", &format!("{number}@example.com"));
        async move { catalog.create_tenant(RequestId::generate(), new).await }
    };
    let results = futures::future::join_all((0..8).map(create)).await;
    let taken = |result: &Result<_, _>| matches!(result, Err(Refusal::ShortNameTaken));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| taken(result)).count(), 7);
}

#[tokio::test]
async fn a_short_name_beyond_its_limit_is_refused() {
    let fixture = Fixture::new().await;
    let limit = CatalogLimits::default().text_bytes;
    let error = fixture
        .catalog
        .create_tenant(
            RequestId::generate(),
            new_tenant(&"a".repeat(limit + 1), "a@example.com"),
        )
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Refusal::Catalog(CatalogError::TooLong { .. })
    ));
}

#[tokio::test]
async fn an_address_is_verified_once_by_any_of_the_latest_tokens() {
    let fixture = Fixture::new().await;
    let (_, user) = fixture.tenant_and_owner("acme").await;
    let catalog = &fixture.catalog;
    for token in 0..7 {
        catalog
            .request_email_verification(
                RequestId::generate(),
                user,
                [token; 32],
                fixture.in_seconds(60),
            )
            .await
            .unwrap();
    }
    let verify = |token: u8| catalog.verify_email(RequestId::generate(), [token; 32]);
    // The two oldest of seven were closed for the five that stay open.
    for token in [0, 1, 99] {
        let error = verify(token).await.unwrap_err();
        assert!(matches!(error, Refusal::VerificationUnknown), "{token}");
    }
    assert_eq!(verify(2).await.unwrap(), user);
    let found = catalog.user_by_email("owner@acme.example").await.unwrap();
    assert!(found.unwrap().email_verified);
    for token in [2, 6] {
        let error = verify(token).await.unwrap_err();
        assert!(matches!(error, Refusal::VerificationUnknown), "{token}");
    }
}

#[tokio::test]
async fn an_expired_token_verifies_nothing() {
    let fixture = Fixture::new().await;
    let (_, user) = fixture.tenant_and_owner("acme").await;
    let catalog = &fixture.catalog;
    let expires_at = fixture.in_seconds(60);
    catalog
        .request_email_verification(RequestId::generate(), user, [1; 32], expires_at)
        .await
        .unwrap();
    fixture.clock.advance(Duration::from_secs(60));
    let result = catalog.verify_email(RequestId::generate(), [1; 32]).await;
    assert!(matches!(result, Err(Refusal::VerificationUnknown)));
    let found = catalog.user_by_email("owner@acme.example").await.unwrap();
    assert!(!found.unwrap().email_verified);
}

#[tokio::test]
async fn a_rate_is_set_and_lifted_per_tenant() {
    let fixture = Fixture::new().await;
    let acme = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    let rate = Rate {
        per_second: 5_000,
        burst: u32::MAX,
    };
    let catalog = &fixture.catalog;
    assert!(
        catalog
            .set_rate(acme.tenant, system(), Some(rate))
            .await
            .unwrap()
    );
    let stored = catalog.tenant(&acme).await.unwrap().rate.unwrap();
    assert_eq!(stored.per_second, 5_000);
    assert!(stored.burst > 1_000_000_000);
    assert_eq!(catalog.tenant(&other).await.unwrap().rate, None);
    assert!(catalog.set_rate(acme.tenant, system(), None).await.unwrap());
    assert_eq!(catalog.tenant(&acme).await.unwrap().rate, None);
    let nobody = TenantId::generate();
    assert!(!catalog.set_rate(nobody, system(), None).await.unwrap());
}
