//! A tenant with its stores in a temporary directory, and workers that come and go.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::access::{Access, Actor, Role};
use catalog::clock::{SharedClock, SystemClock};
use catalog::{Catalog, Context, NewLog, NewTenant, NewVersion, Retention, VersionState};
use protocol::view::VersionSpec;
use protocol::{ComponentDigest, LogId, Name, RequestId, Sequence, TenantId, packed};
use storage::bus::{BuildOutcome, QueryAnswer, QueryError, QueryRequest, ViewService};
use storage::event_log::SharedEventLog;
use storage::event_log::appender::{AppendRequest, Appender, AppenderOptions, Payload};
use storage::event_log::sqlite::SqliteEventLog;
use storage::objects::dir::DirObjects;
use storage::objects::{ObjectKey, SharedObjects};
use tempfile::TempDir;
use worker::compile::CompilerCommand;
use worker::{Worker, WorkerOptions, WorkerParts};

/// Longer than anything here takes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct World {
    _directory: TempDir,
    pub(crate) event_log: SharedEventLog,
    pub(crate) objects: SharedObjects,
    pub(crate) catalog: Catalog,
    pub(crate) clock: SharedClock,
    pub(crate) appender: Appender,
    pub(crate) access: Access,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock: SharedClock = Arc::new(SystemClock);
        let path = directory.path();
        let event_log = SqliteEventLog::open(&path.join("log.db"), None);
        let event_log: SharedEventLog = Arc::new(event_log.unwrap());
        let objects = Arc::new(DirObjects::open(&path.join("objects")).unwrap());
        let catalog = Catalog::open_sqlite(&path.join("catalog.db"), Arc::clone(&clock)).await;
        let catalog = catalog.unwrap();
        let appender = Appender::new(
            Arc::clone(&event_log),
            Arc::clone(&clock),
            AppenderOptions::default(),
        );
        let access = new_tenant(&catalog, "one").await;
        Self {
            _directory: directory,
            event_log,
            objects,
            catalog,
            clock,
            appender,
            access,
        }
    }

    pub(crate) fn worker(&self, options: WorkerOptions) -> Worker {
        let compiler = env!("CARGO_BIN_EXE_primatomic-compile");
        let parts = WorkerParts {
            event_log: Arc::clone(&self.event_log),
            objects: Arc::clone(&self.objects),
            catalog: self.catalog.clone(),
            clock: Arc::clone(&self.clock),
            compiler: CompilerCommand::new(compiler, Vec::<String>::new(), 2),
            options,
        };
        Worker::new(parts).unwrap()
    }

    pub(crate) async fn log(&self, name: &str) -> LogId {
        self.log_of(&self.access, name).await
    }

    pub(crate) async fn log_of(&self, access: &Access, name: &str) -> LogId {
        let new = NewLog {
            name: name.parse().unwrap(),
            description: None,
            retention: Retention::KeepHot,
        };
        let context = context();
        let log = self.catalog.create_log(access, context, new).await.unwrap();
        log.id
    }

    /// Uploads a component as a new version of the view `view`; it is not built yet.
    pub(crate) async fn upload(
        &self,
        worker: &Worker,
        log: LogId,
        component: &[u8],
    ) -> Arc<VersionSpec> {
        self.upload_of(&self.access, worker, log, component).await
    }

    pub(crate) async fn upload_of(
        &self,
        access: &Access,
        worker: &Worker,
        log: LogId,
        component: &[u8],
    ) -> Arc<VersionSpec> {
        let digest = ComponentDigest::of(component);
        let bytes = Bytes::copy_from_slice(component);
        let key = ObjectKey::component(digest);
        self.objects.put_if_absent(&key, bytes).await.unwrap();
        let report = worker.prepare(access.tenant, digest).await.unwrap();
        let new = NewVersion {
            component: digest,
            component_bytes: component.len() as u64,
            report,
            content_type: None,
            config: Bytes::new(),
        };
        let name: Name = "view".parse().unwrap();
        let uploaded = self
            .catalog
            .upload_version(access, context(), log, name, new);
        let (view, version) = uploaded.await.unwrap();
        Arc::new(version.spec(&view))
    }

    /// Uploads, builds and activates.
    pub(crate) async fn deploy(
        &self,
        worker: &Worker,
        log: LogId,
        component: &[u8],
    ) -> Arc<VersionSpec> {
        let spec = self.upload(worker, log, component).await;
        let outcome = worker.build(Arc::clone(&spec)).await.unwrap();
        assert!(matches!(outcome, BuildOutcome::Ready { .. }), "{outcome:?}");
        self.activate(&spec).await;
        spec
    }

    pub(crate) async fn activate(&self, spec: &VersionSpec) {
        let (tenant, version) = (spec.tenant, spec.version);
        let applied = Sequence::default();
        let finished = self
            .catalog
            .finish_build(tenant, context(), version, applied);
        assert_eq!(finished.await.unwrap(), VersionState::Live);
    }

    /// The version as the catalog has it now.
    pub(crate) async fn reread(&self, spec: &VersionSpec) -> Arc<VersionSpec> {
        let name: Name = "view".parse().unwrap();
        let view = self.catalog.view(&self.access, spec.log, &name).await;
        let view = view.unwrap().unwrap();
        let version = view.versions.iter().find(|it| it.id == spec.version);
        Arc::new(version.unwrap().spec(&view))
    }

    pub(crate) async fn append(&self, log: LogId, events: &[&[u8]]) -> Sequence {
        let mut bytes = Vec::new();
        for event in events {
            packed::push(&mut bytes, event);
        }
        let request = AppendRequest {
            payload: Payload::Batch {
                packed: bytes.into(),
                count: u32::try_from(events.len()).unwrap(),
            },
            key: None,
            expected: None,
        };
        let appended = self.appender.append(log, request).await.unwrap();
        appended
            .first
            .advance(u64::from(appended.count) - 1)
            .unwrap()
    }
}

