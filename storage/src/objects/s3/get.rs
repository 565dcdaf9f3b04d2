//! Downloads, whole or in part.
//!
//! The first request asks for the first piece and learns from the answer how long the object is.
//! Memory for all of it is allocated once; every piece is received into its part of it, several at a
//! time, and nothing is copied together afterwards.

use std::mem::replace;
use std::ops::Range;

use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use tokio::time::timeout;

use super::stamp::checksum;
use super::{Fault, FaultKind, S3, in_parallel};
use crate::objects::ObjectKey;

/// An answer whose body has yet to come.
struct Opened {
    body: ByteStream,
    /// The length of the whole object.
    object_bytes: u64,
    checksum: Option<u32>,
}

/// A part of a download, and the memory for its bytes.
struct Piece {
    start: u64,
    bytes: BytesMut,
    wanted: usize,
    checksum: u32,
}

impl S3 {
    pub(super) async fn get_whole(&self, key: &ObjectKey) -> Result<Bytes, Fault> {
        let name = self.name(key.as_str());
        let opened = match self.open_range(&name, 0..self.piece_bytes()).await {
            // No range lies within an empty object.
            Err(fault) if fault.kind == FaultKind::OutOfRange => {
                return match self.length(&name).await? {
                    0 => Ok(Bytes::new()),
                    _ => Err(fault),
                };
            }
            opened => opened?,
        };
        let wanted = opened.checksum;
        let range = 0..opened.object_bytes;
        let (bytes, found) = self.receive(&name, opened, range).await?;
        match wanted {
            Some(wanted) if wanted != found => Err(Fault::other(format!(
                "its {} bytes have the checksum {found:08x} and were written with {wanted:08x}",
                bytes.len()
            ))),
            _ => Ok(bytes),
        }
    }

    pub(super) async fn get_part(
        &self,
        key: &ObjectKey,
        range: Range<u64>,
    ) -> Result<Bytes, Fault> {
        let name = self.name(key.as_str());
        let outside = || {
            let Range { start, end } = range;
            Fault::other(format!("the range {start}..{end} lies outside of it"))
        };
        if range.start > range.end {
            return Err(outside());
        }
        // HTTP has no empty ranges.
        if range.is_empty() {
            return match self.length(&name).await? {
                length if range.end <= length => Ok(Bytes::new()),
                _ => Err(outside()),
            };
        }
        let end = range.start.saturating_add(self.piece_bytes());
        let first = range.start..range.end.min(end);
        let opened = match self.open_range(&name, first).await {
            Err(fault) if fault.kind == FaultKind::OutOfRange => return Err(outside()),
            opened => opened?,
        };
        if range.end > opened.object_bytes {
            return Err(outside());
        }
        let (bytes, _) = self.receive(&name, opened, range).await?;
        Ok(bytes)
    }

    fn piece_bytes(&self) -> u64 {
        self.options().part_bytes as u64
    }

    async fn length(&self, name: &str) -> Result<u64, Fault> {
        let missing = || Fault::other("the server does not say how long it is");
        length(self.head(name).await?.content_length()).ok_or_else(missing)
    }

    /// Asks for a range that is not empty. The answer may be shorter when the object is.
    async fn open_range(&self, name: &str, range: Range<u64>) -> Result<Opened, Fault> {
        let get = self.client().get_object().bucket(self.bucket()).key(name);
        let get = get.range(format!("bytes={}-{}", range.start, range.end - 1));
        let got = self.request(get.send()).await?;
        let object_bytes = match got.content_range() {
            Some(text) => {
                let (found, object_bytes) = content_range(text)
                    .ok_or_else(|| Fault::other(format!("the server sent the range {text:?}")))?;
                let wanted = range.start..range.end.min(object_bytes);
                if found != wanted {
                    return Err(Fault::other(format!(
                        "the server sent the range {found:?} and not {wanted:?}"
                    )));
                }
                object_bytes
            }
            // The whole object, which is as good if it is no more than what was asked for.
            None => match length(got.content_length()) {
                Some(length) if range.start == 0 && length <= range.end => length,
                _ => return Err(Fault::other("the server ignores ranges")),
            },
        };
        Ok(Opened {
            object_bytes,
            checksum: checksum(got.metadata()),
            body: got.body,
        })
    }

    /// The bytes of a range within the object, whose first piece was requested, and their checksum.
    async fn receive(
        &self,
        name: &str,
        opened: Opened,
        range: Range<u64>,
    ) -> Result<(Bytes, u32), Fault> {
        let mut body = Some(opened.body);
        let receiving = self.allocate(&range)?.into_iter().map(|piece| {
            let (store, name, body) = (self.clone(), name.to_owned(), body.take());
            async move { store.receive_piece(&name, piece, body).await }
        });
        let received = in_parallel(receiving).await?;
        Ok(joined(received.into_iter()))
    }

    /// The pieces of a range. The length comes from the server or the caller, so it has a limit.
    fn allocate(&self, range: &Range<u64>) -> Result<Vec<Piece>, Fault> {
        let length = range.end - range.start;
        let max = self.options().object_bytes_max;
        match usize::try_from(length) {
            Ok(wanted) if length <= max => {
                Ok(pieces(range.start, wanted, self.options().part_bytes))
            }
            _ => Err(Fault::other(format!(
                "it has {length} bytes, and {max} are allowed"
            ))),
        }
    }

