//! Network paths that a test can cut: TCP proxies on the loopback address.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What happens to what is sent on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    Open,
    /// Nothing arrives on either side; it arrives once the path is open again.
    Silent,
    /// What the client sends arrives; the answers do once the path is open again.
    NoAnswers,
    /// Connections end, and new ones end at once.
    Cut,
}

/// Carries every path. They end when it is dropped.
pub struct Network {
    runtime: Runtime,
}

impl Network {
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("network")
            .enable_all()
            .build()?;
        Ok(Self { runtime })
    }

    /// A path to the server at an address such as `nats://127.0.0.1:4222` or
    /// `postgres://user@127.0.0.1:5432/database`.
    pub fn path(&self, url: &str) -> Result<NetworkPath> {
        let authority = authority(url).with_context(|| format!("{url} is no address"))?;
        let server: SocketAddr = authority.parse()?;
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = self.runtime.block_on(bound)?;
        let own = listener.local_addr()?;
        let (state, watched) = watch::channel(PathState::Open);
        // The runtime ends the task when it is dropped.
        self.runtime
            .handle()
            .spawn(accept(listener, server, watched));
        Ok(NetworkPath {
            url: url.replacen(authority, &own.to_string(), 1),
            state,
        })
    }
}

/// A path to one server.
pub struct NetworkPath {
    /// The server's address by this path.
    pub url: String,
    state: watch::Sender<PathState>,
}

impl NetworkPath {
    pub fn set(&self, state: PathState) {
        self.state.send_replace(state);
    }
}

/// Host and port.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.split('/').next()
}

async fn accept(listener: TcpListener, server: SocketAddr, state: watch::Receiver<PathState>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                connections.spawn(connect(client, server, state.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(client: TcpStream, server: SocketAddr, state: watch::Receiver<PathState>) {
    if *state.borrow() == PathState::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    // Small packets are the rule, and each is waited for.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut cut = state.clone();
    tokio::select! {
        () = carry(from_client, to_server, state.clone(), &[PathState::Silent]) => {}
        () = carry(from_server, to_client, state, &[PathState::Silent, PathState::NoAnswers]) => {}
        _ = cut.wait_for(|state| *state == PathState::Cut) => {}
    }
}

/// Carries one direction until either side ends.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<PathState>,
    held_when: &[PathState],
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let opened = state.wait_for(|state| !held_when.contains(state));
        if opened.await.is_err() {
            return;
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(authority("nats://127.0.0.1:1"), Some("127.0.0.1:1"));
        assert_eq!(authority("postgres://u@h:2/db"), Some("h:2"));
        assert_eq!(authority("h:2"), None);
    }

    #[test]
    fn a_path_is_closed_and_opened() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Network::start().unwrap();
        let path = network.path(&format!("tcp://{}", server.local_addr().unwrap()));
        let path = path.unwrap();
        let address = path.url.strip_prefix("tcp://").unwrap().to_owned();
        let mut client = TcpStream::connect(&address).unwrap();
        let (mut served, _) = server.accept().unwrap();
        let soon = Some(Duration::from_millis(200));
        let mut byte = [0];
        client.write_all(b"a").unwrap();
        served.read_exact(&mut byte).unwrap();
        path.set(PathState::NoAnswers);
        client.write_all(b"b").unwrap();
        served.read_exact(&mut byte).unwrap();
        served.write_all(b"c").unwrap();
        client.set_read_timeout(soon).unwrap();
        assert!(client.read_exact(&mut byte).is_err(), "an answer came");
        path.set(PathState::Silent);
        client.write_all(b"d").unwrap();
        served.set_read_timeout(soon).unwrap();
        assert!(served.read_exact(&mut byte).is_err(), "a byte came");
        path.set(PathState::Open);
        client.set_read_timeout(None).unwrap();
        served.set_read_timeout(None).unwrap();
        client.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"c");
        served.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"d");
        path.set(PathState::Cut);
        assert_eq!(client.read(&mut byte).unwrap_or(0), 0, "it goes on");
    }
}
