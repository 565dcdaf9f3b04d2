//! What a caller may do.

use catalog::access::{Access, Actor, Role};
use protocol::{LogId, TenantId};

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
/// When the caller has a lower role.
pub(crate) fn require(access: &Access, role: Role) -> Result<()> {
    if access.has(role) {
        return Ok(());
    }
    Err(Failure::forbidden(format!(
        "this needs the role {role}; yours is {}",
        access.role
    )))
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

/// # Errors
/// When the caller may not reach the log; it is not found then.
pub(crate) fn require_log(access: &Access, log: LogId) -> Result<()> {
    if access.covers(log) {
        Ok(())
    } else {
        Err(Failure::log_not_found())
    }
}
