//! What a control event does to the read model: the only code that writes its tables. A module
//! for each table writes that table, and leaves others to their modules.
//!
//! Applying depends on nothing but the event and the tables: no clock, no random numbers, no
//! limits. Whether a change is allowed was decided before its event was recorded, and a rebuild
//! must come to the same rows years later.

mod billing_accounts;
mod earlier_secrets;
mod email_verifications;
mod invitations;
mod keys;
mod logs;
mod memberships;
mod password_resets;
mod tenant_deletions;
mod tenants;
mod users;
mod versions;
mod views;

use sea_orm::sea_query::{Expr, IntoCondition};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, UpdateMany,
};

use super::column::from_time;
use super::entity::{delete, insert, set, values};
use super::error::ChangeError;
use super::event::{ControlEvent as Event, RecordedEvent};

/// The tables, and the event that changes them.
struct ReadModel<'a, C> {
    sql: &'a C,
    recorded: &'a RecordedEvent,
}

impl<C: ConnectionTrait> ReadModel<'_, C> {
    /// When the event happened, as a column holds it.
    fn at(&self) -> i64 {
        from_time(self.recorded.at)
    }

    async fn insert<A: ActiveModelTrait>(&self, row: A) -> Result<(), ChangeError> {
        Ok(insert(self.sql, row).await?)
    }

    async fn update<E: EntityTrait>(&self, rows: UpdateMany<E>) -> Result<(), ChangeError> {
        rows.exec(self.sql).await?;
        Ok(())
    }

    async fn set<E: EntityTrait>(
        &self,
        column: E::Column,
        value: impl Into<Expr>,
        which: impl IntoCondition,
    ) -> Result<(), ChangeError> {
        Ok(set::<E>(self.sql, column, value, which).await?)
    }

    async fn delete<E: EntityTrait>(&self, which: impl IntoCondition) -> Result<(), ChangeError> {
        delete::<E>(self.sql, which).await?;
        Ok(())
    }

    /// Deletes rows that meet a condition, but for so many with the highest sequences.
    async fn keep_newest<E: EntityTrait>(
        &self,
        which: Expr,
        sequence: E::Column,
        kept: u64,
    ) -> Result<(), ChangeError> {
        let newest_first = E::find().filter(which.clone()).order_by_desc(sequence);
        let surplus = newest_first.offset(kept).limit(1);
        let surplus: Vec<i64> = values(self.sql, surplus, sequence).await?;
        match surplus.first() {
            Some(newest) => self.delete::<E>(which.and(sequence.lte(*newest))).await,
            None => Ok(()),
        }
    }
}

/// Applies one event.
pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    let to = ReadModel { sql, recorded };
    match &recorded.event {
        Event::TenantCreated { short_name } => to.create_tenant(short_name).await,
        Event::TenantRateChanged { rate } => to.set_rate(*rate).await,
        Event::TenantQuotasChanged { quotas } => to.set_quotas(quotas).await,
        Event::BillingAccountChanged { account } => to.set_billing_account(account).await,
        Event::TenantDeletionScheduled {
            deletion,
            delete_at,
        } => to.schedule_deletion(*deletion, *delete_at).await,
        Event::TenantDeletionCancelled { deletion } => to.cancel_deletion(*deletion).await,
        Event::TenantDeletionStarted { deletion } => to.start_deletion(*deletion).await,
        Event::TenantDeleted { deletion } => to.delete_tenant(*deletion).await,
        Event::TenantErasureAdvanced { deletion, step } => to.set_step(*deletion, *step).await,
        Event::UserRegistered(new) => to.register_user(new).await,
        Event::EmailVerificationRequested(token) => to.open_verification(token).await,
        Event::EmailVerified { user } => to.verify_email(*user).await,
        Event::UserDeleted { user } => to.delete_user(*user).await,
        Event::MemberAdded { user, role } => to.add_member(*user, *role).await,
        Event::MemberRoleChanged { user, role } => to.set_member_role(*user, *role).await,
        Event::MemberRemoved { user } => to.remove_member(*user).await,
        Event::InvitationCreated(new) => to.create_invitation(new).await,
        Event::InvitationRevoked { invitation } | Event::InvitationAccepted { invitation, .. } => {
            to.delete_invitation(*invitation).await
        }
        Event::PasswordResetRequested(token) => to.open_reset(token).await,
        Event::PasswordChanged {
            user,
            password_hash,
        } => to.set_password(*user, password_hash).await,
        // What they are about is operational; they say that it happened.
        Event::SecondFactorEnabled { .. }
        | Event::SecondFactorDisabled { .. }
        | Event::RecoveryCodesReplaced { .. } => Ok(()),
        Event::KeyCreated(new) => to.create_key(new).await,
        Event::KeyRotated(rotated) => to.rotate_key(rotated).await,
        Event::KeyRevoked { key, .. } => to.revoke_key(*key).await,
        Event::KeyRoleLowered { key, role } => to.set_key_role(*key, *role).await,
        Event::LogCreated(new) => to.create_log(new).await,
        Event::LogUpdated {
            log,
            description,
            retention,
        } => {
            to.update_log(*log, description.as_deref(), *retention)
                .await
        }
        Event::LogDeleted { log, .. } => to.delete_log(*log).await,
        Event::ViewCreated { view, log, name } => to.create_view(*view, *log, name).await,
        Event::ViewDeleted { view, .. } => to.delete_view(*view).await,
        Event::VersionUploaded(new) => to.create_version(new).await,
        Event::VersionActivated { version, view } => to.activate_version(*version, *view).await,
        Event::VersionFailed { version, halt, .. } => to.fail_version(*version, halt).await,
        Event::VersionHalted { version, halt, .. } => to.halt_version(*version, halt).await,
        Event::VersionRetired { version, view } => to.retire_version(*version, *view).await,
        Event::VersionRemoved { version, .. } => to.delete_version(*version).await,
    }
}
