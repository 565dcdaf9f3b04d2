//! Random histories of the catalog: changes of every kind, on whatever is there by then.

use std::time::Duration;

use proptest::prelude::*;
use protocol::{InvitationId, KeyId, LogId, RequestId, Sequence, UserId, VersionId};
use storage::access::{Access, Actor, Role};
use storage::bus::Halt;
use storage::catalog::{
    AcceptError, CatalogLimits, CreateKeyError, CreateLogError, CreateTenantError, InvitationError,
    InviteError, Invitee, KeyError, LogChanges, LogError, MemberError, NewInvitation, NewKey,
    QuotaOverrides, Quotas, RateOverride, ResetPasswordError, Retention, RotateKeyError,
    UploadError, VerifyEmailError, VersionError, ViewError,
};

use super::{Fixture, by, limited_to, name, new_log, new_tenant, new_version, system};

/// One change; the numbers choose among what is there.
#[derive(Clone, Debug)]
pub(super) enum Step {
    CreateTenant(u8),
    ScheduleDeletion(u8),
    CancelDeletion(u8),
    DeleteTenant(u8),
    SetRate(u8, Option<u32>),
    SetQuotas(u8, Option<u64>),
    RequestVerification(u8, u8),
    Verify(u8),
    RequestReset(u8, u8),
    ResetPassword(u8),
    Invite(u8, u8, u8),
    Accept(u8),
    RevokeInvitation(u8),
    ChangeRole(u8, u8, u8),
    RemoveMember(u8, u8),
    CreateKey(u8, u8, bool),
    CreateKeyWithKey(u8),
    RotateKey(u8, u8),
    RevokeKey(u8),
    CreateLog(u8, u8),
    CreateLogs(u8, u8),
    UpdateLog(u8, Option<bool>, bool),
    DeleteLog(u8),
    Upload(u8, u8, u8),
    Activate(u8),
    Fail(u8, u8),
    Halt(u8, u8),
    DeleteView(u8, u8),
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    prop_oneof![
        1 => (0u8..6).prop_map(Step::CreateTenant),
        1 => n().prop_map(Step::ScheduleDeletion),
        1 => n().prop_map(Step::CancelDeletion),
        1 => n().prop_map(Step::DeleteTenant),
        1 => (n(), any::<Option<u32>>()).prop_map(|(a, b)| Step::SetRate(a, b)),
        1 => (n(), any::<Option<u32>>()).prop_map(|(a, b)| Step::SetQuotas(a, b.map(u64::from))),
        2 => (n(), n()).prop_map(|(a, b)| Step::RequestVerification(a, b)),
        1 => n().prop_map(Step::Verify),
        1 => (n(), n()).prop_map(|(a, b)| Step::RequestReset(a, b)),
        1 => n().prop_map(Step::ResetPassword),
        2 => (n(), 0u8..6, n()).prop_map(|(a, b, c)| Step::Invite(a, b, c)),
        2 => n().prop_map(Step::Accept),
        1 => n().prop_map(Step::RevokeInvitation),
        2 => (n(), n(), n()).prop_map(|(a, b, c)| Step::ChangeRole(a, b, c)),
        1 => (n(), n()).prop_map(|(a, b)| Step::RemoveMember(a, b)),
        2 => (n(), n(), any::<bool>()).prop_map(|(a, b, c)| Step::CreateKey(a, b, c)),
        1 => n().prop_map(Step::CreateKeyWithKey),
        2 => (n(), 0u8..20).prop_map(|(a, b)| Step::RotateKey(a, b)),
        1 => n().prop_map(Step::RevokeKey),
        4 => (n(), 0u8..8).prop_map(|(a, b)| Step::CreateLog(a, b)),
        1 => (n(), 1u8..5).prop_map(|(a, b)| Step::CreateLogs(a, b)),
        2 => (n(), any::<Option<bool>>(), any::<bool>())
            .prop_map(|(a, b, c)| Step::UpdateLog(a, b, c)),
        1 => n().prop_map(Step::DeleteLog),
        8 => (n(), 0u8..4, n()).prop_map(|(a, b, c)| Step::Upload(a, b, c)),
        6 => n().prop_map(Step::Activate),
        2 => (n(), n()).prop_map(|(a, b)| Step::Fail(a, b)),
        2 => (n(), n()).prop_map(|(a, b)| Step::Halt(a, b)),
        1 => (n(), 0u8..4).prop_map(|(a, b)| Step::DeleteView(a, b)),
    ]
}

