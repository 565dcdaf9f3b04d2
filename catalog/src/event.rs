//! Control events: what happened to tenants, people, keys, logs and views.
//!
//! They are the catalog's source of truth and its audit log. The JSON of an event is stored for
//! ever, so a kind is never renamed and a field never changes its meaning; a field that is added
//! later has a default. What can't be said that way gets a new kind, or raises [`VERSION`].
//!
//! An event never holds a secret: tokens and keys appear as their SHA-256, passwords as the
//! password hash that is stored anyway.

use protocol::{
    ComponentDigest, InvitationId, KeyId, LogId, Name, Rate, RequestId, TenantDeletionId, TenantId,
    Timestamp, UserId, VersionId, ViewId,
};
use serde::{Deserialize, Serialize};

use super::log::Retention;
use super::quota::QuotaOverrides;
use super::tenant_deletion::DeletionStep;
use crate::access::{Actor, Role};
use protocol::view::{Halt, World};

/// The version of the JSON that this program writes. It reads this one and all before.
pub(super) const VERSION: i16 = 1;

/// Where events about people stand: people are members of several tenants, and what one tenant may
/// audit or erase is not theirs. No tenant has this id.
pub const PEOPLE: TenantId = TenantId(uuid::Uuid::nil());

/// A control event as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The tenant that it happened to; [`PEOPLE`] for what happened to a user.
    pub tenant: TenantId,
    /// 1, 2, 3, … for each tenant, without a gap.
    pub sequence: u64,
    pub at: Timestamp,
    pub actor: Actor,
    pub request_id: RequestId,
    pub event: ControlEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ControlEvent {
    TenantCreated {
        short_name: String,
    },
    /// An operator set or lifted the tenant's own request rate.
    TenantRateChanged {
        rate: Option<Rate>,
    },
    /// An operator set the tenant's own quotas, all that it has from now on.
    TenantQuotasChanged {
        quotas: QuotaOverrides,
    },
    /// The owner wants the tenant deleted. Said again, it moves the time.
    TenantDeletionScheduled {
        deletion: TenantDeletionId,
        delete_at: Timestamp,
    },
    TenantDeletionCancelled {
        deletion: TenantDeletionId,
    },
    /// The time has come, and there is no way back: nobody has access any more.
    TenantDeletionStarted {
        deletion: TenantDeletionId,
    },
    /// The tenant is gone, and so are its logs.
    TenantDeleted {
        deletion: TenantDeletionId,
    },
    /// The next step of erasing what a tenant left has begun.
    TenantErasureAdvanced {
        deletion: TenantDeletionId,
        step: DeletionStep,
    },
    UserRegistered {
        user: UserId,
        email: String,
        password_hash: String,
        email_verified: bool,
    },
    EmailVerificationRequested {
        user: UserId,
        #[serde(with = "hex_bytes")]
        token_sha256: [u8; 32],
        expires_at: Timestamp,
    },
    EmailVerified {
        user: UserId,
    },
    /// The last tenant that they were a member of was deleted.
    UserDeleted {
        user: UserId,
    },
    MemberAdded {
        user: UserId,
        role: Role,
    },
    MemberRoleChanged {
        user: UserId,
        role: Role,
    },
    MemberRemoved {
        user: UserId,
    },
    /// Takes the place of the one that the address had before.
    InvitationCreated {
        invitation: InvitationId,
        email: String,
        role: Role,
        #[serde(with = "hex_bytes")]
        token_sha256: [u8; 32],
        expires_at: Timestamp,
    },
    InvitationRevoked {
        invitation: InvitationId,
    },
    InvitationAccepted {
        invitation: InvitationId,
        user: UserId,
    },
    PasswordResetRequested {
        user: UserId,
        #[serde(with = "hex_bytes")]
        token_sha256: [u8; 32],
        expires_at: Timestamp,
    },
    /// The links that would have changed it, too, work no more.
    PasswordChanged {
        user: UserId,
        password_hash: String,
    },
    KeyCreated {
        key: KeyId,
        name: String,
        role: Role,
        logs: Option<Vec<LogId>>,
        expires_at: Option<Timestamp>,
        #[serde(with = "hex_bytes")]
        sha256: [u8; 32],
        /// Who is behind its secret, where a key made it; else its maker is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<UserId>,
    },
    /// The key has another secret.
    KeyRotated {
        key: KeyId,
        name: String,
        #[serde(with = "hex_bytes")]
        sha256: [u8; 32],
        /// Until when earlier secrets work, unless they end sooner; `None` when they ended.
        earlier_until: Option<Timestamp>,
        /// Who is behind the new secret, where a key gave it; else whoever rotated the key is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<UserId>,
    },
    KeyRevoked {
        key: KeyId,
        name: String,
    },
    /// The person behind it may do less than before.
    KeyRoleLowered {
        key: KeyId,
        role: Role,
    },
    LogCreated {
        log: LogId,
        name: Name,
        description: Option<String>,
        retention: Retention,
    },
    /// Holds the log's properties as they are from now on.
    LogUpdated {
        log: LogId,
        description: Option<String>,
        retention: Retention,
    },
    /// The log's views and their versions go with it.
    LogDeleted {
        log: LogId,
        name: Name,
    },
    ViewCreated {
        view: ViewId,
        log: LogId,
        name: Name,
    },
    VersionUploaded {
        version: VersionId,
        view: ViewId,
        log: LogId,
        number: u32,
        component: ComponentDigest,
        component_bytes: u64,
        world: World,
        imports: Vec<String>,
        languages: Vec<String>,
        content_type: Option<String>,
        #[serde(with = "hex_bytes")]
        config: Vec<u8>,
    },
    VersionActivated {
        version: VersionId,
        view: ViewId,
    },
    /// Its build failed.
    VersionFailed {
        version: VersionId,
        view: ViewId,
        halt: Halt,
    },
    /// It met an event that it can't fold.
    VersionHalted {
        version: VersionId,
        view: ViewId,
        halt: Halt,
    },
    /// Another version took its place.
    VersionRetired {
        version: VersionId,
        view: ViewId,
    },
    /// It was old, and made room for a new one.
    VersionRemoved {
        version: VersionId,
        view: ViewId,
    },
    /// The view's versions go with it.
    ViewDeleted {
        view: ViewId,
        log: LogId,
        name: Name,
    },
}

