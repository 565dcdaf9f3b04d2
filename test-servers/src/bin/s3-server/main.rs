//! An S3 server that keeps its objects on disk, for tests and `make cluster`.
//!
//! It does what the object store of Primatomic needs of S3, and promises what S3 promises: a put is
//! there whole or not at all, a conditional put has exactly one winner, and what was acknowledged
//! survives the end of the process at any moment. It does not sync, so it does not survive a power
//! cut. The protocol comes from the crate `s3s`.

mod api;
mod object_file;
mod objects;
mod uploads;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use self::api::Api;
use self::objects::Objects;
use self::uploads::Uploads;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let port = arguments.next().context("the first argument is the port")?;
    let port: u16 = port.to_string_lossy().parse()?;
    let directory = arguments
        .next()
        .context("the second argument is the directory")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(serve(port, directory.into()))
}

async fn serve(port: u16, directory: PathBuf) -> Result<()> {
    let api = Api {
        objects: Objects::open(directory.join("buckets"))?,
        uploads: Uploads::open(directory.join("uploads"))?,
    };
    let mut builder = S3ServiceBuilder::new(api);
    builder.set_auth(SimpleAuth::from_single(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
    ));
    let service = builder.build();
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (connection, _) = accepted?;
                connections.spawn(answer(connection, service.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

async fn answer(connection: TcpStream, service: S3Service) {
    // The answers are written whole, so there is nothing to collect.
    let _ = connection.set_nodelay(true);
    // A connection that breaks off is the client's matter.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}
