//! Authentication: what a bearer token stands for, from memory where it can be. Each request comes
//! here once.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::access::{Access, Actor};
use parking_lot::Mutex;
use protocol::{KeyId, Rate, TenantId, Timestamp, UserId};

use super::App;
use super::catalog_cache::CatalogCache;
use crate::auth::token::TokenDigest;
use crate::errors::Result;
use crate::options::Options;

/// Tokens that are cached at a time; some 300 bytes each.
const SESSIONS_MAX: u64 = 100_000;

/// Keys whose last use waits to be written; later ones are not noted until then.
const USED_MAX: usize = 10_000;

/// An authenticated token.
#[derive(Clone, Debug)]
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

/// Sessions by the digest of their token.
pub(crate) struct Sessions {
    pub(super) cached: CatalogCache<TokenDigest, Arc<Session>>,
    /// When keys were last used, until it is written to the catalog.
    used: Mutex<HashMap<KeyId, Timestamp>>,
}

impl Sessions {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            cached: CatalogCache::new(SESSIONS_MAX, options),
            used: Mutex::default(),
        }
    }

    /// Asks again for every token of a tenant: a key was revoked, a role changed.
    pub(crate) fn invalidate_tenant(&self, tenant: TenantId) {
        self.cached
            .invalidate_if(move |session| session.access.tenant == tenant);
    }

    /// Asks again for every token of a person: the password changed.
    pub(crate) fn invalidate_user(&self, user: UserId) {
        self.cached
            .invalidate_if(move |session| session.access.actor == Actor::User(user));
    }

    fn note_use(&self, key: KeyId, at: Timestamp) {
        let mut used = self.used.lock();
        if used.len() < USED_MAX || used.contains_key(&key) {
            used.insert(key, at);
        }
    }
}

impl App {
    /// The session of a token; `None` when it is unknown, expired or revoked.
    pub(crate) async fn session(&self, digest: TokenDigest) -> Result<Option<Arc<Session>>> {
        let session = self
            .caches
            .sessions
            .cached
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
            self.caches.sessions.note_use(key, self.clock.now());
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
        let used = std::mem::take(&mut *self.caches.sessions.used.lock());
        let used: Vec<_> = used.into_iter().collect();
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.catalog.note_key_use(&used).await {
            tracing::warn!(%error, "the last use of some keys was not noted");
        }
    }
}
