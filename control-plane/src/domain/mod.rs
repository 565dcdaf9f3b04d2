//! What the control plane does, without HTTP.
//!
//! Every operation takes the caller's [`Access`] first and reaches rows of the tenant through it
//! alone. What belongs to someone else is not found. The role that an operation needs is stated and
//! checked in `api`, before the operation begins.

pub(crate) mod access;
pub(crate) mod append;
pub(crate) mod audit;
mod background;
mod builds;
pub(crate) mod caches;
pub(crate) mod closing;
mod credentials;
mod deletion_jobs;
mod deletions;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod logs;
mod members;
mod passwords;
pub(crate) mod queries;
pub(crate) mod sessions;
pub(crate) mod tenants;
mod verification;
pub(crate) mod views;

use std::sync::Arc;

use catalog::access::Access;
use catalog::clock::SharedClock;
use catalog::{Catalog, Context};
use protocol::RequestId;
use storage::bus::SharedViews;
use storage::bus::nats::Peers;
use storage::event_log::SharedEventLog;
use storage::event_log::appender::Appender;
use storage::history::History;
use storage::objects::SharedObjects;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::attempts::Attempts;
use crate::auth::password::Passwords;
use crate::auth::sessions::Sessions;
use crate::mail::{Mailbox, Post};
use crate::options::Options;
use crate::quotas::TenantQuotas;
use crate::rate_limit::RateLimits;

/// What the control plane is made of.
pub struct Parts {
    pub catalog: Catalog,
    pub event_log: SharedEventLog,
    pub appender: Appender,
    pub objects: SharedObjects,
    pub views: SharedViews,
    /// Other nodes of the control plane, where there can be any.
    pub peers: Option<Peers>,
    pub clock: SharedClock,
    pub mail: Mailbox,
    pub options: Options,
}

/// The state behind every operation.
pub(crate) struct App {
    pub(crate) catalog: Catalog,
    pub(crate) event_log: SharedEventLog,
    pub(crate) history: History,
    pub(crate) appender: Appender,
    pub(crate) objects: SharedObjects,
    pub(crate) views: SharedViews,
    pub(crate) peers: Option<Peers>,
    pub(crate) clock: SharedClock,
    pub(crate) post: Post,
    pub(crate) options: Options,
    pub(crate) passwords: Passwords,
    pub(crate) attempts: Attempts,
    pub(crate) sessions: Sessions,
    pub(crate) caches: caches::Caches,
    pub(crate) rates: RateLimits,
    pub(crate) quotas: TenantQuotas,
    pub(crate) builds: builds::Builds,
    pub(crate) health: health::Health,
    /// Something was deleted and its bytes are still there.
    pub(crate) deleted: Notify,
    /// Room for large request bodies, in units of [`BODY_UNIT_BYTES`].
    pub(crate) bodies: Arc<Semaphore>,
    /// Room for live tails.
    pub(crate) streams: Arc<Semaphore>,
    /// Room for work whose outcome nobody is told.
    pub(crate) untold: Arc<Semaphore>,
    /// Everything that runs in the background.
    pub(crate) tasks: TaskTracker,
    /// The node is going to stop: it says that it is not ready.
    pub(crate) draining: CancellationToken,
    /// The node is stopping: streams end, loops stop.
    pub(crate) stopping: CancellationToken,
}

/// The unit in which memory for request bodies is handed out.
pub(crate) const BODY_UNIT_BYTES: usize = 64 << 10;

/// Work whose outcome nobody is told that goes on at a time.
const UNTOLD_MAX: usize = 200;

impl App {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            catalog,
            event_log,
            appender,
            objects,
            views,
            peers,
            clock,
            mail,
            options,
        } = parts;
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        Arc::new(Self {
            attempts: Attempts::new(),
            passwords: Passwords::new(options.password_hashes_max),
            sessions: Sessions::new(&options),
            caches: caches::Caches::new(&options),
            rates: RateLimits::new(options.tenant_rate, options.auth_rate, peers.is_some()),
            quotas: TenantQuotas::new(catalog.limits().quotas),
            builds: builds::Builds::default(),
            health: health::Health::default(),
            deleted: Notify::new(),
            bodies: Arc::new(Semaphore::new(options.body_memory_bytes / BODY_UNIT_BYTES)),
            streams: Arc::new(Semaphore::new(options.streams_max)),
            untold: Arc::new(Semaphore::new(UNTOLD_MAX)),
            draining: CancellationToken::new(),
            post: Post::new(mail, tasks.clone(), stopping.clone()),
            tasks,
            stopping,
            history: History::new(
                Arc::clone(&event_log),
                catalog.clone(),
                Arc::clone(&objects),
            ),
            catalog,
            event_log,
            appender,
            objects,
            views,
            peers,
            clock,
            options,
        })
    }
}

/// Who changes something, for the control event that it leaves.
pub(crate) fn context(access: &Access, request_id: RequestId) -> Context {
    Context {
        actor: access.actor,
        request_id,
    }
}
