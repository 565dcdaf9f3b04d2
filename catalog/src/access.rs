//! Who asks, for which tenant, and what they may do.
//!
//! Every operation of the control plane takes an [`Access`] first, and every query of tenant-owned
//! rows starts from its tenant. There is no way to reach such a row without one.

use std::sync::Arc;

use protocol::{KeyId, LogId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

/// What a member or a key may do. Roles are ordered: each one may do all that a lower one may.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Role {
    ReadOnly,
    Member,
    Admin,
    Owner,
}

/// Who does something: stands in every control event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Actor {
    User(UserId),
    ApiKey(KeyId),
    /// The system itself, such as a worker that halts a view.
    System,
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub tenant: TenantId,
    pub actor: Actor,
    pub role: Role,
    /// The logs that a key is limited to; `None` for all of the tenant.
    pub logs: Option<Arc<[LogId]>>,
    /// The SHA-256 of the secret that a key's holder came with, which may be one from before a
    /// rotation; `None` for people, and where it makes no difference.
    pub secret: Option<[u8; 32]>,
}

impl Access {
    /// Whether the holder has at least `role`.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.role >= role
    }

    /// Whether the holder may reach a log of the tenant at all.
    #[must_use]
    pub fn covers(&self, log: LogId) -> bool {
        self.logs.as_ref().is_none_or(|logs| logs.contains(&log))
    }
}
