//! What the control plane does, without HTTP.
//!
//! Every operation takes the caller's [`catalog::access::Access`] first and reaches rows of the tenant through it
//! alone. What belongs to someone else is not found. The role that an operation needs is stated and
//! checked in `api`, before the operation begins.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod append;
pub(crate) mod audit;
pub(crate) mod authentication;
mod background;
mod bills;
mod builds;
mod caches;
mod catalog_cache;
mod credentials;
mod deleted_storage;
mod deletion_sweeper;
mod deletions;
pub(crate) mod density;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod logs;
mod members;
mod page;
mod passwords;
mod payments;
pub(crate) mod queries;
mod refusals;
pub(crate) mod second_factor;
pub(crate) mod sessions;
mod spending;
mod stored_bytes;
pub(crate) mod subscriptions;
pub(crate) mod tenant_deletion;
pub(crate) mod tenants;
pub(crate) mod usage;
mod verification;
pub(crate) mod views;

use std::collections::HashMap;
use std::sync::Arc;

use catalog::Catalog;
use catalog::access::Access;
use catalog::clock::SharedClock;
use parking_lot::Mutex;
use storage::bus::SharedViews;
use storage::bus::nats::Peers;
use storage::event_log::SharedEventLog;
use storage::event_log::appender::Appender;
use storage::history::History;
use storage::objects::SharedObjects;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activity::Activities;
use crate::auth::attempts::Attempts;
use crate::auth::password::Passwords;
use crate::auth::token::TokenDigest;
use crate::billing::notices::Webhooks;
use crate::billing::spending::Spending;
use crate::mail::{Mailbox, Mailer};
use crate::metering::DataOut;
use crate::options::Options;
use crate::quotas::TenantQuotas;
use crate::rate_limit::RateLimits;
use builds::Builds;
use caches::Caches;

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
    pub(crate) stores: Stores,
    pub(crate) bus: Bus,
    pub(crate) caches: Caches,
    pub(crate) limits: Limits,
    /// What tenants did lately and is not recorded yet.
    pub(crate) activities: Activities,
    /// Bytes of answers that are not reported yet.
    pub(crate) data_out: DataOut,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) passwords: Passwords,
    /// What the links that log in once lead to, by their tokens.
    login_links: Mutex<HashMap<TokenDigest, Access>>,
    pub(crate) mailer: Mailer,
    /// The servers of tenants that are told how much is used.
    pub(crate) webhooks: Webhooks,
    pub(crate) clock: SharedClock,
    pub(crate) options: Options,
}

/// Where bytes are: events, components, snapshots, segments.
pub(crate) struct Stores {
    pub(crate) event_log: SharedEventLog,
    /// Archived and hot events as one.
    pub(crate) history: History,
    pub(crate) appender: Appender,
    pub(crate) objects: SharedObjects,
}

/// The other nodes.
pub(crate) struct Bus {
    /// Views, on the workers.
    pub(crate) views: SharedViews,
    /// Other nodes of the control plane, where there can be any.
    pub(crate) peers: Option<Peers>,
}

/// How much may be under way at a time, and how often.
pub(crate) struct Limits {
    pub(crate) rates: RateLimits,
    pub(crate) quotas: TenantQuotas,
    /// What is free, and what of it is used.
    pub(crate) spending: Spending,
    /// Wrong passwords.
    pub(crate) attempts: Attempts,
    /// Memory for large request bodies, in units of [`BODY_UNIT_BYTES`].
    pub(crate) bodies: Arc<Semaphore>,
    /// Live tails.
    pub(crate) streams: Arc<Semaphore>,
    /// Webhooks of tenants that are being sent.
    pub(crate) webhooks: Arc<Semaphore>,
    /// Work that goes on after its request was answered.
    pub(crate) background: Arc<Semaphore>,
}

/// What runs in the background, and how it ends.
pub(crate) struct Lifecycle {
    /// Everything that runs in the background.
    pub(crate) tasks: TaskTracker,
    pub(crate) builds: Builds,
    /// Something was deleted and its bytes are still there.
    pub(crate) deleted: Notify,
    /// Something is to be told to the payment provider, or asked of it.
    pub(crate) payments_due: Notify,
    /// The node is going to stop: it says that it is not ready.
    pub(crate) draining: CancellationToken,
    /// The node is stopping: streams end, loops stop.
    pub(crate) stopping: CancellationToken,
}

/// The unit in which memory for request bodies is handed out.
pub(crate) const BODY_UNIT_BYTES: usize = 64 << 10;

/// Webhooks of tenants that are being sent, or wait to be sent again, at a time.
const WEBHOOKS_MAX: usize = 500;

/// Requests whose work goes on in the background at a time.
const BACKGROUND_MAX: usize = 200;

impl App {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let (catalog, options) = (parts.catalog, parts.options);
        let (quotas, is_shared) = (catalog.limits().quotas, parts.peers.is_some());
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        let (event_log, objects) = (parts.event_log, parts.objects);
        let history = History::new(event_log.clone(), catalog.clone(), objects.clone());
        Arc::new(Self {
            activities: Activities::new(),
            data_out: DataOut::new(catalog.clone(), parts.clock.now()),
            catalog,
            stores: Stores {
                event_log,
                history,
                appender: parts.appender,
                objects,
            },
            bus: Bus {
                views: parts.views,
                peers: parts.peers,
            },
            caches: Caches::new(&options),
            passwords: Passwords::new(options.password_hashes_max),
            login_links: Mutex::default(),
            webhooks: Webhooks::new(options.private_webhooks),
            mailer: Mailer::new(parts.mail, tasks.clone(), stopping.clone()),
            limits: Limits {
                rates: RateLimits::new(options.tenant_rate, options.auth_rate, is_shared),
                quotas: TenantQuotas::new(quotas),
                spending: Spending::default(),
                attempts: Attempts::new(),
                bodies: Arc::new(Semaphore::new(options.body_memory_bytes / BODY_UNIT_BYTES)),
                streams: Arc::new(Semaphore::new(options.streams_max)),
                webhooks: Arc::new(Semaphore::new(WEBHOOKS_MAX)),
                background: Arc::new(Semaphore::new(BACKGROUND_MAX)),
            },
            lifecycle: Lifecycle {
                tasks,
                builds: Builds::default(),
                deleted: Notify::new(),
                payments_due: Notify::new(),
                draining: CancellationToken::new(),
                stopping,
            },
            clock: parts.clock,
            options,
        })
    }
}
