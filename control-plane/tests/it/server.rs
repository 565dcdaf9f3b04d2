//! A whole node on embedded stores in a directory of its own.

use std::path::PathBuf;
use std::sync::Arc;

use catalog::clock::{SharedClock, SystemClock};
use catalog::{Catalog, CatalogLimits, Quotas};
use control_plane::{ControlPlane, Mailbox, Options, Parts};
use protocol::Rate;
use storage::event_log::SharedEventLog;
use storage::event_log::appender::{Appender, AppenderOptions};
use storage::event_log::sqlite::SqliteEventLog;
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

/// The password of everyone who is made here.
pub(crate) const PASSWORD: &str = "correct horse";

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
        let mailbox = Mailbox::directory(directory.path().join("mail")).unwrap();
        Self::with_parts(directory, options, Quotas::default(), mailbox).await
    }

    pub(crate) async fn with_quotas(directory: TempDir, options: Options, quotas: Quotas) -> Self {
        let mailbox = Mailbox::directory(directory.path().join("mail")).unwrap();
        Self::with_parts(directory, options, quotas, mailbox).await
    }

    pub(crate) async fn with_mailbox(options: Options, mailbox: Mailbox) -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::with_parts(directory, options, Quotas::default(), mailbox).await
    }

    async fn with_parts(
        directory: TempDir,
        options: Options,
        quotas: Quotas,
        mail: Mailbox,
    ) -> Self {
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
        let event_log = SqliteEventLog::open(&path.join("events.db"), None);
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
            mail,
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
            .create_tenant_with_owner(name, &email, Some(PASSWORD.to_owned()))
            .await
            .unwrap();
        self.with_token(key.expose())
    }

    /// Logs someone in, as a member of the only tenant.
    pub(crate) async fn log_in(&self, email: &str) -> Client {
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let answer = self.anonymous().post_json("/auth/login", body).await;
        let token = answer.expect(200).json()["access_token"].clone();
        self.with_token(token.as_str().unwrap())
    }

    /// Someone new who is invited, accepts and logs in.
    pub(crate) async fn join(&self, inviter: &Client, email: &str, role: &str) -> Client {
        let body = serde_json::json!({ "email": email, "role": role });
        let sent = inviter.post_json("/tenants/me/invitations", body).await;
        sent.expect(201);
        let token = self.mailed_token_to(email, "invite").await;
        let path = format!("/invitations/{token}/accept");
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let accepted = self.anonymous().post_json(&path, body).await;
        accepted.expect(200);
        self.log_in(email).await
    }

    /// Someone who is registered is invited, and accepts.
    pub(crate) async fn join_known(&self, inviter: &Client, email: &str, role: &str) {
        let body = serde_json::json!({ "email": email, "role": role });
        let sent = inviter.post_json("/tenants/me/invitations", body).await;
        let token = sent.expect(201).json()["token"].clone();
        let path = format!("/invitations/{}/accept", token.as_str().unwrap());
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let accepted = self.anonymous().post_json(&path, body).await;
        accepted.expect(200);
    }

    /// All mails, the newest first.
    pub(crate) fn mails(&self) -> Vec<String> {
        let mails = std::fs::read_dir(self.directory.path().join("mail")).unwrap();
        let mut mails: Vec<_> = mails.map(|it| it.unwrap()).collect();
        mails.sort_by_key(|it| it.metadata().unwrap().modified().unwrap());
        let texts = mails.iter().rev();
        texts
            .map(|it| std::fs::read_to_string(it.path()).unwrap())
            .collect()
    }

    /// The token in the newest link to a page that was mailed.
    pub(crate) async fn mailed_token(&self, page: &str) -> String {
        self.mailed_token_to("", page).await
    }

    /// The same, of the mails to an address.
    pub(crate) async fn mailed_token_to(&self, email: &str, page: &str) -> String {
        let to = format!("To: {email}");
        for _ in 0..500 {
            let mails = self.mails();
            let mut mails = mails.iter().filter(|mail| mail.contains(&to));
            let newest = mails.find_map(|mail| link_token(mail, page));
            if let Some(token) = newest {
                return token;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no mail came");
    }
}

/// The token of a mail's link to a page.
pub(crate) fn link_token(mail: &str, page: &str) -> Option<String> {
    // Long lines are folded in quoted-printable mail, and '=' is written as =3D.
    let text = mail.replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = text.split_once(&format!("/{page}?token="))?;
    let token = rest.split_whitespace().next()?;
    // A mail that is still being written may end anywhere.
    (token.len() == 46).then(|| token.to_owned())
}
