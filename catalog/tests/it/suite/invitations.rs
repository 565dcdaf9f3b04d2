//! Invitations: made, replaced, revoked, accepted once.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{Accepted, CatalogLimits, Invitation, Invitee, NewInvitation, Page, Quotas, Refusal};
use protocol::{InvitationId, RequestId};

use super::super::database::TestDatabase;
use super::{Fixture, by, user_of, with_role};

const WEEK: u64 = 7 * 24 * 3_600;

/// The number of the token that is mailed, where the inviter gets this one.
fn mailed(token: u8) -> u8 {
    u8::MAX - token
}

async fn invite(
    fixture: &Fixture,
    access: &Access,
    email: &str,
    role: Role,
    token: u8,
) -> Result<Invitation, Refusal> {
    let new = NewInvitation {
        email: email.to_owned(),
        role,
        token_sha256: [token; 32],
        mailed_sha256: [mailed(token); 32],
        expires_at: fixture.in_seconds(WEEK),
    };
    fixture.catalog.invite(access, by(access), new).await
}

async fn accept(fixture: &Fixture, token: u8, invitee: Invitee) -> Result<Accepted, Refusal> {
    fixture
        .catalog
        .accept_invitation(RequestId::generate(), [token; 32], invitee)
        .await
}

fn newcomer() -> Invitee {
    Invitee::New {
        password_hash: "$argon2id$hash".to_owned(),
    }
}

#[tokio::test]
async fn an_invitation_registers_and_verifies_whoever_accepts_it_once() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let made = invite(&fixture, &owner, "Grace@X.example", Role::Admin, 1).await;
    let made = made.unwrap();
    let open = fixture.catalog.open_invitation([1; 32]).await.unwrap();
    let by_mail = fixture.catalog.open_invitation([mailed(1); 32]).await;
    assert_eq!(open, by_mail.unwrap());
    let open = open.unwrap();
    assert_eq!(
        (open.tenant, open.short_name.as_str()),
        (owner.tenant, "acme")
    );
    assert_eq!(open.invitation, made);
    let accepted = accept(&fixture, mailed(1), newcomer()).await.unwrap();
    assert_eq!((&accepted.open, accepted.email_verified), (&open, true));
    let user = accepted.user;
    let person = fixture.catalog.user_by_email("grace@x.example").await;
    let person = person.unwrap().unwrap();
    assert_eq!((person.id, person.email_verified), (user, true));
    let memberships = fixture.catalog.memberships(user).await.unwrap();
    assert_eq!((memberships.len(), memberships[0].role), (1, Role::Admin));
    for token in [1, mailed(1)] {
        let used = fixture.catalog.open_invitation([token; 32]).await;
        assert_eq!(used.unwrap(), None);
    }
    let again = accept(&fixture, 1, Invitee::Known(user)).await;
    assert!(matches!(again, Err(Refusal::InvitationUnknown)));
    let member = invite(&fixture, &owner, "GRACE@x.example", Role::Member, 2).await;
    assert!(matches!(member, Err(Refusal::InviteeIsMember)));
}

