//! Authentication: what a bearer token stands for, from memory where it can be. Each request comes
//! here once.

use std::sync::Arc;

use catalog::access::Access;
use protocol::{Rate, Timestamp};

use super::App;
use crate::auth::token::TokenDigest;
use crate::errors::Result;

/// Keys whose last use waits to be written; later ones are not noted until then.
const USED_MAX: usize = 10_000;

/// An authenticated token.
pub(crate) struct Session {
    pub access: Access,
    /// How to ask again, for streams that outlive the cache.
    pub digest: TokenDigest,
    pub expires_at: Option<Timestamp>,
    /// The tenant's own rate.
    pub rate: Option<Rate>,
    /// When the tenant is going to be deleted; it is closed until then.
    pub delete_at: Option<Timestamp>,
}

impl App {
    /// The session of a token; `None` when it is unknown, expired or revoked.
    pub(crate) async fn session(&self, digest: TokenDigest) -> Result<Option<Arc<Session>>> {
        let session = self
            .caches
            .sessions
            .get(&digest, self.authenticate(digest))
            .await?;
        Ok(session.filter(|it| it.expires_at.is_none_or(|end| self.clock.now() < end)))
    }

    async fn authenticate(&self, digest: TokenDigest) -> Result<Option<Arc<Session>>> {
        let Some(found) = self.catalog.authenticate(digest).await? else {
            return Ok(None);
        };
        self.limits.quotas.learn(found.access.tenant, found.quotas);
        if let Some(key) = found.key {
            let mut used = self.caches.used_keys.lock();
            if used.len() < USED_MAX || used.contains_key(&key) {
                used.insert(key, self.clock.now());
            }
        }
        Ok(Some(Arc::new(Session {
            access: found.access,
            digest,
            expires_at: found.expires_at,
            rate: found.rate,
            delete_at: found.delete_at,
        })))
    }

    /// Writes to the catalog when keys were last used.
    pub(crate) async fn flush_key_use(&self) {
        let used = std::mem::take(&mut *self.caches.used_keys.lock());
        let used: Vec<_> = used.into_iter().collect();
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.catalog.note_key_use(&used).await {
            tracing::warn!(%error, "the last use of some keys was not noted");
        }
    }
}
