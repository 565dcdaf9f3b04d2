//! A connection whose peer must read what it is sent, and what it is sent when it can't be
//! understood.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::refusal::replacement;

/// Fails a write that makes no progress for too long, so that a client that asks for much and
/// reads nothing can't hold a connection, and the answer in memory, for ever.
pub(super) struct StallGuard {
    stream: TcpStream,
    timeout: Duration,
    /// Runs while a write waits for buffer space.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Bytes that are sent in the place of hyper's own error, as far as they are not sent yet.
    replacement: Option<Vec<u8>>,
}

impl StallGuard {
    pub(super) fn new(stream: TcpStream, timeout: Duration) -> Self {
        Self {
            stream,
            timeout,
            waiting: None,
            replacement: None,
        }
    }

    /// Sends the documented error instead of one of hyper's own. `None` when the bytes are an
    /// answer of ours.
    fn poll_replacement(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Option<Poll<io::Result<usize>>> {
        if self.replacement.is_none() {
            self.replacement = replacement(bytes);
        }
        let mut rest = self.replacement.take()?;
        while !rest.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, &rest) {
                Poll::Ready(Ok(written)) => drop(rest.drain(..written)),
                outcome => {
                    self.replacement = Some(rest);
                    return Some(outcome);
                }
            }
        }
        // To hyper its own answer was sent.
        Some(Poll::Ready(Ok(bytes.len())))
    }

    /// Passes on the outcome of a write, or fails it when it waited for too long.
    fn guard<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.waiting = None;
            return outcome;
        }
        let timeout = self.timeout;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for StallGuard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for StallGuard {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // The head of an answer stands in the first slice.
        let head = slices.first().map_or(&[][..], |slice| slice);
        let outcome = match self.poll_replacement(cx, head) {
            Some(outcome) => outcome,
            None => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        };
        self.guard(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.guard(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
