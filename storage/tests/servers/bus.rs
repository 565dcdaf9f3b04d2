//! Calls of workers over NATS: placement, large answers, workers and servers that go away.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use protocol::view::{ComponentError, ComponentReport, VersionSpec, World};
use protocol::{ComponentDigest, LogId, Sequence, TenantId, VersionId, ViewId};
use storage::bus::nats::{Bus, RemoteViews, Serving, serve};
use storage::bus::{
    BuildOutcome, QueryAnswer, QueryError, QueryRequest, VersionStatus, ViewService,
};
use storage::nats::NatsOptions;
use test_servers::NatsServer;

mod appends;
mod killed;

/// A worker whose views answer with the worker's name, or with as many bytes as they are asked for.
#[derive(Default)]
struct Named {
    name: String,
    queries: AtomicU64,
    forgotten: AtomicU64,
    is_stopping: AtomicBool,
    hangs: AtomicBool,
    /// What is in memory, and what of it was saved; and what was loaded ahead.
    hot: Mutex<Vec<Arc<VersionSpec>>>,
    saved: Mutex<Vec<VersionId>>,
    warmed: Mutex<Vec<VersionId>>,
}

#[async_trait]
impl ViewService for Named {
    async fn prepare(
        &self,
        _: TenantId,
        _: ComponentDigest,
    ) -> Result<ComponentReport, ComponentError> {
        Err(ComponentError::ForbiddenImports(vec![
            "acme:disk".to_owned(),
        ]))
    }

    async fn build(&self, _: Arc<VersionSpec>) -> Result<BuildOutcome, QueryError> {
        Ok(BuildOutcome::Ready {
            applied: Sequence::FIRST,
        })
    }

    async fn query(&self, request: QueryRequest) -> Result<QueryAnswer, QueryError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        if self.is_stopping.load(Ordering::Relaxed) {
            return Err(QueryError::Unavailable("stopping".to_owned()));
        }
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let size: usize = std::str::from_utf8(&request.body).unwrap().parse().unwrap();
        let bytes = match size {
            0 => Bytes::from(self.name.clone()),
            size => (0..=250_u8).cycle().take(size).collect(),
        };
        Ok(QueryAnswer {
            sequence: request.after.unwrap_or_default(),
            content_type: None,
            bytes,
        })
    }

    async fn status(&self, _: Arc<VersionSpec>) -> VersionStatus {
        VersionStatus {
            hot: true,
            ..VersionStatus::default()
        }
    }

    async fn warm(&self, version: Arc<VersionSpec>) -> Result<(), QueryError> {
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.warmed.lock().unwrap().push(version.version);
        Ok(())
    }

    async fn hot(&self) -> Vec<Arc<VersionSpec>> {
        self.hot.lock().unwrap().clone()
    }

    async fn save(&self, version: VersionId) {
        self.saved.lock().unwrap().push(version);
    }

    async fn evict(&self, versions: Vec<VersionId>) {
        self.forgotten
            .fetch_add(versions.len() as u64, Ordering::Relaxed);
    }

    async fn health(&self) -> Result<(), String> {
        Ok(())
    }
}

struct Worker {
    views: Arc<Named>,
    serving: Serving,
}

async fn worker(options: &NatsOptions, name: &str) -> Worker {
    let views = Arc::new(Named {
        name: name.to_owned(),
        ..Named::default()
    });
    let bus = Bus::connect(options).await.unwrap();
    let serving = serve(bus, Arc::clone(&views) as _).await.unwrap();
    Worker { views, serving }
}

async fn control_plane(options: &NatsOptions) -> RemoteViews {
    let bus = Bus::connect(options).await.unwrap();
    RemoteViews::listen(bus).await.unwrap()
}

fn options(server: &NatsServer) -> NatsOptions {
    NatsOptions {
        servers: vec![server.url()],
        ..NatsOptions::default()
    }
}

fn version() -> Arc<VersionSpec> {
    Arc::new(VersionSpec {
        tenant: TenantId::generate(),
        log: LogId::generate(),
        view: ViewId::generate(),
        version: VersionId::generate(),
        component: ComponentDigest::of(b"component"),
        world: World::V1,
        config: Bytes::from_static(b"config"),
        halted: None,
    })
}

fn ask(version: &Arc<VersionSpec>, bytes: usize) -> QueryRequest {
    QueryRequest {
        version: Arc::clone(version),
        after: Some(Sequence::new(7).unwrap()),
        timeout: Duration::from_secs(1),
        body: Bytes::from(bytes.to_string()),
        parameters: vec![("month".to_owned(), "2025-03".to_owned())],
    }
}

