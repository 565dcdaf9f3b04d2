//! PostgreSQL.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::process::{Process, free_port};
use crate::tools;

const USER: &str = "primatomic";
const RECOVERY_MAX: Duration = Duration::from_secs(60);

/// A server with an empty cluster of databases. Whoever can connect is let in.
pub struct PostgresServer {
    process: Process,
    directory: TempDir,
    /// PostgreSQL refuses to run as root, so root runs it as another user.
    run_as: Option<(u32, u32)>,
    port: u16,
}

impl PostgresServer {
    pub fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let run_as = rustix::process::getuid()
            .is_root()
            .then(|| Ok::<_, anyhow::Error>((id("-u")?, id("-g")?)))
            .transpose()?;
        if let Some((user, group)) = run_as {
            chown(directory.path(), Some(user), Some(group))?;
        }
        let mut server = Self {
            process: Process::default(),
            port: free_port()?,
            directory,
            run_as,
        };
        server.initialize()?;
        server.restart()?;
        Ok(server)
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(tools::postgres(program)?);
        command.current_dir(self.directory.path());
        if let Some((user, group)) = self.run_as {
            command.uid(user).gid(group);
        }
        Ok(command)
    }

    fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    fn initialize(&self) -> Result<()> {
        let mut initdb = self.command("initdb")?;
        initdb.arg("--pgdata").arg(self.data());
        initdb.args(["--auth", "trust", "--username", USER, "--encoding", "UTF8"]);
        initdb.args(["--no-locale", "--no-sync"]);
        output(initdb, "initdb").map(|_| ())
    }

    /// Starts it again after [`Self::kill`].
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        // What a killed server leaves behind names a process that may exist again by now.
        let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.data());
        for setting in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            "unix_socket_directories=".to_owned(),
            "max_connections=100".to_owned(),
        ] {
            command.arg("-c").arg(setting);
        }
        let log = self.directory.path().join("postgres.log");
        self.process
            .start("postgres", &mut command, self.port, &log)?;
        self.wait_for_recovery()
    }

    /// It accepts connections before it lets clients in: after a crash it first reads its journal.
    fn wait_for_recovery(&self) -> Result<()> {
        let start = Instant::now();
        let port = self.port.to_string();
        while start.elapsed() < RECOVERY_MAX {
            let mut ask = self.command("pg_isready")?;
            ask.args(["--quiet", "--host", "127.0.0.1", "--port", &port]);
            if ask.status().context("can't run pg_isready")?.success() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        anyhow::bail!("PostgreSQL lets nobody in")
    }

    /// Kills it as a crash would.
    pub fn kill(&mut self) {
        if self.process.kill() {
            self.wait_for_children();
        }
    }

    /// The processes of the killed server's clients end by themselves when they notice, each at the
    /// end of its statement. Until then they write, and a new server must not.
    fn wait_for_children(&self) {
        let Ok(data) = self.data().canonicalize() else {
            return;
        };
        let is_child = |process: std::fs::DirEntry| {
            std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == data)
        };
        let start = Instant::now();
        while start.elapsed() < RECOVERY_MAX {
            let mut processes = Path::new("/proc")
                .read_dir()
                .into_iter()
                .flatten()
                .flatten();
            if !processes.any(is_child) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// `postgres://…`, of the database that every server has.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Makes an empty database and returns its address.
    pub fn create_database(&self, name: &str) -> Result<String> {
        let mut psql = self.command("psql")?;
        psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]);
        psql.args(["--dbname", &self.url(), "--command"]);
        psql.arg(format!("CREATE DATABASE \"{name}\""));
        output(psql, "psql")?;
        Ok(format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port))
    }

    /// All rows of all tables, as text.
    pub fn dump(&self) -> Result<Vec<u8>> {
        let mut dump = self.command("pg_dump")?;
        dump.args(["--data-only", "--dbname", &self.url()]);
        output(dump, "pg_dump")
    }

    /// Where its data lies.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Asked to terminate, it would wait for its clients, and be killed ten seconds later.
        self.process.interrupt();
    }
}

/// What a program prints, which must succeed.
fn output(mut command: Command, name: &str) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("can't run {name}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed: {errors}");
    Ok(output.stdout)
}

/// The user that Debian's package makes, or else nobody.
fn id(flag: &str) -> Result<u32> {
    for user in ["postgres", "nobody"] {
        let output = Command::new("id").args([flag, user]).output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?.trim().parse()?);
        }
    }
    anyhow::bail!("there is no user to run PostgreSQL as")
}
