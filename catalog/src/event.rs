//! Control events: what happened to tenants, people, keys, logs and views.
//!
//! They are the catalog's source of truth and its audit log. The JSON of an event is stored for
//! ever, so a kind is never renamed and a field never changes its meaning; a field that is added
//! later has a default. What can't be said that way gets a new kind, or raises [`VERSION`].
//!
//! An event never holds a secret: tokens and keys appear as their SHA-256, passwords as the
//! password hash that is stored anyway.

use protocol::view::{Halt, World};
use protocol::{
    ComponentDigest, InvitationId, KeyId, LogId, Name, Rate, RequestId, TenantDeletionId, TenantId,
    Timestamp, UserId, VersionId, ViewId,
};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::CatalogError;
use crate::access::{Actor, Role};
use crate::model::{BillingAccount, DeletionStep, QuotaOverrides, Retention};

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

/// What happened. A kind's name, here and in what is stored, is its variant's in snake case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "type", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
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
    /// Holds what the tenant has with the payment provider from now on.
    BillingAccountChanged {
        account: BillingAccount,
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
    UserRegistered(UserRegistered),
    EmailVerificationRequested(MailedToken),
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
    InvitationCreated(InvitationCreated),
    InvitationRevoked {
        invitation: InvitationId,
    },
    InvitationAccepted {
        invitation: InvitationId,
        user: UserId,
    },
    PasswordResetRequested(MailedToken),
    /// The links that would have changed it, too, work no more.
    PasswordChanged {
        user: UserId,
        password_hash: String,
    },
    /// A login of the person needs a code from now on.
    SecondFactorEnabled {
        user: UserId,
    },
    SecondFactorDisabled {
        user: UserId,
    },
    /// Those that were left work no more.
    RecoveryCodesReplaced {
        user: UserId,
    },
    KeyCreated(KeyCreated),
    /// The key has another secret.
    KeyRotated(KeyRotated),
    KeyRevoked {
        key: KeyId,
        name: String,
    },
    /// The person behind it may do less than before.
    KeyRoleLowered {
        key: KeyId,
        role: Role,
    },
    LogCreated(LogCreated),
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
    VersionUploaded(VersionUploaded),
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
    /// It was old, and was removed for a new one.
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

/// A person's address and password came to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRegistered {
    pub user: UserId,
    pub email: String,
    pub password_hash: String,
    pub email_verified: bool,
}

/// A token that is mailed to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailedToken {
    pub user: UserId,
    #[serde(with = "hex_bytes")]
    pub token_sha256: [u8; 32],
    pub expires_at: Timestamp,
}

/// Someone is invited by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationCreated {
    pub invitation: InvitationId,
    pub email: String,
    pub role: Role,
    #[serde(with = "hex_bytes")]
    pub token_sha256: [u8; 32],
    /// That of the token in the mail, which proves the address; the other one does not. There was none
    /// at first.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_hex_bytes"
    )]
    pub mailed_sha256: Option<[u8; 32]>,
    pub expires_at: Timestamp,
}

/// An API key was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCreated {
    pub key: KeyId,
    pub name: String,
    pub role: Role,
    pub logs: Option<Vec<LogId>>,
    pub expires_at: Option<Timestamp>,
    #[serde(with = "hex_bytes")]
    pub sha256: [u8; 32],
    /// Who is behind its secret, where a key made it; else its maker is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
}

/// An API key has another secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotated {
    pub key: KeyId,
    pub name: String,
    #[serde(with = "hex_bytes")]
    pub sha256: [u8; 32],
    /// Until when earlier secrets work, unless they end sooner; `None` when they ended.
    pub earlier_until: Option<Timestamp>,
    /// Who is behind the new secret, where a key gave it; else whoever rotated the key is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<UserId>,
}

/// A log was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCreated {
    pub log: LogId,
    pub name: Name,
    pub description: Option<String>,
    pub retention: Retention,
}

/// A version was uploaded, and is being built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionUploaded {
    pub version: VersionId,
    pub view: ViewId,
    pub log: LogId,
    pub number: u32,
    pub component: ComponentDigest,
    pub component_bytes: u64,
    pub world: World,
    pub imports: Vec<String>,
    pub languages: Vec<String>,
    pub content_type: Option<String>,
    #[serde(with = "hex_bytes")]
    pub config: Vec<u8>,
}

impl ControlEvent {
    /// Every kind, as it stands in `type`.
    pub const KINDS: &[&str] = <Self as VariantNames>::VARIANTS;

    /// The event's `type`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.into_str()
    }

    /// The JSON that is stored.
    pub(super) fn encode(&self) -> Result<serde_json::Value, CatalogError> {
        serde_json::to_value(self).map_err(|error| {
            CatalogError::Corrupt(format!("a control event can't be written: {error}"))
        })
    }

    /// Reads what [`ControlEvent::encode`] wrote, now or in an earlier version.
    pub(super) fn decode(
        tenant: TenantId,
        sequence: u64,
        version: i16,
        kind: &str,
        payload: &serde_json::Value,
    ) -> Result<Self, CatalogError> {
        let damaged = |reason: String| {
            CatalogError::Corrupt(format!("control event {tenant}/{sequence} {reason}"))
        };
        if !(1..=VERSION).contains(&version) {
            return Err(damaged(format!(
                "has version {version}, and this program knows up to {VERSION}; run the program \
                 that wrote it, or a later one"
            )));
        }
        if !Self::KINDS.contains(&kind) {
            return Err(damaged(format!(
                "is of the unknown kind {kind:?}; run the program that wrote it, or a later one"
            )));
        }
        let event = Self::deserialize(payload)
            .map_err(|error| damaged(format!("can't be read: {error}")))?;
        if event.kind() != kind {
            return Err(damaged(format!(
                "can't be read: it is filed as {kind} and says that it is {}",
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

/// The same, of bytes that may be missing.
mod optional_hex_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::hex_bytes;

    pub(super) fn serialize<S: Serializer>(
        bytes: &Option<[u8; 32]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => hex_bytes::serialize(bytes, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<[u8; 32]>, D::Error> {
        #[derive(serde::Deserialize)]
        struct Bytes(#[serde(with = "hex_bytes")] [u8; 32]);
        Ok(Option::<Bytes>::deserialize(deserializer)?.map(|bytes| bytes.0))
    }
}
