//! The server commands: `dev`, `serve`, and what maintains a data directory.
//!
//! Everything that the roles share is opened once, in [`node`], and handed to them. Nothing here
//! answers a request.

mod admin;
mod archive_status;
mod billing;
mod cluster;
#[cfg(test)]
mod configuration_page;
mod dev_clock;
mod first_start;
mod lock;
mod logging;
mod maintenance;
mod node;
mod numbers;
mod operator;
mod options;
mod quota_options;
mod readiness;
mod restore;
mod signals;
mod stores;
mod welcome;

use std::io::Write as _;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(crate) use admin::{AdminCommand, run as admin};
pub(crate) use archive_status::{ArchiveCommand, run as archive};
pub(crate) use billing::{
    OutboxArguments, ReconcileArguments, SetupArguments, outbox, reconcile, set_payments_up,
};
pub(crate) use maintenance::{migrate, rebuild_catalog};
pub(crate) use numbers::millis;
pub(crate) use options::{DataOptions, Role, ServeOptions, ServerOptions};
pub(crate) use restore::{RestoreOptions, run as restore};

use crate::failure::Failure;
use lock::DataDirectory;
use node::Node;

/// Runs every role, with a tenant, a key and a log to play with.
pub(crate) fn dev(options: ServerOptions) -> Result<(), Failure> {
    run(options, Role::All, true)
}

/// Runs a role.
pub(crate) fn serve(options: ServeOptions) -> Result<(), Failure> {
    if options.server.dev_clock.is_some() {
        return Err(Failure::Usage(
            "a clock that can be moved is for `primatomic dev` alone".to_owned(),
        ));
    }
    let name = match options.role {
        Role::All => return run(options.server, Role::All, false),
        Role::ControlPlane => "the control plane",
        Role::Worker => "a worker",
        Role::Archiver => "the archiver",
    };
    if options.server.cluster.cluster()?.is_none() {
        return Err(Failure::Usage(format!(
            "{name} can't run by itself on embedded stores, because they belong to one process: \
             run every role in it with `primatomic serve all`, or name the stores of a cluster \
             with --nats, --database-url and --s3-bucket"
        )));
    }
    run(options.server, options.role, false)
}

fn run(options: ServerOptions, role: Role, development: bool) -> Result<(), Failure> {
    logging::start(&options.log, options.log_format)?;
    raise_open_files();
    // Everything that persists is its owner's alone, even in a directory that others may enter.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let data = DataDirectory::open(&options.directory.data)?;
    block_on(serve_until_stopped(options, role, &data, development))
}

/// Runs a future on threads of its own.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::other)?
        .block_on(future)
}

async fn serve_until_stopped(
    options: ServerOptions,
    role: Role,
    data: &DataDirectory,
    development: bool,
) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let _signals = signals::cancel_on_signal(stop.clone())?;
    // The addresses are taken first: when one is not free, nothing else has to be undone.
    let listener = match role {
        Role::All | Role::ControlPlane => Some(listen(options.listen).await?),
        Role::Worker | Role::Archiver => None,
    };
    let url = match &listener {
        Some(listener) => welcome::local_url(listener.local_addr().map_err(Failure::other)?),
        None => String::new(),
    };
    let internal = match options.internal_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let node = Node::start(&options, role, data, &url).await?;
    let login = match development {
        true => Some(first_start::prepare(&node, data).await?),
        false => None,
    };
    let stripe = options.stripe.stripe_url.as_deref();
    say(&match (role, login) {
        (_, Some(login)) => welcome::text(&url, &login, data.path(), stripe),
        (Role::All | Role::ControlPlane, None) => format!("Primatomic is listening on {url}"),
        (Role::Archiver, None) => "An archiver of Primatomic is ready".to_owned(),
        (Role::Worker, None) => "A worker of Primatomic is ready".to_owned(),
    })?;
    tracing::info!(%url, data = %data.path().display(), "listening");
    let served = node.serve(listener, internal, stop).await;
    node.close().await;
    tracing::info!("stopped");
    served
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::Other(format!(
            "can't listen on {address}: {error}; choose another address with --listen"
        ))
    })
}

/// Writes to standard output. Nobody may be reading it, as when a service manager closed it, and
/// the server runs all the same.
fn say(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Connections, databases and instances take file descriptors, and the default limit of many
/// systems is 1,024.
fn raise_open_files() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit < 4_096 => {
            tracing::warn!(
                limit,
                "few files may be open; raise `ulimit -n` for many clients"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files can't be raised"),
    }
}