/// Whoever invites has this token, and owns no address by it.
#[tokio::test]
async fn the_token_of_the_inviter_verifies_nobody() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let catalog = &fixture.catalog;
    let invited = invite(&fixture, &owner, "a@x.example", Role::Member, 1).await;
    invited.unwrap();
    let accepted = accept(&fixture, 1, newcomer()).await.unwrap();
    assert!(!accepted.email_verified);
    let person = catalog.user_by_email("a@x.example").await.unwrap().unwrap();
    assert!(!person.email_verified);

    let other = fixture.tenant("other").await;
    let invitee = Invitee::Known(person.id);
    for (tenant, token, used, verified) in [
        (&other, 2, 2, false),
        (&fixture.tenant("third").await, 3, mailed(3), true),
        (&fixture.tenant("fourth").await, 4, 4, true),
    ] {
        let invited = invite(&fixture, tenant, "a@x.example", Role::Member, token).await;
        invited.unwrap();
        let accepted = accept(&fixture, used, invitee.clone()).await.unwrap();
        assert_eq!(accepted.email_verified, verified, "{token}");
        let person = catalog.user_by_email("a@x.example").await.unwrap().unwrap();
        assert_eq!(person.email_verified, verified, "{token}");
    }
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn invitations_end_with_the_person_who_made_them() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let admin = fixture.member(&owner, "a@x.example", Role::Admin).await;
    let person = user_of(&admin);
    let catalog = &fixture.catalog;
    let is_open = async |token: u8| {
        let open = catalog.open_invitation([token; 32]).await;
        open.unwrap().is_some()
    };
    for (access, email, role, token) in [
        (&owner, "b@x.example", Role::Admin, 1),
        (&admin, "c@x.example", Role::Admin, 2),
        (&admin, "d@x.example", Role::ReadOnly, 3),
    ] {
        let invited = invite(&fixture, access, email, role, token).await;
        invited.unwrap();
    }
    // Who is no admin invites nobody, to whatever role.
    let lowered = catalog.change_role(&owner, by(&owner), person, Role::Member);
    lowered.await.unwrap();
    assert_eq!(
        (is_open(1).await, is_open(2).await, is_open(3).await),
        (true, false, false)
    );
    let raised = catalog.change_role(&owner, by(&owner), person, Role::Admin);
    raised.await.unwrap();
    assert!(!is_open(2).await && !is_open(3).await);

    let invited = invite(&fixture, &admin, "c@x.example", Role::Admin, 4).await;
    invited.unwrap();
    // An admin may still hand out what an owner who is one now has handed out.
    let transferred = catalog.change_role(&owner, by(&owner), person, Role::Owner);
    transferred.await.unwrap();
    assert!(is_open(1).await && is_open(4).await);
    let admin = with_role(&admin, Role::Owner);
    let back = catalog.change_role(&admin, by(&admin), user_of(&owner), Role::Owner);
    back.await.unwrap();
    let removed = catalog.remove_member(&owner, by(&owner), person);
    removed.await.unwrap();
    assert_eq!((is_open(1).await, is_open(4).await), (true, false));
    for token in [4, mailed(4)] {
        let late = accept(&fixture, token, newcomer()).await;
        assert!(matches!(late, Err(Refusal::InvitationUnknown)));
    }
    let listed = catalog.invitations(&owner, Page::first(9)).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    assert!(catalog.rebuild().await.unwrap().equal());
}

/// As a catalog was before invitations had two tokens and an inviter, and as an upgrade leaves it.
#[tokio::test]
async fn invitations_from_before_verify_nobody_and_have_their_inviter() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let admin = fixture.member(&owner, "a@x.example", Role::Admin).await;
    for (access, email, token) in [(&owner, "b@x.example", 1), (&admin, "c@x.example", 2)] {
        let invited = invite(&fixture, access, email, Role::Member, token).await;
        invited.unwrap();
    }
    let database = &fixture.database;
    let payload = TestDatabase::without("payload", "mailed_sha256");
    let forget = format!("UPDATE control_events SET payload = {payload}");
    database.execute(&forget).await;
    for statement in [
        "DROP INDEX invitations_mailed_sha256",
        "ALTER TABLE invitations DROP COLUMN mailed_sha256",
        "ALTER TABLE invitations DROP COLUMN invited_by",
        "DELETE FROM seaql_migrations WHERE version LIKE '%m0015%'",
    ] {
        database.execute(statement).await;
    }
    let catalog = &fixture.catalog;
    catalog.migrate().await.unwrap();
    assert!(catalog.rebuild().await.unwrap().equal());
    // Somebody was removed when that left invitations as they were.
    let left = "DELETE FROM memberships WHERE role = 'admin'";
    database.execute(left).await;
    let gone = accept(&fixture, 2, newcomer()).await;
    assert!(matches!(gone, Err(Refusal::InvitationUnknown)));
    let accepted = accept(&fixture, 1, newcomer()).await.unwrap();
    assert!(!accepted.email_verified);
}

#[tokio::test]
async fn a_known_person_joins_a_further_tenant_and_no_other_one_in_its_name() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let (other, person) = fixture.tenant_and_owner("other").await;
    let (_, stranger) = fixture.tenant_and_owner("third").await;
    let email = "owner@other.example";
    invite(&fixture, &owner, email, Role::ReadOnly, 1)
        .await
        .unwrap();
    let wrong = accept(&fixture, 1, Invitee::Known(stranger)).await;
    assert!(matches!(wrong, Err(Refusal::InvitationUnknown)));
    let taken = accept(&fixture, 1, newcomer()).await;
    assert!(matches!(taken, Err(Refusal::RegisteredMeanwhile)));
    let accepted = accept(&fixture, mailed(1), Invitee::Known(person)).await;
    accepted.unwrap();
    let memberships = fixture.catalog.memberships(person).await.unwrap();
    let roles: Vec<_> = memberships.iter().map(|it| (it.tenant, it.role)).collect();
    assert_eq!(
        roles,
        [(owner.tenant, Role::ReadOnly), (other.tenant, Role::Owner)]
    );
    let found = fixture.catalog.user_by_email(email).await.unwrap();
    assert!(found.unwrap().email_verified);
}

