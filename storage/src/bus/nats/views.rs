//! A control plane's side: the workers of a cluster as one [`ViewService`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::{StatusCode, Subscriber};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use parking_lot::Mutex;
use protocol::view::{ComponentError, ComponentReport, VersionSpec};
use protocol::{ComponentDigest, TenantId, VersionId};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::heartbeats::{self, Kind};
use super::members::Members;
use super::wire::{self, Assembly, Call, Forget, Reply};
use super::{Bus, ServeError};
use crate::bus::{BuildOutcome, QueryAnswer, QueryError, QueryRequest, VersionStatus, ViewService};

/// How long a call waits for a worker to appear.
const WORKER_WAIT: Duration = Duration::from_secs(3);
/// Workers that are asked for one answer.
const WORKERS_ASKED_MAX: usize = 3;
/// On top of what a query may wait for its sequence: loading and computing.
const QUERY_TIME: Duration = Duration::from_secs(120);
/// A build is as long as its log; a worker that dies ends it sooner.
const BUILD_TIME: Duration = Duration::from_secs(24 * 3_600);
const PREPARE_TIME: Duration = Duration::from_secs(600);
const STATUS_TIME: Duration = Duration::from_secs(5);
/// After so long without an answer a worker is asked whether it is there, and again and again. What
/// was sent to one that had just been killed has no answer, and its silence is noticed much later.
const DOUBT: Duration = Duration::from_millis(250);

/// The workers that are reached over NATS.
pub struct RemoteViews {
    bus: Bus,
    members: Arc<Members>,
    /// When a worker was last asked whether it is there: one call of many does it for all.
    doubted: Mutex<HashMap<Uuid, Instant>>,
    /// Ends the listening when this is dropped.
    _listening: DropGuard,
    tasks: TaskTracker,
}

impl RemoteViews {
    /// Listens for workers and asks who is there.
    pub async fn listen(bus: Bus) -> Result<Self, ServeError> {
        let (end, tasks) = (CancellationToken::new(), TaskTracker::new());
        let members = heartbeats::listen(&bus, Kind::Workers, &tasks, end.clone()).await?;
        Ok(Self {
            bus,
            members,
            doubted: Mutex::default(),
            _listening: end.drop_guard(),
            tasks,
        })
    }

    /// Asks one worker after the other, in the order for the key, until one has an answer.
    async fn ask(&self, key: &[u8; 16], call: &Call, time: Duration) -> Result<Reply, String> {
        let call = wire::encode(call)?;
        // Just started, or all workers just restarted.
        let _ = tokio::time::timeout(WORKER_WAIT, self.members.any()).await;
        let mut reason = "no worker is running".to_owned();
        for worker in self.members.order(key).into_iter().take(WORKERS_ASKED_MAX) {
            let answer = self.ask_worker(worker, call.clone(), time).await;
            match answer.and_then(Reply::or_elsewhere) {
                Ok(reply) => return Ok(reply),
                Err(text) => {
                    tracing::debug!(%worker, reason = text, "a worker did not answer");
                    reason = text;
                }
            }
        }
        Err(reason)
    }

    async fn ask_worker(&self, worker: Uuid, call: Bytes, time: Duration) -> Result<Reply, String> {
        let subject = self.bus.subjects.worker(worker);
        let replies = self.bus.link.request_many(subject, call).await;
        let replies = replies.map_err(|reason| reason.to_string())?;
        tokio::select! {
            reply = self.receive(worker, replies) => reply,
            () = self.members.gone(worker) => Err("the worker has gone".to_owned()),
            () = self.doubt(worker) => Err("the worker has gone".to_owned()),
            () = tokio::time::sleep(time) => Err("the worker did not answer in time".to_owned()),
        }
    }

    /// Ends when NATS says that nobody is there to answer.
    async fn doubt(&self, worker: Uuid) {
        loop {
            tokio::time::sleep(DOUBT).await;
            if self.is_doubtful(worker) && self.is_away(worker).await {
                self.doubted.lock().remove(&worker);
                self.members.lose(worker);
                return;
            }
        }
    }