/// The beginning of every history: one change of each kind, so that none is left to chance.
pub(super) fn opening() -> Vec<Step> {
    vec![
        Step::SetRate(0, Some(9)),
        Step::SetQuotas(0, Some(9)),
        Step::RequestVerification(0, 99),
        Step::Verify(0),
        Step::RequestReset(0, 99),
        Step::ResetPassword(0),
        Step::CreateKey(0, 0, false),
        Step::CreateKeyWithKey(0),
        Step::RotateKey(0, 9),
        Step::RotateKey(0, 0),
        Step::RevokeKey(0),
        // An admin makes a key, is demoted and leaves.
        Step::Invite(0, 0, 2),
        Step::Accept(0),
        Step::CreateKey(1, 2, false),
        Step::ChangeRole(0, 1, 1),
        Step::RemoveMember(0, 1),
        Step::Invite(0, 1, 2),
        Step::RevokeInvitation(1),
        Step::CreateLog(0, 0),
        Step::UpdateLog(0, Some(true), true),
        Step::Upload(0, 0, 1),
        Step::Activate(0),
        Step::Upload(0, 0, 2),
        Step::Activate(1),
        Step::Upload(0, 0, 3),
        Step::Fail(2, 7),
        // The view has as many versions as it may, so the oldest idle one is removed.
        Step::Upload(0, 0, 4),
        Step::Halt(1, 7),
        Step::DeleteView(0, 0),
        Step::DeleteLog(0),
        Step::CreateTenant(5),
        // Behind the first tenant's owner and its former admin.
        Step::CreateLog(2, 0),
        Step::ScheduleDeletion(2),
        Step::CancelDeletion(2),
        Step::DeleteTenant(2),
    ]
}

/// An invitation that was made.
#[derive(Clone)]
struct Invited {
    inviter: Access,
    id: InvitationId,
    token: [u8; 32],
    email: String,
    role: Role,
}

/// What a history made so far, gone or not.
pub(super) struct History {
    pub(super) fixture: Fixture,
    tenants: Vec<(Access, UserId)>,
    tokens: Vec<[u8; 32]>,
    resets: Vec<[u8; 32]>,
    invitations: Vec<Invited>,
    keys: Vec<(Access, KeyId)>,
    logs: Vec<(Access, LogId)>,
    versions: Vec<(Access, VersionId)>,
    made: u64,
}

impl History {
    pub(super) async fn new() -> Self {
        let limits = CatalogLimits {
            versions_per_view: 3,
            views_per_log: 3,
            quotas: Quotas {
                keys: 3,
                ..Quotas::default()
            },
            ..CatalogLimits::default()
        };
        let fixture = Fixture::with_limits(limits).await;
        let first = fixture.tenant_and_owner("first").await;
        Self {
            fixture,
            tenants: vec![first],
            tokens: Vec::new(),
            resets: Vec::new(),
            invitations: Vec::new(),
            keys: Vec::new(),
            logs: Vec::new(),
            versions: Vec::new(),
            made: 0,
        }
    }

