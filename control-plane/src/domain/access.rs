//! What a caller may do beyond its role, which the operation states in `api`.

use catalog::access::{Access, Actor, Role};
use protocol::{ErrorCode, TenantId, UserId};

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

/// The person who calls.
///
/// # Errors
/// When an API key does, or a token that was exchanged for one.
pub(crate) fn person(access: &Access) -> Result<UserId> {
    match access.actor {
        Actor::User(user) => Ok(user),
        Actor::ApiKey(_) | Actor::System => Err(Failure::new(
            ErrorCode::PersonOnly,
            "an API key can't do this; log in with POST /auth/login, and use the token that it gives",
        )),
    }
}
