//! Random histories of the catalog: changes of every kind, on whatever is there by then.

mod deletions;
mod keys;
mod logs;
mod members;
mod people;
mod step;
mod versions;

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{CatalogLimits, Quotas};
use protocol::{InvitationId, KeyId, LogId, UserId, VersionId};

use super::Fixture;
use step::Step;
pub(super) use step::{opening, step};

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
    secrets: Vec<[u8; 32]>,
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
            secrets: Vec::new(),
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
            | Step::SetCap(..)
            | Step::RequestVerification(..)
            | Step::Verify(_) => {
                self.apply_to_people(step).await;
            }
            Step::RequestReset(..) | Step::ResetPassword(_) => {
                self.apply_to_passwords(step).await;
            }
            Step::EnableSecondFactor(_)
            | Step::DisableSecondFactor(_)
            | Step::RenewRecoveryCodes(_) => self.apply_to_second_factors(step).await,
            Step::Invite(..) | Step::Accept(_) | Step::RevokeInvitation(_) => {
                self.apply_to_invitations(step).await;
            }
            Step::ChangeRole(..) | Step::RemoveMember(..) => self.apply_to_members(step).await,
            Step::CreateKey(..)
            | Step::CreateKeyWithKey(_)
            | Step::RotateKey(..)
            | Step::RotateKeyOfAnother(..)
            | Step::RotateKeyWithKey(..)
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
}

fn pick<T: Clone>(from: &[T], choice: u8) -> Option<T> {
    let index = usize::from(choice).checked_rem(from.len())?;
    from.get(index).cloned()
}
