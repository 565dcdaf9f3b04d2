//! What a caller may do beyond its role, which the operation states in `api`.

use catalog::access::{Access, Actor, Role};
use protocol::TenantId;

use crate::errors::{Failure, Result};

/// Access to all logs of a tenant.
pub(super) fn to_all_logs(tenant: TenantId, actor: Actor, role: Role) -> Access {
    Access {
        tenant,
        actor,
        role,
        logs: None,
        secret: None,
    }
}

/// # Errors
/// When the caller is limited to some logs: people are members of the whole tenant.
pub(crate) fn require_all_logs(access: &Access) -> Result<()> {
    if access.logs.is_none() {
        return Ok(());
    }
    Err(Failure::forbidden(
        "an API key that is limited to some logs can't do this",
    ))
}
