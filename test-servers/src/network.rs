//! Ways through a network that a test can cut: TCP proxies on the loopback address.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What happens to what travels on a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    Open,
    /// Nothing arrives on either side; it arrives once the way is open again.
    Silent,
    /// What the client sends arrives; the answers do once the way is open again.
    NoAnswers,
    /// Connections end, and new ones end at once.
    Cut,
}

/// Carries every way. They end when it is dropped.
pub struct Network {
    runtime: Runtime,
}

impl Network {
    /// # Errors
    /// When no thread can be started.
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("network")
            .enable_all()
            .build()?;
        Ok(Self { runtime })
    }

    /// A way to the server at an address such as `nats://127.0.0.1:4222` or
    /// `postgres://user@127.0.0.1:5432/database`.
    ///
    /// # Errors
    /// When the address has no host and port, or no port is free.
    pub fn way(&self, url: &str) -> Result<Way> {
        let authority = authority(url).with_context(|| format!("{url} is no address"))?;
        let server: SocketAddr = authority.parse()?;
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = self.runtime.block_on(bound)?;
        let own = listener.local_addr()?;
        let (passage, watched) = watch::channel(Passage::Open);
        // The runtime ends the task when it is dropped.
        self.runtime
            .handle()
            .spawn(accept(listener, server, watched));
        Ok(Way {
            url: url.replacen(authority, &own.to_string(), 1),
            passage,
        })
    }
}

/// A way to one server.
pub struct Way {
    /// The server's address by this way.
    pub url: String,
    passage: watch::Sender<Passage>,
}

impl Way {
    pub fn set(&self, passage: Passage) {
        self.passage.send_replace(passage);
    }
}

/// Host and port.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    rest.split('/').next()
}

async fn accept(listener: TcpListener, server: SocketAddr, passage: watch::Receiver<Passage>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                connections.spawn(connect(client, server, passage.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(client: TcpStream, server: SocketAddr, passage: watch::Receiver<Passage>) {
    if *passage.borrow() == Passage::Cut {
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
    let mut cut = passage.clone();
    tokio::select! {
        () = carry(from_client, to_server, passage.clone(), &[Passage::Silent]) => {}
        () = carry(from_server, to_client, passage, &[Passage::Silent, Passage::NoAnswers]) => {}
        _ = cut.wait_for(|passage| *passage == Passage::Cut) => {}
    }
}

/// Carries one direction until either side ends.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut passage: watch::Receiver<Passage>,
    held_when: &[Passage],
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        let opened = passage.wait_for(|passage| !held_when.contains(passage));
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
    fn a_way_is_closed_and_opened() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Network::start().unwrap();
        let way = network.way(&format!("tcp://{}", server.local_addr().unwrap()));
        let way = way.unwrap();
        let address = way.url.strip_prefix("tcp://").unwrap().to_owned();
        let mut client = TcpStream::connect(&address).unwrap();
        let (mut served, _) = server.accept().unwrap();
        let soon = Some(Duration::from_millis(200));
        let mut byte = [0];
        client.write_all(b"a").unwrap();
        served.read_exact(&mut byte).unwrap();
        way.set(Passage::NoAnswers);
        client.write_all(b"b").unwrap();
        served.read_exact(&mut byte).unwrap();
        served.write_all(b"c").unwrap();
        client.set_read_timeout(soon).unwrap();
        assert!(client.read_exact(&mut byte).is_err(), "an answer came");
        way.set(Passage::Silent);
        client.write_all(b"d").unwrap();
        served.set_read_timeout(soon).unwrap();
        assert!(served.read_exact(&mut byte).is_err(), "a byte came");
        way.set(Passage::Open);
        client.set_read_timeout(None).unwrap();
        served.set_read_timeout(None).unwrap();
        client.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"c");
        served.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"d");
        way.set(Passage::Cut);
        assert_eq!(client.read(&mut byte).unwrap_or(0), 0, "it goes on");
    }
}