/// Why a stored event can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error(
        "control event {tenant}/{sequence} has version {version}, and this program knows up to \
         {VERSION}; run the program that wrote it, or a later one"
    )]
    UnknownVersion {
        tenant: TenantId,
        sequence: u64,
        version: i16,
    },
    #[error(
        "control event {tenant}/{sequence} is of the unknown kind {kind:?}; run the program that \
         wrote it, or a later one"
    )]
    UnknownKind {
        tenant: TenantId,
        sequence: u64,
        kind: String,
    },
    #[error("control event {tenant}/{sequence} can't be read: {reason}")]
    Malformed {
        tenant: TenantId,
        sequence: u64,
        reason: String,
    },
    #[error("a control event can't be written: {0}")]
    Encode(String),
}

impl ControlEvent {
    /// Every kind, as it stands in `type`.
    pub const KINDS: [&str; 35] = [
        "tenant_created",
        "tenant_rate_changed",
        "tenant_quotas_changed",
        "tenant_deletion_scheduled",
        "tenant_deletion_cancelled",
        "tenant_deletion_started",
        "tenant_deleted",
        "tenant_erasure_advanced",
        "user_registered",
        "email_verification_requested",
        "email_verified",
        "user_deleted",
        "member_added",
        "member_role_changed",
        "member_removed",
        "invitation_created",
        "invitation_revoked",
        "invitation_accepted",
        "password_reset_requested",
        "password_changed",
        "key_created",
        "key_rotated",
        "key_revoked",
        "key_role_lowered",
        "log_created",
        "log_updated",
        "log_deleted",
        "view_created",
        "version_uploaded",
        "version_activated",
        "version_failed",
        "version_halted",
        "version_retired",
        "version_removed",
        "view_deleted",
    ];

