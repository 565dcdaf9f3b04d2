//! API keys: shown once, stored as a hash, never above their maker.

use std::time::Duration;

use catalog::access::{Access, Role};
use catalog::{Context, Key, NewKey};
use protocol::api_key::ApiKey;
use protocol::{KeyId, LogId, Timestamp};
use storage::bus::Stale;

use super::App;
use crate::auth::token;
use crate::errors::{Failure, Result};

const NAME_CHARS_MAX: usize = 128;
/// Logs that one key may be limited to; more of them are better served by a tenant of their own.
const LOGS_MAX: usize = 100;

/// How long earlier secrets of a key work after a rotation that does not say.
pub(crate) const OVERLAP: Duration = Duration::from_secs(86_400);
/// The longest that they may.
const OVERLAP_MAX: Duration = Duration::from_secs(30 * 86_400);

/// Someone wants a key.
pub(crate) struct KeyRequest {
    pub name: String,
    /// Member, or the maker's role if that is lower, when it is not said.
    pub role: Option<Role>,
    /// Ids or names of the logs that the key is limited to.
    pub logs: Option<Vec<String>>,
    pub expires_at: Option<Timestamp>,
}

impl App {
    /// # Errors
    /// When the key would do more than its maker may.
    pub(crate) async fn create_key(
        &self,
        access: &Access,
        context: Context,
        request: KeyRequest,
    ) -> Result<(Key, ApiKey)> {
        let role = request.role.unwrap_or(Role::Member.min(access.role));
        check_request(&request, self.clock.now())?;
        let logs = match request.logs {
            Some(names) => Some(self.resolve_logs(access, &names).await?),
            None => None,
        };
        let secret = ApiKey::generate();
        let key = NewKey {
            name: request.name,
            role,
            logs,
            expires_at: request.expires_at,
            sha256: token::digest(secret.expose()),
        };
        let key = self.catalog.create_key(access, context, key).await?;
        Ok((key, secret))
    }

    async fn resolve_logs(&self, access: &Access, names: &[String]) -> Result<Vec<LogId>> {
        let mut logs = Vec::with_capacity(names.len());
        for name in names {
            logs.push(self.log(access, name).await?.id);
        }
        logs.sort_unstable();
        logs.dedup();
        Ok(logs)
    }

    /// Gives a key a new secret; those before it work for `overlap` more. Gives also until when.
    ///
    /// # Errors
    /// When there is no such key, it is not the caller's and the caller is no admin, or the key may
    /// do more than the caller.
    pub(crate) async fn rotate_key(
        &self,
        access: &Access,
        context: Context,
        key: KeyId,
        overlap: Duration,
    ) -> Result<(Key, ApiKey, Option<Timestamp>)> {
        if overlap > OVERLAP_MAX {
            return Err(Failure::invalid_request(
                "`overlap_secs` is from 0 to 2592000, which is 30 days",
            ));
        }
        let secret = ApiKey::generate();
        let sha256 = token::digest(secret.expose());
        let (key, earlier_until) = self
            .catalog
            .rotate_key(access, context, key, sha256, overlap)
            .await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        Ok((key, secret, earlier_until))
    }

    /// Revokes a key with all that it made; gives the keys that ended.
    ///
    /// # Errors
    /// When there is no such key, or it is not the caller's and the caller is no admin.
    pub(crate) async fn revoke_key(
        &self,
        access: &Access,
        context: Context,
        key: KeyId,
    ) -> Result<Vec<KeyId>> {
        let revoked = self.catalog.revoke_key(access, context, key).await?;
        self.caches.invalidate(Stale::Tenant(access.tenant));
        Ok(revoked)
    }
}

fn check_request(request: &KeyRequest, now: Timestamp) -> Result<()> {
    let invalid = |message: &'static str| Err(Failure::invalid_request(message));
    let chars = request.name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || request.name.chars().any(char::is_control) {
        return invalid("the name of a key has 1 to 128 characters and no control characters");
    }
    if let Some(logs) = &request.logs
        && (logs.is_empty() || logs.len() > LOGS_MAX)
    {
        return invalid("`logs` names 1 to 100 logs; leave it out for all of them");
    }
    if request.expires_at.is_some_and(|end| end <= now) {
        return invalid("`expires_at` lies in the past");
    }
    Ok(())
}