    /// Receives a piece, going on from where it broke off.
    async fn receive_piece(
        &self,
        name: &str,
        mut piece: Piece,
        mut body: Option<ByteStream>,
    ) -> Result<Piece, Fault> {
        let attempts = async {
            let mut attempt = 0;
            loop {
                let filled = match body.take() {
                    Some(body) => self.fill(&mut piece, body).await,
                    None => {
                        let start = piece.start + piece.bytes.len() as u64;
                        let end = piece.start + piece.wanted as u64;
                        match self.open_range(name, start..end).await {
                            Ok(opened) => self.fill(&mut piece, opened.body).await,
                            Err(fault) => Err(fault),
                        }
                    }
                };
                attempt += 1;
                let broken_off = |fault: &Fault| fault.kind == FaultKind::BrokenOff;
                if attempt >= self.options().attempts || !filled.as_ref().is_err_and(broken_off) {
                    return filled;
                }
                self.back_off(attempt).await;
            }
        };
        let filled = timeout(self.options().operation_timeout, attempts).await;
        filled.unwrap_or_else(|_| Err(self.too_slow()))?;
        piece.checksum = crc32c::crc32c(&piece.bytes);
        Ok(piece)
    }

    async fn fill(&self, piece: &mut Piece, mut body: ByteStream) -> Result<(), Fault> {
        let pause = self.options().attempt_timeout;
        loop {
            let missing = piece.wanted - piece.bytes.len();
            let chunk = match timeout(pause, body.try_next()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) if missing == 0 => return Ok(()),
                Ok(Ok(None)) => {
                    return Err(Fault::download(&format!("ended {missing} bytes early")));
                }
                Ok(Err(error)) => return Err(Fault::broken_off(&error)),
                Err(_) => {
                    let seconds = pause.as_secs_f64();
                    let stopped = format!("stopped: no byte came within {seconds} s");
                    return Err(Fault::download(&stopped));
                }
            };
            if chunk.len() > missing {
                return Err(Fault::other("the server sent more than was asked for"));
            }
            piece.bytes.extend_from_slice(&chunk);
        }
    }
}

/// The length that a server states.
fn length(stated: Option<i64>) -> Option<u64> {
    u64::try_from(stated?).ok()
}

/// Neighbouring pieces of one allocation.
fn pieces(mut start: u64, bytes: usize, piece_bytes: usize) -> Vec<Piece> {
    let mut rest = BytesMut::with_capacity(bytes);
    let mut pieces = Vec::new();
    for offset in (0..bytes).step_by(piece_bytes) {
        let wanted = piece_bytes.min(bytes - offset);
        let behind = rest.split_off(wanted);
        pieces.push(Piece {
            start,
            bytes: replace(&mut rest, behind),
            wanted,
            checksum: 0,
        });
        start += wanted as u64;
    }
    pieces
}

/// The bytes of full pieces, and their checksum. This moves no bytes.
fn joined(pieces: impl Iterator<Item = Piece>) -> (Bytes, u32) {
    let (mut whole, mut sum) = (BytesMut::new(), 0);
    for piece in pieces {
        sum = crc32c::crc32c_combine(sum, piece.checksum, piece.bytes.len());
        whole.unsplit(piece.bytes);
    }
    (whole.freeze(), sum)
}

/// `bytes 0-9/100`: the bytes from 0 to 9, of 100.
fn content_range(text: &str) -> Option<(Range<u64>, u64)> {
    let (range, length) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let start: u64 = first.parse().ok()?;
    let last: u64 = last.parse().ok()?;
    let length: u64 = length.parse().ok()?;
    (start <= last && last < length).then(|| (start..last + 1, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_where_they_are() {
        for (bytes, piece_bytes) in [(1, 10), (10, 10), (11, 10), (100, 7), (1 << 20, 1 << 16)] {
            let content: Vec<u8> = (0..=250).cycle().take(bytes).collect();
            let mut pieces = pieces(1_000, bytes, piece_bytes);
            let place = pieces[0].bytes.as_ptr();
            let parts = content.chunks(piece_bytes);
            for (piece, part) in pieces.iter_mut().zip(parts) {
                assert_eq!(piece.wanted, part.len());
                piece.bytes.extend_from_slice(part);
                piece.checksum = crc32c::crc32c(part);
            }
            let (whole, sum) = joined(pieces.into_iter());
            assert_eq!(whole, content);
            assert_eq!(whole.as_ptr(), place, "{bytes} bytes were moved");
            assert_eq!(sum, crc32c::crc32c(&content));
        }
        assert!(pieces(0, 0, 10).is_empty());
    }

    #[test]
    fn a_range_is_parsed_or_refused() {
        assert_eq!(content_range("bytes 0-9/100"), Some((0..10, 100)));
        assert_eq!(content_range("bytes 5-5/6"), Some((5..6, 6)));
        let max = u64::MAX;
        for bad in [
            "",
            "bytes */100",
            "bytes 9-0/100",
            "bytes 0-100/100",
            "bytes 0-9/*",
            "0-9/100",
            &format!("bytes 0-{max}/{max}"),
        ] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }
}
