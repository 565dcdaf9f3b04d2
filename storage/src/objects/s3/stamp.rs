//! What is written beside every object, in its metadata: its checksum, and who wrote it.

use std::collections::HashMap;

use bytes::Bytes;

const CHECKSUM: &str = "crc32c";
const WRITER: &str = "writer";
/// How much is summed up before the task yields.
const CHUNK_BYTES: usize = 4 << 20;

/// The metadata of one write. The writer is random: a write whose answer was lost, tried again,
/// finds the key taken, and knows by the writer that it was itself that took it.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    checksum: u32,
    writer: String,
}

impl Stamp {
    pub(super) async fn new(bytes: &Bytes) -> Self {
        let mut checksum = 0;
        for chunk in bytes.chunks(CHUNK_BYTES) {
            checksum = crc32c::crc32c_append(checksum, chunk);
            tokio::task::yield_now().await;
        }
        let writer: u128 = rand::random();
        Self {
            checksum,
            writer: format!("{writer:032x}"),
        }
    }

    pub(super) fn metadata(&self) -> HashMap<String, String> {
        HashMap::from([
            (CHECKSUM.to_owned(), format!("{:08x}", self.checksum)),
            (WRITER.to_owned(), self.writer.clone()),
        ])
    }

    /// Whether the metadata of an object says that this write made it.
    pub(super) fn made(&self, metadata: Option<&HashMap<String, String>>) -> bool {
        metadata.and_then(|metadata| metadata.get(WRITER)) == Some(&self.writer)
    }
}

/// The checksum in an object's metadata. Nothing in those of an object that something else wrote.
pub(super) fn checksum(metadata: Option<&HashMap<String, String>>) -> Option<u32> {
    let text = metadata?.get(CHECKSUM)?;
    u32::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stamp_is_recognized() {
        let bytes = Bytes::from(vec![7; CHUNK_BYTES + 1]);
        let (one, other) = (Stamp::new(&bytes).await, Stamp::new(&bytes).await);
        let metadata = one.metadata();
        assert_eq!(checksum(Some(&metadata)), Some(crc32c::crc32c(&bytes)));
        assert!(one.made(Some(&metadata)));
        assert!(!other.made(Some(&metadata)));
        assert!(!one.made(None));
        assert_eq!(checksum(None), None);
    }
}