#[tokio::test]
async fn an_invitation_is_replaced_revoked_or_expires() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let stranger = fixture.tenant("other").await;
    let catalog = &fixture.catalog;
    invite(&fixture, &owner, "a@x.example", Role::Member, 1)
        .await
        .unwrap();
    let second = invite(&fixture, &owner, "A@x.example", Role::Admin, 2).await;
    let second = second.unwrap();
    assert_eq!(catalog.open_invitation([1; 32]).await.unwrap(), None);
    let listed = catalog.invitations(&owner, Page::first(9)).await.unwrap();
    assert_eq!(listed.items, std::slice::from_ref(&second));
    let theirs = catalog.invitations(&stranger, Page::first(9)).await;
    assert_eq!(theirs.unwrap().items, []);
    for (access, id) in [(&stranger, second.id), (&owner, InvitationId::generate())] {
        let result = catalog.revoke_invitation(access, by(access), id).await;
        assert!(matches!(result, Err(Refusal::InvitationNotFound)));
    }
    catalog
        .revoke_invitation(&owner, by(&owner), second.id)
        .await
        .unwrap();
    let revoked = accept(&fixture, 2, newcomer()).await;
    assert!(matches!(revoked, Err(Refusal::InvitationUnknown)));

    invite(&fixture, &owner, "b@x.example", Role::Member, 3)
        .await
        .unwrap();
    fixture.clock.advance(Duration::from_secs(WEEK));
    let expired = accept(&fixture, 3, newcomer()).await;
    assert!(matches!(expired, Err(Refusal::InvitationUnknown)));
    let listed = catalog.invitations(&owner, Page::first(9)).await.unwrap();
    assert_eq!(listed.items, []);
    invite(&fixture, &owner, "c@x.example", Role::Member, 4)
        .await
        .unwrap();
    let kept = "SELECT COUNT(*) FROM invitations";
    assert_eq!(fixture.database.number(kept).await, 1);
    assert!(catalog.rebuild().await.unwrap().equal());
}

#[tokio::test]
async fn nobody_invites_above_the_own_role() {
    let fixture = Fixture::new().await;
    let owner = fixture.tenant("acme").await;
    let admin = fixture.member(&owner, "a@x.example", Role::Admin).await;
    let member = fixture.member(&owner, "b@x.example", Role::Member).await;
    invite(&fixture, &admin, "c@x.example", Role::Admin, 11)
        .await
        .unwrap();
    // What a session was allowed before does not count.
    for access in [&member, &with_role(&member, Role::Owner)] {
        let refused = invite(&fixture, access, "d@x.example", Role::ReadOnly, 12).await;
        assert!(matches!(
            refused,
            Err(Refusal::InviteeAboveYou(Role::Member))
        ));
    }
}

#[tokio::test]
async fn members_and_invitations_are_limited() {
    let fixture = Fixture::with_limits(CatalogLimits {
        quotas: Quotas {
            members: 3,
            ..Quotas::default()
        },
        invitations_per_day: 4,
        ..CatalogLimits::default()
    })
    .await;
    let owner = fixture.tenant("acme").await;
    let other = fixture.tenant("other").await;
    invite(&fixture, &owner, "a@x.example", Role::Member, 1)
        .await
        .unwrap();
    invite(&fixture, &owner, "b@x.example", Role::Member, 2)
        .await
        .unwrap();
    let third = invite(&fixture, &owner, "c@x.example", Role::Member, 3).await;
    assert!(matches!(
        third,
        Err(Refusal::InviteeLimitReached { limit: 3, used: 3 })
    ));
    // Inviting an address again takes no further place, but sends a further mail.
    for token in [3, 4] {
        let again = invite(&fixture, &owner, "b@x.example", Role::Member, token).await;
        again.unwrap();
    }
    let mails = invite(&fixture, &owner, "b@x.example", Role::Member, 5).await;
    assert!(matches!(mails, Err(Refusal::InvitationLimitReached(4))));
    invite(&fixture, &other, "b@x.example", Role::Member, 6)
        .await
        .unwrap();
    fixture.clock.advance(Duration::from_secs(24 * 3_600));
    invite(&fixture, &owner, "b@x.example", Role::Member, 7)
        .await
        .unwrap();
}
