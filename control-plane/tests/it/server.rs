//! A whole node on embedded stores in a directory of its own.

use std::path::PathBuf;
use std::sync::Arc;

use control_plane::{ControlPlane, Mailbox, Options, Parts, Rate};
use storage::catalog::{Catalog, CatalogLimits, Quotas};
use storage::clock::{SharedClock, SystemClock};
use storage::event_log::SharedEventLog;
use storage::event_log::appender::{Appender, AppenderOptions};
use storage::event_log::sqlite::{SqliteEventLog, SqliteOptions};
use storage::objects::SharedObjects;
use storage::objects::dir::DirObjects;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use worker::compile::CompilerCommand;
use worker::{Worker, WorkerOptions, WorkerParts};

use crate::client::Client;

/// A node that serves on a port of its own until it is dropped.
pub(crate) struct Server {
    pub directory: TempDir,
    pub address: String,
    pub catalog: Catalog,
    pub control: ControlPlane,
    pub shutdown: CancellationToken,
    pub serving: JoinSet<std::io::Result<()>>,
    worker: Arc<Worker>,
    appender: Appender,
    event_log: SqliteEventLog,
}

/// Options under which rates don't get in the way.
pub(crate) fn unlimited() -> Options {
    Options {
        tenant_rate: Rate::UNLIMITED,
        auth_rate: Rate::UNLIMITED,
        ..Options::default()
    }
}

/// The program that the worker compiles components with: an example of this crate, which
/// `cargo test` builds beside the tests.
fn compiler() -> CompilerCommand {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples/compiler");
    assert!(
        path.exists(),
        "{} is missing: build the examples first",
        path.display()
    );
    CompilerCommand::new(path, [""; 0], 2)
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(unlimited()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self::in_directory(tempfile::tempdir().unwrap(), options).await
    }

    pub(crate) async fn in_directory(directory: TempDir, options: Options) -> Self {
        Self::with_quotas(directory, options, Quotas::default()).await
    }

    pub(crate) async fn with_quotas(directory: TempDir, options: Options, quotas: Quotas) -> Self {
        let path = directory.path();
        let clock: SharedClock = Arc::new(SystemClock);
        let limits = CatalogLimits {
            quotas,
            ..CatalogLimits::default()
        };
        let file = path.join("catalog.db");
        let catalog = Catalog::open_sqlite_with(&file, Arc::clone(&clock), limits)
            .await
            .unwrap();
        let event_log = SqliteEventLog::open(&path.join("events.db"), SqliteOptions::default());
        let sqlite = event_log.unwrap();
        let event_log: SharedEventLog = Arc::new(sqlite.clone());
        let objects: SharedObjects = Arc::new(DirObjects::open(&path.join("objects")).unwrap());
        let worker = Worker::new(WorkerParts {
            event_log: Arc::clone(&event_log),
            objects: Arc::clone(&objects),
            catalog: catalog.clone(),
            clock: Arc::clone(&clock),
            compiler: compiler(),
            options: WorkerOptions::default(),
        });
        let worker = Arc::new(worker.unwrap());
        let appender = Appender::new(
            Arc::clone(&event_log),
            Arc::clone(&clock),
            AppenderOptions::default(),
        );
        let control = ControlPlane::new(Parts {
            catalog: catalog.clone(),
            event_log,
            appender: appender.clone(),
            objects,
            views: Arc::clone(&worker) as _,
            peers: None,
            clock,
            mail: Mailbox::directory(path.join("mail")).unwrap(),
            options,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let mut serving = JoinSet::new();
        serving.spawn(control.clone().serve(listener, shutdown.clone()));
        Self {
            directory,
            address,
            catalog,
            control,
            shutdown,
            serving,
            worker,
            appender,
            event_log: sqlite,
        }
    }

    /// Stops the node as an operator would and gives back its directory.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.shutdown.cancel();
        self.serving.join_next().await.unwrap().unwrap().unwrap();
        self.appender.close().await;
        self.worker.shutdown().await;
        self.event_log.close().await;
        self.catalog.clone().close().await;
        self.directory
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::new(&self.address, None)
    }

    pub(crate) fn with_token(&self, token: &str) -> Client {
        Client::new(&self.address, Some(token))
    }

    /// A new tenant's owner.
    pub(crate) async fn tenant(&self, name: &str) -> Client {
        let email = format!("{name}@example.org");
        let (_, key) = self
            .control
            .create_tenant_with_owner(name, &email, Some("correct horse".to_owned()))
            .await
            .unwrap();
        self.with_token(key.expose())
    }

    /// The token in the link of the newest mail.
    pub(crate) async fn mailed_token(&self) -> String {
        for _ in 0..200 {
            let mails = std::fs::read_dir(self.directory.path().join("mail")).unwrap();
            let newest = mails
                .map(|it| it.unwrap())
                .max_by_key(|it| it.metadata().unwrap().modified().unwrap());
            if let Some(mail) = newest {
                let text = std::fs::read_to_string(mail.path()).unwrap();
                // Long lines are folded in quoted-printable mail, and '=' is written as =3D.
                let text = text.replace("=\r\n", "").replace("=3D", "=");
                if let Some((_, token)) = text.split_once("verify?token=") {
                    return token.split_whitespace().next().unwrap().to_owned();
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no mail came");
    }
}
