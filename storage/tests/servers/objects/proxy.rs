//! A proxy in front of a server that does to the traffic what networks and odd servers do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What becomes of the answer to a request.
pub(super) enum Answer {
    Whole,
    /// The connection ends after so many bytes of it.
    Cut(usize),
    /// The server never hears of the request; this is the answer.
    Instead(String),
}

/// Looks at what a client sends, and may change it. Every request is the begin of such a piece.
type Trick = dyn Fn(&mut [u8]) -> Answer + Send + Sync;

/// Runs until it is dropped.
pub(super) struct Proxy {
    address: SocketAddr,
    _running: JoinSet<()>,
}

impl Proxy {
    pub(super) async fn start(
        server: &str,
        trick: impl Fn(&mut [u8]) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let trick: Arc<Trick> = Arc::new(trick);
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                connections.spawn(forward(client, server, Arc::clone(&trick)));
            }
        });
        Self {
            address,
            _running: running,
        }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, trick: Arc<Trick>) {
    let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut left = None;
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(length @ 1..) = read else { return };
                let piece = &mut request[..length];
                match trick(piece) {
                    Answer::Whole => {}
                    Answer::Cut(bytes) => left = Some(bytes),
                    Answer::Instead(answer) => {
                        let _ = client.write_all(answer.as_bytes()).await;
                        return;
                    }
                }
                if server.write_all(piece).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                let piece = &answer[..left.unwrap_or(length).min(length)];
                if client.write_all(piece).await.is_err() {
                    return;
                }
                if let Some(left) = &mut left {
                    *left -= piece.len();
                    if *left == 0 {
                        return;
                    }
                }
            }
        }
    }
}

/// What a server of S3 answers to a request that it does not fulfil.
pub(super) fn error_answer(status: &str, headers: &str, code: &str) -> String {
    let body = format!("<Error><Code>{code}</Code><Message>No, because.</Message></Error>");
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}
