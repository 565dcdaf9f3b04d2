//! One keep-alive HTTP/1.1 connection that sends prepared requests, one at a time.
//!
//! It understands what the server's answers use and no more: a status, headers and a body with a
//! `Content-Length`. That takes one write and about one read per request, and no allocation.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Headers that an answer may have.
const HEADERS_MAX: usize = 64;
/// Bytes that the head of an answer may have.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Bytes that the body of an answer may have.
const BODY_BYTES_MAX: u64 = 64 << 20;
/// Free capacity that a read has at least.
const READ_BYTES: usize = 8 << 10;

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error("the connection failed: {0}")]
    Connection(#[from] std::io::Error),
    #[error("the server closed the connection before its answer was complete")]
    Closed,
    #[error("the answer is not HTTP: {0}")]
    Malformed(#[from] httparse::Error),
    #[error("the answer has no Content-Length, which this generator needs")]
    NoLength,
    #[error("the answer is larger than this generator accepts")]
    TooLarge,
}

/// An answer, borrowed from its connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply<'a> {
    pub status: u16,
    pub body: &'a [u8],
}

impl Reply<'_> {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The answer in a line, for an error message.
impl fmt::Display for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.body[..self.body.len().min(500)];
        write!(f, "{} {}", self.status, String::from_utf8_lossy(shown))
    }
}

/// A connection to the server.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(READ_BYTES),
        })
    }

    /// Sends a request and waits for its answer. After an error the connection is of no more use.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Reply<'_>, ExchangeError> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.read().await?;
            if let Some(head) = Head::parse(&self.buffer)? {
                break head;
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(ExchangeError::TooLarge);
            }
        };
        while self.buffer.len() < head.body.end {
            self.read().await?;
        }
        Ok(Reply {
            status: head.status,
            body: &self.buffer[head.body],
        })
    }

    async fn read(&mut self) -> Result<(), ExchangeError> {
        self.buffer.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ExchangeError::Closed),
            _ => Ok(()),
        }
    }
}

/// What the head of an answer says.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body lies, counted from the first byte of the answer.
    body: Range<usize>,
}

impl Head {
    /// The head, or `None` while it is incomplete.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, ExchangeError> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(start) = response.parse(bytes)? else {
            return Ok(None);
        };
        let status = response.code.unwrap_or_default();
        let length = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("content-length"))
            .and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<u64>().ok());
        let length = match (length, status) {
            (_, 204 | 304) => 0,
            (Some(length), _) if length > BODY_BYTES_MAX => return Err(ExchangeError::TooLarge),
            (Some(length), _) => length,
            (None, _) => return Err(ExchangeError::NoLength),
        };
        let length = usize::try_from(length).map_err(|_| ExchangeError::TooLarge)?;
        Ok(Some(Self {
            status,
            body: start..start + length,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let head = Head::parse(answer).unwrap().unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(&answer[head.body], b"ok");
        assert!(Head::parse(&answer[..30]).unwrap().is_none());
    }

    #[test]
    fn an_answer_without_a_length_is_refused_unless_it_has_no_body() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(matches!(Head::parse(chunked), Err(ExchangeError::NoLength)));
        let none = b"HTTP/1.1 304 Not Modified\r\n\r\n";
        assert_eq!(Head::parse(none).unwrap().unwrap().body.len(), 0);
    }

    #[test]
    fn an_absurd_length_is_refused() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
        assert!(matches!(Head::parse(answer), Err(ExchangeError::TooLarge)));
    }
}
