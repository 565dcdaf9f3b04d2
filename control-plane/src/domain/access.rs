//! What a caller may do.

use catalog::access::{Access, Role};
use protocol::{ErrorCode, LogId};

use crate::errors::Failure;

/// # Errors
/// When the caller has a lower role.
pub(crate) fn require(access: &Access, role: Role) -> Result<(), Failure> {
    if access.has(role) {
        return Ok(());
    }
    Err(Failure::new(
        ErrorCode::Forbidden,
        format!("this needs the role {role}; yours is {}", access.role),
    ))
}

/// # Errors
/// When the caller is limited to some logs: people are members of the whole tenant.
pub(crate) fn require_all_logs(access: &Access) -> Result<(), Failure> {
    if access.logs.is_none() {
        return Ok(());
    }
    Err(Failure::new(
        ErrorCode::Forbidden,
        "an API key that is limited to some logs can't do this",
    ))
}

/// # Errors
/// When the caller may not reach the log; it is not found then.
pub(crate) fn require_log(access: &Access, log: LogId) -> Result<(), Failure> {
    if access.covers(log) {
        Ok(())
    } else {
        Err(Failure::log_not_found())
    }
}
