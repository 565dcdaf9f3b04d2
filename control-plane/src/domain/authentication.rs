//! Authentication: what a bearer token stands for, from memory where it can be. Each request comes
//! here once.

use std::sync::Arc;

use catalog::Authenticated;
use catalog::access::Actor;

use super::App;
use crate::auth::token::TokenDigest;
use crate::errors::Result;

/// Keys whose last use waits to be written; later ones are not noted until then.
const USED_MAX: usize = 10_000;

impl App {
    /// The session of a token; `None` when it is unknown, expired or revoked.
    pub(crate) async fn session(&self, digest: TokenDigest) -> Result<Option<Arc<Authenticated>>> {
        let session = self
            .caches
            .sessions
            .get(&digest, self.authenticate(digest))
            .await?;
        Ok(session.filter(|it| it.expires_at.is_none_or(|end| self.clock.now() < end)))
    }

    async fn authenticate(&self, digest: TokenDigest) -> Result<Option<Arc<Authenticated>>> {
        let Some(found) = self.catalog.authenticate(digest).await? else {
            return Ok(None);
        };
        self.limits.quotas.learn(found.access.tenant, found.quotas);
        if let Actor::ApiKey(key) = found.access.actor {
            let mut used = self.caches.used_keys.lock();
            if used.len() < USED_MAX || used.contains_key(&key) {
                used.insert(key, self.clock.now());
            }
        }
        Ok(Some(Arc::new(found)))
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