    /// Whether the worker was not asked lately.
    fn is_doubtful(&self, worker: Uuid) -> bool {
        let now = Instant::now();
        let mut doubted = self.doubted.lock();
        let last = doubted.get(&worker);
        let is_doubtful = last.is_none_or(|last| now.duration_since(*last) >= DOUBT);
        if is_doubtful {
            doubted.insert(worker, now);
        }
        is_doubtful
    }

    async fn is_away(&self, worker: Uuid) -> bool {
        let Ok(ping) = wire::encode(&Call::Ping) else {
            return false;
        };
        let subject = self.bus.subjects.worker(worker);
        let Ok(mut replies) = self.bus.link.request_many(subject, ping).await else {
            return false;
        };
        let reply = tokio::time::timeout(DOUBT, replies.next()).await;
        matches!(reply, Ok(Some(message)) if message.status == Some(StatusCode::NO_RESPONDERS))
    }

    async fn receive(&self, worker: Uuid, mut replies: Subscriber) -> Result<Reply, String> {
        let mut assembly = Assembly::default();
        loop {
            let message = self.bus.link.unless_lost(replies.next()).await;
            let message = message.map_err(|reason| reason.to_string())?;
            let message = message.ok_or("the reply ended early")?;
            if message.status == Some(StatusCode::NO_RESPONDERS) {
                self.members.lose(worker);
                return Err("the worker has gone".to_owned());
            }
            if let Some(whole) = assembly.take(message)? {
                return wire::decode(&whole);
            }
        }
    }

    /// Stops listening for workers.
    pub async fn close(self) {
        drop(self._listening);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Why there is no reply of the kind that was asked for.
fn reason(reply: Result<Reply, String>) -> String {
    let mixed_up = || "the worker answered something else".to_owned();
    reply.err().unwrap_or_else(mixed_up)
}

#[async_trait]
impl ViewService for RemoteViews {
    async fn prepare(
        &self,
        tenant: TenantId,
        component: ComponentDigest,
    ) -> Result<ComponentReport, ComponentError> {
        let call = Call::Prepare { tenant, component };
        match self.ask(tenant.as_bytes(), &call, PREPARE_TIME).await {
            Ok(Reply::Prepared(prepared)) => prepared,
            other => Err(ComponentError::Unavailable(reason(other))),
        }
    }

    async fn build(&self, version: Arc<VersionSpec>) -> Result<BuildOutcome, QueryError> {
        let key = *version.version.as_bytes();
        let call = Call::Build { version };
        match self.ask(&key, &call, BUILD_TIME).await {
            Ok(Reply::Built(built)) => built,
            other => Err(QueryError::Unavailable(reason(other))),
        }
    }

    async fn query(&self, request: QueryRequest) -> Result<QueryAnswer, QueryError> {
        let key = *request.version.version.as_bytes();
        let time = request.timeout.saturating_add(QUERY_TIME);
        match self.ask(&key, &Call::Query(request), time).await {
            Ok(Reply::Answered(answer)) => answer,
            other => Err(QueryError::Unavailable(reason(other))),
        }
    }

    async fn status(&self, version: Arc<VersionSpec>) -> VersionStatus {
        let key = *version.version.as_bytes();
        let call = Call::Status { version };
        match self.ask(&key, &call, STATUS_TIME).await {
            Ok(Reply::Status(status)) => status,
            // What is not known is left out of the status.
            Ok(_) | Err(_) => VersionStatus::default(),
        }
    }

    async fn evict(&self, versions: Vec<VersionId>) {
        let subject = self.bus.subjects.evict();
        if let Err(reason) = self.bus.send(subject, &Forget { versions }).await {
            // Instances of deleted versions are dropped when nobody asks them any more.
            tracing::debug!(reason, "workers were not asked to evict versions");
        }
    }

    async fn health(&self) -> Result<(), String> {
        match self.ask(&[0; 16], &Call::Health, STATUS_TIME).await {
            Ok(Reply::Health(health)) => health,
            other => Err(reason(other)),
        }
    }
}