async fn name(views: &RemoteViews, version: &Arc<VersionSpec>) -> String {
    let answer = views.query(ask(version, 0)).await.unwrap();
    String::from_utf8(answer.bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_control_plane_asks_the_same_worker_for_a_version() {
    let server = NatsServer::start().unwrap();
    let options = options(&server);
    let workers = [
        worker(&options, "one").await,
        worker(&options, "two").await,
        worker(&options, "three").await,
    ];
    let planes = [control_plane(&options).await, control_plane(&options).await];
    // Every plane hears of every worker within a heartbeat or two.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    for _ in 0..30 {
        let version = version();
        assert_eq!(
            name(&planes[0], &version).await,
            name(&planes[1], &version).await
        );
    }
    for Worker { views, .. } in &workers {
        let queries = views.queries.load(Ordering::Relaxed);
        assert!((4..40).contains(&queries), "{queries} of 60 queries");
    }
    let version = version();
    for size in [1, 1 << 20, (5 << 20) + 3, 32 << 20] {
        let answer = planes[0].query(ask(&version, size)).await.unwrap();
        assert_eq!(answer.sequence.get(), 7);
        assert!(
            answer
                .bytes
                .iter()
                .copied()
                .eq((0..=250).cycle().take(size))
        );
    }
    let refused = planes[0].prepare(version.tenant, version.component).await;
    assert_eq!(
        refused,
        Err(ComponentError::ForbiddenImports(vec![
            "acme:disk".to_owned()
        ]))
    );
    let built = planes[0].build(Arc::clone(&version)).await;
    assert!(matches!(built, Ok(BuildOutcome::Ready { .. })), "{built:?}");
    assert!(planes[0].status(Arc::clone(&version)).await.hot);
    planes[0].health().await.unwrap();
    planes[0].evict(vec![version.version; 2]).await;
    let told = async {
        while workers
            .iter()
            .any(|it| it.views.forgotten.load(Ordering::Relaxed) < 2)
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), told)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_leaves_stops_or_dies_is_replaced_by_the_next() {
    let server = NatsServer::start().unwrap();
    let options = options(&server);
    let plane = control_plane(&options).await;
    let one = worker(&options, "one").await;
    let version = version();
    assert_eq!(name(&plane, &version).await, "one");

    // One that is stopping declines, and another one answers.
    one.views.is_stopping.store(true, Ordering::Relaxed);
    let two = worker(&options, "two").await;
    let replaced = async {
        while !matches!(plane.query(ask(&version, 0)).await, Ok(answer) if answer.bytes == "two") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), replaced)
        .await
        .unwrap();
    one.serving.leave(Duration::from_secs(1)).await;
    assert_eq!(name(&plane, &version).await, "two");

    // One that dies in the middle of a call is noticed by its silence.
    two.views.hangs.store(true, Ordering::Relaxed);
    let start = Instant::now();
    let query = plane.query(ask(&version, 0));
    let die = async {
        while two.views.queries.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let three = worker(&options, "three").await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        two.serving.leave(Duration::ZERO).await;
        three
    };
    let (answer, _three) = tokio::join!(query, die);
    let outcome = answer.map(|answer| answer.bytes);
    // Whoever asked before `three` was known gets an error that may be tried again.
    assert!(
        matches!(&outcome, Ok(bytes) if bytes == "three")
            || matches!(&outcome, Err(QueryError::Unavailable(_))),
        "{outcome:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(name(&plane, &version).await, "three");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hot_is_loaded_by_the_worker_that_gets_its_queries() {
    let server = NatsServer::start().unwrap();
    let options = options(&server);
    let plane = control_plane(&options).await;
    let old = worker(&options, "old").await;
    let hot: Vec<_> = (0..40).map(|_| version()).collect();
    old.views.hot.lock().unwrap().clone_from(&hot);
    // Nobody is there to take anything over.
    old.serving.hand_off(Duration::from_secs(10)).await;
    assert_eq!(old.views.saved.lock().unwrap().len(), 40);
    old.views.saved.lock().unwrap().clear();

    let next = [worker(&options, "0").await, worker(&options, "1").await];
    let all_heard = async {
        while next
            .iter()
            .any(|it| it.views.warmed.lock().unwrap().is_empty())
        {
            old.serving.hand_off(Duration::from_secs(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all_heard)
        .await
        .unwrap();
    for worker in &next {
        worker.views.warmed.lock().unwrap().clear();
    }
    old.views.saved.lock().unwrap().clear();
    old.serving.hand_off(Duration::from_secs(10)).await;
    assert_eq!(old.views.saved.lock().unwrap().len(), 40);
    old.serving.leave(Duration::from_secs(1)).await;
    let left = async || {
        while name(&plane, &hot[0]).await == "old" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), left())
        .await
        .unwrap();
    for version in &hot {
        let number: usize = name(&plane, version).await.parse().unwrap();
        let warmed = next[number].views.warmed.lock().unwrap();
        assert!(warmed.contains(&version.version));
    }

    // A worker that does not load them holds nobody up for long.
    let [stops, hangs] = next;
    hangs.views.hangs.store(true, Ordering::Relaxed);
    stops.views.hot.lock().unwrap().clone_from(&hot);
    let start = Instant::now();
    stops.serving.hand_off(Duration::from_millis(300)).await;
    let took = start.elapsed();
    assert!(
        (Duration::from_millis(300)..Duration::from_secs(3)).contains(&took),
        "{took:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_worker_or_without_nats_calls_end_with_a_reason() {
    let mut server = NatsServer::start().unwrap();
    let options = options(&server);
    let plane = control_plane(&options).await;
    let version = version();
    let outcome = plane.query(ask(&version, 0)).await.map(|_| ());
    assert_eq!(
        outcome.unwrap_err(),
        QueryError::Unavailable("no worker is running".to_owned())
    );
    let _worker = worker(&options, "one").await;
    assert_eq!(name(&plane, &version).await, "one");
    server.kill();
    let start = Instant::now();
    let outcome = plane.query(ask(&version, 0)).await.map(|_| ());
    assert!(
        matches!(outcome, Err(QueryError::Unavailable(_))),
        "{outcome:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
    server.restart().unwrap();
    let back = async {
        while plane.query(ask(&version, 0)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back)
        .await
        .unwrap();
}