pub(crate) fn context() -> Context {
    Context::system(RequestId::generate())
}

pub(crate) async fn new_tenant(catalog: &Catalog, name: &str) -> Access {
    let new = NewTenant {
        short_name: name.to_owned(),
        owner_email: format!("{name}@example.com"),
        owner_password_hash: "none".to_owned(),
        email_verified: true,
    };
    let created = catalog.create_tenant(RequestId::generate(), new).await;
    let (tenant, user): (TenantId, _) = created.unwrap();
    Access {
        tenant,
        actor: Actor::User(user),
        role: Role::Owner,
        logs: None,
        secret: None,
    }
}

pub(crate) fn request(spec: &Arc<VersionSpec>, after: Option<Sequence>) -> QueryRequest {
    QueryRequest {
        version: Arc::clone(spec),
        after,
        timeout: TIMEOUT,
        body: Bytes::new(),
        parameters: Vec::new(),
    }
}

pub(crate) async fn ask(
    worker: &Worker,
    spec: &Arc<VersionSpec>,
    after: Option<Sequence>,
    body: &str,
) -> Result<QueryAnswer, QueryError> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let request = QueryRequest {
        body,
        ..request(spec, after)
    };
    worker.query(request).await
}

/// The text of an answer that must come.
pub(crate) async fn text(
    worker: &Worker,
    spec: &Arc<VersionSpec>,
    after: Option<Sequence>,
) -> (u64, String) {
    let answer = ask(worker, spec, after, "").await.unwrap();
    let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
    (answer.sequence.get(), text)
}

pub(crate) fn sequence(number: u64) -> Sequence {
    Sequence::new(number).unwrap()
}

/// A component whose state is the number of its events and a hash of their first bytes, in order;
/// a query answers these 16 bytes. An event that begins with `x` traps. A query that begins with
/// `t` traps, one with `l` never ends.
pub(crate) fn tally() -> Vec<u8> {
    tally_with(RESTORE_HASH)
}

pub(crate) const RESTORE_HASH: &str = "(i64.store (i32.const 8) (i64.load offset=8 (local.get 0)))";

/// The tally, with its own way to restore the hash.
pub(crate) fn tally_with(restore_hash: &str) -> Vec<u8> {
    let text = TALLY.replace("RESTORE_HASH", restore_hash);
    wat::parse_str(text.replace("TRAPS_AT", "(i32.const 120)")).unwrap()
}

/// The tally, with another first byte that traps.
pub(crate) fn tally_with_first_trap(traps_at: &str) -> Vec<u8> {
    let text = TALLY.replace("TRAPS_AT", traps_at);
    wat::parse_str(text.replace("RESTORE_HASH", RESTORE_HASH)).unwrap()
}

/// The count and the hash that a tally must have after some events.
pub(crate) fn tallied(events: &[Vec<u8>]) -> Vec<u8> {
    let hash = events.iter().fold(0u64, |hash, event| {
        let first = event.first().copied().unwrap_or_default();
        hash.wrapping_mul(31).wrapping_add(u64::from(first))
    });
    let mut bytes = (events.len() as u64).to_le_bytes().to_vec();
    bytes.extend(hash.to_le_bytes());
    bytes
}

/// The text of a tally, with two gaps.
pub(crate) const TALLY: &str = r#"
(component
  (core module $m
    (memory (export "memory") 64)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func $first (param i32 i32) (result i32)
      (if (result i32) (i32.eqz (local.get 1))
        (then (i32.const 0))
        (else (i32.load8_u (local.get 0)))))
    (func (export "init"))
    (func (export "append") (param i32 i32)
      (if (i32.eq (call $first (local.get 0) (local.get 1)) TRAPS_AT) (then unreachable))
      (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
      (i64.store (i32.const 8)
        (i64.add (i64.mul (i64.load (i32.const 8)) (i64.const 31))
          (i64.extend_i32_u (call $first (local.get 0) (local.get 1))))))
    (func $state (result i32)
      (i32.store (i32.const 16) (i32.const 0))
      (i32.store (i32.const 20) (i32.const 16))
      (i32.const 16))
    (func (export "query") (param i32 i32) (result i32)
      (if (i32.eq (call $first (local.get 0) (local.get 1)) (i32.const 116)) (then unreachable))
      (if (i32.eq (call $first (local.get 0) (local.get 1)) (i32.const 108))
        (then (loop $forever (br $forever))))
      (call $state))
    (func (export "snapshot") (result i32) (call $state))
    (func (export "restore") (param i32 i32)
      (i64.store (i32.const 0) (i64.load (local.get 0)))
      RESTORE_HASH))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func $init (canon lift (core func $i "init")))
  (func $append (param "event" (list u8))
    (canon lift (core func $i "append") (memory $memory) (realloc $realloc)))
  (func $query (param "input" (list u8)) (result (list u8))
    (canon lift (core func $i "query") (memory $memory) (realloc $realloc)))
  (func $snapshot (result (list u8))
    (canon lift (core func $i "snapshot") (memory $memory)))
  (func $restore (param "snapshot" (list u8))
    (canon lift (core func $i "restore") (memory $memory) (realloc $realloc)))
  (instance $machine
    (export "init" (func $init))
    (export "append" (func $append))
    (export "query" (func $query))
    (export "snapshot" (func $snapshot))
    (export "restore" (func $restore)))
  (export "primatomic:machine/machine@0.0.1" (instance $machine)))
"#;
