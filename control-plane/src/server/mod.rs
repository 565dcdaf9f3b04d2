//! Accepting connections: how many, how long, and how they end.
//!
//! poem's own server has no time limit on headers, spins when the process is out of file
//! descriptors and takes any number of connections, so the loop is written here, on hyper. It
//! speaks HTTP/1.1; for HTTP/2 or TLS put a proxy in front.

mod refusal;
mod stall;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::uri::Scheme;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::options::Options;
use stall::StallGuard;

/// How long to wait when no connection can be accepted, as when the process has as many open files
/// as it may.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What hyper itself lets through. It is more than the limits of [`Options`], so that a request
/// that is a little too large gets our answer and only an absurd one hyper's.
const HYPER_BUFFER_BYTES: usize = 128 << 10;

/// Serves until `shutdown`, then waits for requests that are under way, but not longer than the
/// options say.
pub(crate) async fn serve<E>(
    endpoint: E,
    listener: TcpListener,
    options: &Options,
    shutdown: CancellationToken,
) -> io::Result<()>
where
    E: Endpoint<Output = Response> + 'static,
{
    let local = listener.local_addr()?;
    let connection = Arc::new(Connections {
        endpoint,
        local,
        stall_timeout: options.stall_timeout,
        http: http(options),
        shutdown: shutdown.clone(),
        cut: CancellationToken::new(),
    });
    let free = Arc::new(Semaphore::new(options.connections_max));
    let tracker = TaskTracker::new();
    while let Some(accepted) = shutdown.run_until_cancelled(accept(&listener, &free)).await {
        let (permit, stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = Arc::clone(&connection);
        tracker.spawn(async move {
            connection.run(stream, peer).await;
            drop(permit);
        });
    }
    drop(listener);
    tracker.close();
    let ended = tokio::time::timeout(options.shutdown_timeout, tracker.wait());
    if ended.await.is_err() {
        let connections = tracker.len();
        tracing::warn!(connections, "cutting connections that do not end");
        connection.cut.cancel();
        tracker.wait().await;
    }
    Ok(())
}

/// Waits for a permit and then for a connection, in this order: what can't be served stays in the
/// kernel's queue.
async fn accept(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> io::Result<(tokio::sync::OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let permit = Arc::clone(free)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((permit, stream, peer))
}

fn http(options: &Options) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(HYPER_BUFFER_BYTES);
    http
}

/// What all connections of a listener share.
struct Connections<E> {
    endpoint: E,
    local: SocketAddr,
    stall_timeout: Duration,
    http: http1::Builder,
    /// No further request is taken.
    shutdown: CancellationToken,
    /// Waiting is over.
    cut: CancellationToken,
}

impl<E: Endpoint<Output = Response> + 'static> Connections<E> {
    async fn run(&self, stream: TcpStream, peer: SocketAddr) {
        // Without it small answers wait for acknowledgements of earlier packets.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
        let io = TokioIo::new(StallGuard::new(stream, self.stall_timeout));
        let local = LocalAddr(Addr::SocketAddr(self.local));
        let remote = RemoteAddr(Addr::SocketAddr(peer));
        let service = service_fn(|request| {
            let request = (request, local.clone(), remote.clone(), Scheme::HTTP).into();
            async {
                let response = self.endpoint.get_response(request).await;
                Ok::<http::Response<_>, Infallible>(response.into())
            }
        });
        let mut connection = std::pin::pin!(self.http.serve_connection(io, service));
        let serving = self.shutdown.run_until_cancelled(connection.as_mut());
        let mut ended = serving.await;
        if ended.is_none() {
            connection.as_mut().graceful_shutdown();
            ended = self.cut.run_until_cancelled(connection).await;
        }
        if let Some(Err(error)) = ended {
            tracing::debug!(%error, %peer, "a connection ended early");
        }
    }
}