    /// The event's `type`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::TenantCreated { .. } => "tenant_created",
            Self::TenantRateChanged { .. } => "tenant_rate_changed",
            Self::TenantQuotasChanged { .. } => "tenant_quotas_changed",
            Self::TenantDeletionScheduled { .. } => "tenant_deletion_scheduled",
            Self::TenantDeletionCancelled { .. } => "tenant_deletion_cancelled",
            Self::TenantDeletionStarted { .. } => "tenant_deletion_started",
            Self::TenantDeleted { .. } => "tenant_deleted",
            Self::TenantErasureAdvanced { .. } => "tenant_erasure_advanced",
            Self::UserRegistered { .. } => "user_registered",
            Self::EmailVerificationRequested { .. } => "email_verification_requested",
            Self::EmailVerified { .. } => "email_verified",
            Self::UserDeleted { .. } => "user_deleted",
            Self::MemberAdded { .. } => "member_added",
            Self::MemberRoleChanged { .. } => "member_role_changed",
            Self::MemberRemoved { .. } => "member_removed",
            Self::InvitationCreated { .. } => "invitation_created",
            Self::InvitationRevoked { .. } => "invitation_revoked",
            Self::InvitationAccepted { .. } => "invitation_accepted",
            Self::PasswordResetRequested { .. } => "password_reset_requested",
            Self::PasswordChanged { .. } => "password_changed",
            Self::KeyCreated { .. } => "key_created",
            Self::KeyRotated { .. } => "key_rotated",
            Self::KeyRevoked { .. } => "key_revoked",
            Self::KeyRoleLowered { .. } => "key_role_lowered",
            Self::LogCreated { .. } => "log_created",
            Self::LogUpdated { .. } => "log_updated",
            Self::LogDeleted { .. } => "log_deleted",
            Self::ViewCreated { .. } => "view_created",
            Self::VersionUploaded { .. } => "version_uploaded",
            Self::VersionActivated { .. } => "version_activated",
            Self::VersionFailed { .. } => "version_failed",
            Self::VersionHalted { .. } => "version_halted",
            Self::VersionRetired { .. } => "version_retired",
            Self::VersionRemoved { .. } => "version_removed",
            Self::ViewDeleted { .. } => "view_deleted",
        }
    }

    /// The JSON that is stored.
    pub(super) fn encode(&self) -> Result<serde_json::Value, EventError> {
        serde_json::to_value(self).map_err(|error| EventError::Encode(error.to_string()))
    }

    /// Reads what [`ControlEvent::encode`] wrote, now or in an earlier version.
    pub(super) fn decode(
        tenant: TenantId,
        sequence: u64,
        version: i16,
        kind: &str,
        payload: &serde_json::Value,
    ) -> Result<Self, EventError> {
        if !(1..=VERSION).contains(&version) {
            return Err(EventError::UnknownVersion {
                tenant,
                sequence,
                version,
            });
        }
        if !Self::KINDS.contains(&kind) {
            return Err(EventError::UnknownKind {
                tenant,
                sequence,
                kind: kind.to_owned(),
            });
        }
        let malformed = |reason: String| EventError::Malformed {
            tenant,
            sequence,
            reason,
        };
        let event = Self::deserialize(payload).map_err(|error| malformed(error.to_string()))?;
        if event.kind() != kind {
            return Err(malformed(format!(
                "it is filed as {kind} and says that it is {}",
                event.kind()
            )));
        }
        Ok(event)
    }
}

/// Bytes as hexadecimal digits.
mod hex_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        bytes: impl AsRef<[u8]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = hex::decode(text).map_err(D::Error::custom)?;
        T::try_from(bytes).map_err(|_| D::Error::custom("the number of bytes is wrong"))
    }
}
