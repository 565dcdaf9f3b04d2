//! How the control plane reaches the workers.
//!
//! [`ViewService`] is the whole of it. In one process the worker itself implements it; between
//! processes [`nats`] carries the same calls as messages. All calls are free of side
//! effects on the log, so a call that failed may be sent again, to the same worker or another.

pub mod nats;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use protocol::view::{ComponentError, ComponentReport, Halt, SnapshotInfo, VersionSpec};
use protocol::{
    ComponentDigest, LogId, Rate, Sequence, TenantId, Timestamp, UserId, VersionId, ViewId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How a build ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BuildOutcome {
    /// The version has folded its log up to `applied` and can go live.
    Ready { applied: Sequence },
    /// The version can't go live. The sequence is 0 when it failed before the first event.
    Failed(Halt),
}

/// A query as the control plane took it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueryRequest {
    pub version: Arc<VersionSpec>,
    /// The answer must reflect at least this sequence.
    pub after: Option<Sequence>,
    /// How long to wait for `after`.
    pub timeout: Duration,
    pub body: Bytes,
    /// Query parameters in the order of the URL, without those that are ours. World 0.0.1 gets
    /// them as a JSON object when the body is empty.
    pub parameters: Vec<(String, String)>,
}

/// A view's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryAnswer {
    /// The state that the answer reflects.
    pub sequence: Sequence,
    /// What the component declared for this answer; only world 1.0.0 can.
    pub content_type: Option<String>,
    pub bytes: Bytes,
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum QueryError {
    /// The view did not reach the asked sequence in time.
    #[error("the view has applied sequence {applied} and not yet {wanted}")]
    Behind { wanted: Sequence, applied: Sequence },
    /// The view halted before the asked sequence, or could never be started.
    #[error("the view halted at sequence {}: {}", .0.sequence, .0.message)]
    Halted(Halt),
    /// The component answered with an error, or trapped, or used up its time. The state is as it
    /// was.
    #[error("{message}")]
    Failed {
        sequence: Sequence,
        code: Option<String>,
        message: String,
    },
    #[error("the answer has {bytes} bytes, more than the limit of {limit}")]
    ResultTooLarge {
        sequence: Sequence,
        bytes: u64,
        limit: u64,
    },
    /// Too many queries wait already.
    #[error("{0}")]
    Overloaded(String),
    /// All the memory that the tenant's views may use is needed by views that work right now.
    #[error(
        "the tenant's views use {used} bytes of memory, and may use {limit}; all of them are at \
         work right now, so there is no memory left for this one; try again in a moment"
    )]
    MemoryLimitReached { limit: u64, used: u64 },
    /// Something that the worker needs is away; try again.
    #[error("{0}")]
    Unavailable(String),
}

/// What a worker knows about a version right now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionStatus {
    /// The version is in memory.
    pub hot: bool,
    /// The sequence that its state reflects; `None` when it is not in memory and was never saved.
    pub applied: Option<Sequence>,
    /// When the state last moved on.
    pub applied_at: Option<Timestamp>,
    /// Linear memory of the instance; 0 when cold.
    pub memory_bytes: u64,
    /// Snapshots in the object store, oldest first.
    pub snapshots: Vec<SnapshotInfo>,
    /// Why snapshots are off for this version, if they are: it did not survive the verification.
    pub snapshots_off: Option<String>,
    /// CPU time spent in the component, as far as this worker knows.
    pub compute_us: u64,
    /// Where it halted, if it did.
    pub halted: Option<Halt>,
}

/// What nodes must evict from their caches, because it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stale {
    /// Sessions and keys of a tenant.
    Tenant(TenantId),
    /// Sessions of a person, in all tenants.
    User(UserId),
    Log(LogId),
    View(ViewId),
    Everything,
}

/// Requests that were admitted by one control plane since it last said so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Who says so; set on receipt.
    #[serde(skip)]
    pub node: Uuid,
    pub tenants: Vec<(TenantId, Rate, u32)>,
    pub addresses: Vec<(IpAddr, Rate, u32)>,
}

/// What workers do for the control plane.
#[async_trait]
pub trait ViewService: Send + Sync + 'static {
    /// Validates a component that lies in the object store, checks its world and its imports, and
    /// compiles it in a limited child process. The artifact is kept, so this costs its time once.
    async fn prepare(
        &self,
        tenant: TenantId,
        component: ComponentDigest,
    ) -> Result<ComponentReport, ComponentError>;

    /// Starts a prepared version, folds its log up to the present head and verifies its first
    /// snapshot. Returns when the version can go live or has failed; takes as long as the log is
    /// long. Calling it again joins the build that is under way.
    async fn build(&self, version: Arc<VersionSpec>) -> Result<BuildOutcome, QueryError>;

    /// Answers a query, loading the version first where it must.
    async fn query(&self, request: QueryRequest) -> Result<QueryAnswer, QueryError>;

    /// What is known about a version; never loads it.
    async fn status(&self, version: Arc<VersionSpec>) -> VersionStatus;

    /// Loads a version ahead of its queries, and returns when it could answer one.
    async fn warm(&self, version: Arc<VersionSpec>) -> Result<(), QueryError> {
        self.build(version).await.map(|_| ())
    }

    /// What is in memory here, the most laborious to load first. A service that reaches views
    /// elsewhere holds none.
    async fn hot(&self) -> Vec<Arc<VersionSpec>> {
        Vec::new()
    }

    /// Saves what was folded of a hot version since it was last saved, where it can be saved.
    async fn save(&self, _: VersionId) {}

    /// Evicts versions: drops their instances. Their snapshots are removed by whoever deletes the
    /// version.
    async fn evict(&self, versions: Vec<VersionId>);

    /// Whether views can be served; the text is for operators.
    async fn health(&self) -> Result<(), String>;
}

/// The workers, as the control plane holds them.
pub type SharedViews = Arc<dyn ViewService>;
