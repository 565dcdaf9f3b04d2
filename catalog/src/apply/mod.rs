//! What a control event does to the read model: the only code that writes its tables.
//!
//! Applying depends on nothing but the event and the tables: no clock, no random numbers, no
//! limits. Whether a change is allowed was decided before its event was recorded, and a rebuild
//! must come to the same rows years later.

mod invitation;
mod key;
mod log;
mod password;
mod people;
mod secret;
mod tenant_deletion;
mod version;

use sea_orm::ConnectionTrait;

use super::error::ChangeError;
use super::event::{ControlEvent, RecordedEvent};

/// Applies one event.
pub(super) async fn apply(
    sql: &impl ConnectionTrait,
    recorded: &RecordedEvent,
) -> Result<(), ChangeError> {
    match &recorded.event {
        ControlEvent::TenantCreated { .. }
        | ControlEvent::TenantRateChanged { .. }
        | ControlEvent::TenantQuotasChanged { .. }
        | ControlEvent::UserRegistered { .. }
        | ControlEvent::EmailVerificationRequested { .. }
        | ControlEvent::EmailVerified { .. }
        | ControlEvent::UserDeleted { .. }
        | ControlEvent::MemberAdded { .. }
        | ControlEvent::MemberRoleChanged { .. }
        | ControlEvent::MemberRemoved { .. } => people::apply(sql, recorded).await,
        ControlEvent::InvitationCreated { .. }
        | ControlEvent::InvitationRevoked { .. }
        | ControlEvent::InvitationAccepted { .. } => invitation::apply(sql, recorded).await,
        ControlEvent::PasswordResetRequested { .. } | ControlEvent::PasswordChanged { .. } => {
            password::apply(sql, recorded).await
        }
        ControlEvent::TenantDeletionScheduled { .. }
        | ControlEvent::TenantDeletionCancelled { .. }
        | ControlEvent::TenantDeletionStarted { .. }
        | ControlEvent::TenantDeleted { .. }
        | ControlEvent::TenantErasureAdvanced { .. } => tenant_deletion::apply(sql, recorded).await,
        ControlEvent::KeyCreated { .. }
        | ControlEvent::KeyRotated { .. }
        | ControlEvent::KeyRevoked { .. }
        | ControlEvent::KeyRoleLowered { .. } => key::apply(sql, recorded).await,
        ControlEvent::LogCreated { .. }
        | ControlEvent::LogUpdated { .. }
        | ControlEvent::LogDeleted { .. }
        | ControlEvent::ViewCreated { .. }
        | ControlEvent::ViewDeleted { .. } => log::apply(sql, recorded).await,
        ControlEvent::VersionUploaded { .. }
        | ControlEvent::VersionActivated { .. }
        | ControlEvent::VersionFailed { .. }
        | ControlEvent::VersionHalted { .. }
        | ControlEvent::VersionRetired { .. }
        | ControlEvent::VersionRemoved { .. } => version::apply(sql, recorded).await,
    }
}