    fn unique(&mut self) -> [u8; 32] {
        self.made += 1;
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.made.to_le_bytes());
        bytes
    }

    fn tenant(&self, choice: u8) -> (Access, UserId) {
        self.tenants[usize::from(choice) % self.tenants.len()].clone()
    }

    /// Applies a step. Refusals are part of life; only the catalog's own failures are not.
    pub(super) async fn apply(&mut self, step: Step) {
        self.fixture.clock.advance(Duration::from_secs(1));
        match step {
            Step::ScheduleDeletion(_) | Step::CancelDeletion(_) | Step::DeleteTenant(_) => {
                self.apply_to_deletions(step).await;
            }
            Step::CreateTenant(_)
            | Step::SetRate(..)
            | Step::SetQuotas(..)
            | Step::RequestVerification(..)
            | Step::Verify(_) => {
                self.apply_to_people(step).await;
            }
            Step::RequestReset(..) | Step::ResetPassword(_) => {
                self.apply_to_passwords(step).await;
            }
            Step::Invite(..) | Step::Accept(_) | Step::RevokeInvitation(_) => {
                self.apply_to_invitations(step).await;
            }
            Step::ChangeRole(..) | Step::RemoveMember(..) => self.apply_to_members(step).await,
            Step::CreateKey(..)
            | Step::CreateKeyWithKey(_)
            | Step::RotateKey(..)
            | Step::RevokeKey(_) => self.apply_to_keys(step).await,
            Step::CreateLog(..)
            | Step::CreateLogs(..)
            | Step::UpdateLog(..)
            | Step::DeleteLog(_) => {
                self.apply_to_logs(step).await;
            }
            _ => self.apply_to_versions(step).await,
        }
    }

    async fn apply_to_people(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::CreateTenant(number) => {
                let new = new_tenant(
                    &format!("t{}", number / 2),
                    &format!("p{number}@example.com"),
                );
                match catalog.create_tenant(RequestId::generate(), new).await {
                    Ok((tenant, user)) => self.tenants.push((super::owner_of(tenant, user), user)),
                    Err(CreateTenantError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::SetRate(choice, rate) => {
                let (access, _) = self.tenant(choice);
                let rate = rate.map(|rate| RateOverride {
                    per_second: rate,
                    burst: rate / 2,
                });
                catalog
                    .set_rate(access.tenant, system(), rate)
                    .await
                    .unwrap();
            }
            Step::SetQuotas(choice, views) => {
                let (access, _) = self.tenant(choice);
                let quotas = QuotaOverrides {
                    views,
                    ..QuotaOverrides::default()
                };
                catalog
                    .set_quotas(access.tenant, system(), quotas)
                    .await
                    .unwrap();
            }
            Step::RequestVerification(choice, seconds) => {
                let (_, user) = self.tenant(choice);
                let token = self.unique();
                self.tokens.push(token);
                let expires_at = self.fixture.in_seconds(u64::from(seconds));
                catalog
                    .request_email_verification(RequestId::generate(), user, token, expires_at)
                    .await
                    .unwrap();
            }
            Step::Verify(choice) => {
                if let Some(token) = pick(&self.tokens, choice) {
                    let verified = catalog.verify_email(RequestId::generate(), token).await;
                    assert!(
                        !matches!(verified, Err(VerifyEmailError::Catalog(_))),
                        "{verified:?}"
                    );
                }
            }
            other => panic!("{other:?} is not about people"),
        }
    }

    async fn apply_to_deletions(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        let now = self.fixture.in_seconds(0);
        match step {
            Step::ScheduleDeletion(choice) => {
                let (access, _) = self.tenant(choice);
                let at = self.fixture.in_seconds(u64::from(choice) * 100);
                catalog
                    .schedule_tenant_deletion(&access, by(&access), at)
                    .await
                    .unwrap();
            }
            Step::CancelDeletion(choice) => {
                let (access, _) = self.tenant(choice);
                catalog
                    .cancel_tenant_deletion(&access, by(&access))
                    .await
                    .unwrap();
            }
            Step::DeleteTenant(choice) => {
                let (access, _) = self.tenant(choice);
                let others = |of: &Access| of.tenant != access.tenant;
                if !self.tenants.iter().any(|(of, _)| others(of)) {
                    // Somebody must be left to do the rest.
                    return;
                }
                let deletion = catalog
                    .schedule_tenant_deletion(&access, by(&access), now)
                    .await
                    .unwrap();
                self.fixture.carry_on(deletion.id).await;
                self.tenants.retain(|(of, _)| others(of));
                self.keys.retain(|(of, _)| others(of));
                self.logs.retain(|(of, _)| others(of));
                self.versions.retain(|(of, _)| others(of));
            }
            other => panic!("{other:?} is about no deletion"),
        }
    }

    async fn apply_to_passwords(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::RequestReset(choice, seconds) => {
                let (_, user) = self.tenant(choice);
                let token = self.unique();
                self.resets.push(token);
                let expires_at = self.fixture.in_seconds(u64::from(seconds));
                catalog
                    .request_password_reset(RequestId::generate(), user, token, expires_at)
                    .await
                    .unwrap();
            }
            Step::ResetPassword(choice) => {
                if let Some(token) = pick(&self.resets, choice) {
                    let hash = format!("$argon2id$hash{choice}");
                    let reset = catalog
                        .reset_password(RequestId::generate(), token, hash)
                        .await;
                    assert!(
                        !matches!(reset, Err(ResetPasswordError::Catalog(_))),
                        "{reset:?}"
                    );
                }
            }
            other => panic!("{other:?} is not about passwords"),
        }
    }

    async fn apply_to_invitations(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::Invite(choice, number, role) => {
                let (inviter, _) = self.tenant(choice);
                let role = [Role::ReadOnly, Role::Member, Role::Admin][usize::from(role) % 3];
                let (email, token) = (format!("p{number}@example.com"), self.unique());
                let new = NewInvitation {
                    email: email.clone(),
                    role,
                    token_sha256: token,
                    expires_at: self.fixture.in_seconds(20),
                };
                match catalog.invite(&inviter, by(&inviter), new).await {
                    Ok(invitation) => self.invitations.push(Invited {
                        inviter,
                        id: invitation.id,
                        token,
                        email,
                        role,
                    }),
                    Err(InviteError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::Accept(choice) => {
                let Some(invited) = pick(&self.invitations, choice) else {
                    return;
                };
                let known = catalog.user_by_email(&invited.email).await.unwrap();
                let invitee = match known {
                    Some(person) => Invitee::Known(person.id),
                    None => Invitee::New {
                        password_hash: "$argon2id$hash".to_owned(),
                    },
                };
                let accepted = catalog
                    .accept_invitation(RequestId::generate(), invited.token, invitee)
                    .await;
                match accepted {
                    Ok((_, user)) => {
                        let access = super::owner_of(invited.inviter.tenant, user);
                        let access = super::with_role(&access, invited.role);
                        self.tenants.push((access, user));
                    }
                    Err(AcceptError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::RevokeInvitation(choice) => {
                if let Some(Invited { inviter, id, .. }) = pick(&self.invitations, choice) {
                    let revoked = catalog.revoke_invitation(&inviter, by(&inviter), id).await;
                    assert!(
                        !matches!(revoked, Err(InvitationError::Catalog(_))),
                        "{revoked:?}"
                    );
                }
            }
            other => panic!("{other:?} is not about invitations"),
        }
    }

    async fn apply_to_members(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        let outcome = match step {
            Step::ChangeRole(actor, member, role) => {
                let ((access, _), (_, member)) = (self.tenant(actor), self.tenant(member));
                let roles = [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner];
                let role = roles[usize::from(role) % 4];
                let changed = catalog.change_role(&access, by(&access), member, role);
                changed.await.map(|_| ())
            }
            Step::RemoveMember(actor, member) => {
                let ((access, _), (_, member)) = (self.tenant(actor), self.tenant(member));
                let removed = catalog.remove_member(&access, by(&access), member);
                removed.await.map(|_| ())
            }
            other => panic!("{other:?} is not about members"),
        };
        assert!(
            !matches!(outcome, Err(MemberError::Catalog(_))),
            "{outcome:?}"
        );
    }

    async fn apply_to_keys(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::CreateKey(choice, role, limited) => {
                let (access, _) = self.tenant(choice);
                let role =
                    [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner][usize::from(role) % 4];
                let log = pick(&self.logs, choice).map(|(_, log)| log);
                let new = NewKey {
                    name: format!("key-{choice}"),
                    role,
                    logs: log.filter(|_| limited).map(|log| vec![log]),
                    expires_at: limited.then(|| self.fixture.in_seconds(1)),
                    sha256: self.unique(),
                };
                match catalog.create_key(&access, by(&access), new).await {
                    Ok(key) => self.keys.push((access, key.id)),
                    Err(CreateKeyError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::CreateKeyWithKey(choice) => {
                let Some((access, maker)) = pick(&self.keys, choice) else {
                    return;
                };
                let access = Access {
                    actor: Actor::ApiKey(maker),
                    ..access
                };
                let new = NewKey {
                    name: "made by a key".to_owned(),
                    role: Role::ReadOnly,
                    logs: None,
                    expires_at: None,
                    sha256: self.unique(),
                };
                match catalog.create_key(&access, by(&access), new).await {
                    Ok(key) => self.keys.push((access, key.id)),
                    Err(CreateKeyError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::RotateKey(choice, overlap) => {
                let secret = self.unique();
                if let Some((access, key)) = pick(&self.keys, choice) {
                    let overlap = Duration::from_secs(overlap.into());
                    let rotated = catalog
                        .rotate_key(&access, by(&access), key, secret, overlap)
                        .await;
                    let failed = matches!(rotated, Err(RotateKeyError::Catalog(_)));
                    assert!(!failed, "{rotated:?}");
                }
            }
            Step::RevokeKey(choice) => {
                if let Some((access, key)) = pick(&self.keys, choice) {
                    let revoked = catalog.revoke_key(&access, by(&access), key).await;
                    assert!(!matches!(revoked, Err(KeyError::Catalog(_))), "{revoked:?}");
                }
            }
            other => panic!("{other:?} is not about keys"),
        }
    }

    async fn apply_to_logs(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        match step {
            Step::CreateLog(choice, number) => {
                let (access, _) = self.tenant(choice);
                let new = new_log(&format!("log-{number}"));
                match catalog.create_log(&access, by(&access), new).await {
                    Ok(log) => self.logs.push((access, log.id)),
                    Err(CreateLogError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::CreateLogs(choice, count) => {
                let (access, _) = self.tenant(choice);
                let first = self.made;
                self.made += u64::from(count);
                let new = (first..self.made).map(|number| new_log(&format!("bulk-{number}")));
                let logs = catalog
                    .create_logs(&access, by(&access), new.collect())
                    .await;
                let logs = logs.unwrap().into_iter();
                self.logs.extend(logs.map(|log| (access.clone(), log.id)));
            }
            Step::UpdateLog(choice, description, archive) => {
                if let Some((access, log)) = pick(&self.logs, choice) {
                    let changes = LogChanges {
                        description: description.map(|some| some.then(|| format!("d{choice}"))),
                        retention: archive.then_some(Retention::Archive),
                    };
                    let limited = limited_to(&access, &[log]);
                    let updated = catalog
                        .update_log(&limited, by(&access), log, changes)
                        .await;
                    assert!(!matches!(updated, Err(LogError::Catalog(_))), "{updated:?}");
                }
            }
            Step::DeleteLog(choice) => {
                if let Some((access, log)) = pick(&self.logs, choice) {
                    let deleted = catalog.delete_log(&access, by(&access), log).await;
                    assert!(!matches!(deleted, Err(LogError::Catalog(_))), "{deleted:?}");
                }
            }
            other => panic!("{other:?} is not about logs"),
        }
    }

    async fn apply_to_versions(&mut self, step: Step) {
        let catalog = self.fixture.catalog.clone();
        let halt = |number: u8| Halt {
            sequence: Sequence::new(u64::from(number)).unwrap(),
            message: format!("trap {number}"),
        };
        match step {
            Step::Upload(choice, view, component) => {
                let Some((access, log)) = pick(&self.logs, choice) else {
                    return;
                };
                let (view, new) = (name(&format!("view-{view}")), new_version(component));
                match catalog
                    .upload_version(&access, by(&access), log, view, new)
                    .await
                {
                    Ok((_, version)) => self.versions.push((access, version.id)),
                    Err(UploadError::Catalog(error)) => panic!("{error}"),
                    Err(_) => {}
                }
            }
            Step::DeleteView(choice, view) => {
                if let Some((access, log)) = pick(&self.logs, choice) {
                    let view = name(&format!("view-{view}"));
                    let deleted = catalog.delete_view(&access, by(&access), log, &view).await;
                    assert!(
                        !matches!(deleted, Err(ViewError::Catalog(_))),
                        "{deleted:?}"
                    );
                }
            }
            Step::Activate(choice) | Step::Fail(choice, _) | Step::Halt(choice, _) => {
                let Some((access, id)) = pick(&self.versions, choice) else {
                    return;
                };
                let tenant = access.tenant;
                let changed = match step {
                    Step::Fail(_, at) => catalog.fail_version(tenant, system(), id, halt(at)).await,
                    Step::Halt(_, at) => catalog.halt_version(tenant, system(), id, halt(at)).await,
                    _ => catalog
                        .activate_version(tenant, system(), id)
                        .await
                        .map(|_| ()),
                };
                assert!(
                    !matches!(changed, Err(VersionError::Catalog(_))),
                    "{changed:?}"
                );
            }
            other => panic!("{other:?} is not about versions"),
        }
    }
}

fn pick<T: Clone>(from: &[T], choice: u8) -> Option<T> {
    let index = usize::from(choice).checked_rem(from.len())?;
    from.get(index).cloned()
}
