//! What the node keeps in memory of the catalog and of other nodes. All of it can be lost at any moment.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::access::Actor;
use catalog::{Authenticated, Log};
use parking_lot::Mutex;
use protocol::view::VersionSpec;
use protocol::{KeyId, LogId, TenantId, Timestamp};
use storage::bus::Stale;

use super::catalog_cache::CatalogCache;
use super::health::Health;
use crate::auth::token::TokenDigest;
use crate::options::Options;

/// Some 400 bytes each.
const SESSIONS_MAX: u64 = 100_000;
const LOGS_MAX: u64 = 200_000;
const VERSIONS_MAX: u64 = 200_000;

/// A version that answers queries.
pub(crate) struct Queryable {
    pub spec: Arc<VersionSpec>,
    /// The content type that the upload declared.
    pub content_type: Option<String>,
}

/// A log by what the URL calls it.
pub(crate) type LogKey = (TenantId, String);

/// A view's version by log, name and number; without a number, the live one.
pub(crate) type VersionKey = (LogId, String, Option<u32>);

pub(crate) struct Caches {
    /// Sessions by the digest of their token.
    pub sessions: CatalogCache<TokenDigest, Arc<Authenticated>>,
    /// When keys were last used, until it is written to the catalog.
    pub used_keys: Mutex<HashMap<KeyId, Timestamp>>,
    pub logs: CatalogCache<LogKey, Arc<Log>>,
    pub versions: CatalogCache<VersionKey, Arc<Queryable>>,
    pub health: Health,
}

impl Caches {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            sessions: CatalogCache::new(SESSIONS_MAX, options),
            used_keys: Mutex::default(),
            logs: CatalogCache::new(LOGS_MAX, options),
            versions: CatalogCache::new(VERSIONS_MAX, options),
            health: Health::default(),
        }
    }

    /// Asks again for what changed.
    pub(crate) fn invalidate(&self, stale: Stale) {
        let (sessions, logs, versions) = (&self.sessions, &self.logs, &self.versions);
        match stale {
            Stale::Tenant(tenant) => sessions.invalidate_if(move |it| it.access.tenant == tenant),
            Stale::User(user) => {
                sessions.invalidate_if(move |it| it.access.actor == Actor::User(user));
            }
            Stale::Log(log) => {
                logs.invalidate_if(move |it| it.id == log);
                self.invalidate_views_of(log);
            }
            Stale::View(view) => versions.invalidate_if(move |it| it.spec.view == view),
            Stale::Everything => {
                sessions.invalidate_all();
                logs.invalidate_all();
                versions.invalidate_all();
            }
        }
    }

    pub(crate) fn invalidate_views_of(&self, log: LogId) {
        self.versions
            .invalidate_if(move |entry| entry.spec.log == log);
    }
}
