//! A way to the server that a test can cut, stop and listen to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What happens to the next commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum NextCommit {
    Passes,
    /// The connection ends before the server hears of it.
    IsLost,
    /// The server commits, and the connection ends before the client hears of it.
    IsAnsweredToNobody,
}

/// Passes on every connection to a server until it is dropped.
pub(super) struct Proxy {
    address: SocketAddr,
    next_commit: Arc<AtomicU8>,
    stopped: watch::Sender<bool>,
    _connections: JoinSet<()>,
}

impl Proxy {
    /// A proxy for the server of a database's address.
    pub(super) async fn start(url: &str) -> Self {
        let server = authority(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let next_commit = Arc::new(AtomicU8::new(NextCommit::Passes as u8));
        let (stopped, stop) = watch::channel(false);
        let mut connections = JoinSet::new();
        let commits = Arc::clone(&next_commit);
        connections.spawn(async move {
            let mut accepted = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (server, commits) = (server.clone(), Arc::clone(&commits));
                accepted.spawn(pass_on(client, server, commits, stop.clone()));
            }
        });
        Self {
            address,
            next_commit,
            stopped,
            _connections: connections,
        }
    }

    /// The address of the database through the proxy.
    pub(super) fn url(&self, url: &str) -> String {
        url.replace(authority(url), &self.address.to_string())
    }

    pub(super) fn set_next_commit(&self, next: NextCommit) {
        self.next_commit.store(next as u8, Ordering::SeqCst);
    }

    /// Passes nothing on any more, as a network does that loses everything.
    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
    }

    pub(super) fn resume(&self) {
        self.stopped.send_replace(false);
    }
}

/// Host and port.
fn authority(url: &str) -> &str {
    let (_, rest) = url.split_once('@').unwrap();
    rest.split_once('/').unwrap().0
}

async fn pass_on(
    mut client: TcpStream,
    server: String,
    next_commit: Arc<AtomicU8>,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                let asked = &asked[..length];
                let commit = asked.windows(7).any(|bytes| bytes == b"COMMIT\0");
                let next = if commit {
                    next_commit.swap(NextCommit::Passes as u8, Ordering::SeqCst)
                } else {
                    NextCommit::Passes as u8
                };
                if next == NextCommit::IsLost as u8 {
                    return;
                }
                let _ = stop.wait_for(|stopped| !stopped).await;
                if server.write_all(asked).await.is_err() {
                    return;
                }
                if next == NextCommit::IsAnsweredToNobody as u8 {
                    let _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                let _ = stop.wait_for(|stopped| !stopped).await;
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
