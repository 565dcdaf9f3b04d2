//! What the node keeps in memory of the catalog and of other nodes. All of it can be lost at any moment.

use std::sync::Arc;

use catalog::Log;
use protocol::view::VersionSpec;
use protocol::{LogId, TenantId, ViewId};

use super::authentication::Sessions;
use super::catalog_cache::CatalogCache;
use super::health::Health;
use crate::options::Options;

const LOGS_MAX: u64 = 200_000;
const VERSIONS_MAX: u64 = 200_000;

/// A version that answers queries.
#[derive(Debug)]
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
    pub sessions: Sessions,
    pub logs: CatalogCache<LogKey, Arc<Log>>,
    pub versions: CatalogCache<VersionKey, Arc<Queryable>>,
    pub health: Health,
}

impl Caches {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            sessions: Sessions::new(options),
            logs: CatalogCache::new(LOGS_MAX, options),
            versions: CatalogCache::new(VERSIONS_MAX, options),
            health: Health::default(),
        }
    }

    pub(crate) fn invalidate_log(&self, log: LogId) {
        self.logs.invalidate_if(move |entry| entry.id == log);
        self.versions
            .invalidate_if(move |entry| entry.spec.log == log);
    }

    pub(crate) fn invalidate_view(&self, view: ViewId) {
        self.versions
            .invalidate_if(move |entry| entry.spec.view == view);
    }

    pub(crate) fn invalidate_all(&self) {
        self.logs.invalidate_all();
        self.versions.invalidate_all();
    }
}
