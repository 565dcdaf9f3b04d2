//! What a caller may do beyond its role, which the operation states in `api`.

use catalog::access::Access;
use protocol::{ErrorCode, LogId};

use crate::errors::Failure;

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
