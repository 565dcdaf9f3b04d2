//! The servers of a cluster, the processes on them, and a client.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::{Client, Response};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_servers::{NatsServer, PostgresServer, S3Server};

const BUCKET: &str = "primatomic-test";
const PATIENCE: Duration = Duration::from_secs(60);

/// The stores.
pub(crate) struct Stores {
    pub(crate) nats: NatsServer,
    pub(crate) database: PostgresServer,
    pub(crate) objects: S3Server,
    /// The S3 server takes any.
    secret: String,
}

impl Stores {
    pub(crate) fn start() -> Self {
        let stores = Self {
            nats: NatsServer::start().unwrap(),
            database: PostgresServer::start().unwrap(),
            objects: S3Server::start().unwrap(),
            secret: format!("{:032x}", rand::random::<u128>()),
        };
        let bucket = format!("{}/{BUCKET}", stores.objects.endpoint());
        let made = Client::new().put(bucket).send().unwrap();
        assert!(made.status().is_success(), "{made:?}");
        stores
    }

    fn command(&self, role: &str, directory: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_primatomic"));
        for (name, _) in std::env::vars() {
            if name.starts_with("PRIMATOMIC_") || name.starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(directory.join("server.log"))
            .unwrap();
        command
            .args(["serve", role, "--listen", "127.0.0.1:0", "--s3-path-style"])
            .env("PRIMATOMIC_NATS", self.nats.url())
            .env("PRIMATOMIC_NATS_MONITORS", self.nats.monitor_url())
            .env("PRIMATOMIC_NATS_REPLICAS", "1")
            .env("PRIMATOMIC_NATS_SHARDS", "4")
            .env("PRIMATOMIC_DATABASE_URL", self.database.url())
            .env("PRIMATOMIC_S3_BUCKET", BUCKET)
            .env("PRIMATOMIC_S3_ENDPOINT", self.objects.endpoint())
            .env("PRIMATOMIC_S3_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
            .env("PRIMATOMIC_RATE_LIMIT", "0")
            .env("PRIMATOMIC_AUTH_RATE_LIMIT", "0")
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        command
    }

    pub(crate) fn run(&self, role: &str) -> Node {
        let directory = tempfile::tempdir().unwrap();
        let mut child = self.command(role, directory.path()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let mut node = Node {
            child,
            url: String::new(),
            directory,
        };
        assert!(!line.is_empty(), "a {role} did not start: {}", node.log());
        if let Some((_, url)) = line.trim_end().split_once(" listening on ") {
            url.clone_into(&mut node.url);
        }
        node
    }
}

/// A process with a role. It is killed when this is dropped.
pub(crate) struct Node {
    child: Child,
    pub(crate) url: String,
    pub(crate) directory: TempDir,
}

impl Node {
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("server.log")).unwrap_or_default()
    }

    /// Stops in good order.
    pub(crate) fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}: {}", self.log());
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "it does not end: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The token in the only mail, which is written in the background.
    fn mailed_token(&self) -> String {
        let mails = self.directory.path().join("data/mail");
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < PATIENCE, "no mail came: {}", self.log());
            let mail = std::fs::read_dir(&mails).unwrap().next();
            let text = mail.map(|mail| std::fs::read_to_string(mail.unwrap().path()).unwrap());
            // Long lines are folded in quoted-printable mail, and '=' is written as =3D.
            let text = text
                .unwrap_or_default()
                .replace("=\r\n", "")
                .replace("=3D", "=");
            if let Some((_, token)) = text.split_once("verify?token=") {
                return token.split_whitespace().next().unwrap().to_owned();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A member of a tenant.
pub(crate) struct Member {
    http: Client,
    token: String,
}

impl Member {
    /// Registers a tenant, proves the address, and logs in.
    pub(crate) fn register(node: &Node) -> Self {
        let mut member = Self {
            http: Client::builder().timeout(PATIENCE).build().unwrap(),
            token: String::new(),
        };
        let email = "owner@example.com";
        let password = format!("{:032x}", rand::random::<u128>());
        let registered = json!({
            "owner_email": email, "owner_password": password, "short_name": "acme"
        });
        member.json(Method::POST, &node.url, "/tenants", &registered.to_string());
        let verify = json!({ "token": node.mailed_token() }).to_string();
        member.json(Method::POST, &node.url, "/auth/verify-email", &verify);
        let login = json!({ "email": email, "password": password }).to_string();
        let session = member.json(Method::POST, &node.url, "/auth/login", &login);
        session["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut member.token);
        member
    }

    /// Somebody else with a token or a key.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            http: self.http.clone(),
            token: token.to_owned(),
        }
    }

    pub(crate) fn send(
        &self,
        method: Method,
        url: &str,
        path: &str,
        body: impl Into<reqwest::blocking::Body>,
        content_type: &str,
    ) -> reqwest::Result<Response> {
        let request = self.http.request(method, format!("{url}{path}"));
        let request = match self.token.as_str() {
            "" => request,
            token => request.bearer_auth(token),
        };
        request
            .header("content-type", content_type)
            .body(body)
            .send()
    }

    /// A call that must succeed.
    pub(crate) fn json(&self, method: Method, url: &str, path: &str, body: &str) -> Value {
        let answer = self.send(method, url, path, body.to_owned(), "application/json");
        accepted(answer.unwrap())
    }

    pub(crate) fn append(&self, node: &Node, log: &str, event: &str) -> u64 {
        let path = format!("/logs/{log}/append");
        let answer = self.send(
            Method::POST,
            &node.url,
            &path,
            event.to_owned(),
            "application/octet-stream",
        );
        accepted(answer.unwrap())["sequence"].as_u64().unwrap()
    }

    /// Asks a view until it answers, and returns how long that took.
    pub(crate) fn query(
        &self,
        node: &Node,
        log: &str,
        view: &str,
        after: u64,
    ) -> (Value, Duration) {
        let path = format!("/logs/{log}/views/{view}/query?after={after}");
        let start = Instant::now();
        loop {
            let answer = self.send(
                Method::POST,
                &node.url,
                &path,
                "",
                "application/octet-stream",
            );
            let answer = answer.unwrap();
            if answer.status() == 503 && start.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
            let sequence = answer.headers()["primatomic-sequence"].to_str().unwrap();
            assert!(sequence.parse::<u64>().unwrap() >= after);
            return (accepted(answer), start.elapsed());
        }
    }
}

pub(crate) fn accepted(answer: Response) -> Value {
    let (status, url) = (answer.status(), answer.url().clone());
    let text = answer.text().unwrap();
    assert!(status.is_success(), "{url}: {status}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}
