//! Reading blocks from the object store.

use std::sync::Arc;

use moka::future::Cache;
use protocol::SegmentId;
use protocol::segment::{Block, block};

use crate::event_log::ReadError;
use crate::objects::{ObjectKey, SharedObjects};
use catalog::archive::ArchivedBlock;

/// Bytes of blocks that are kept for pages, which read one block many times.
const CACHE_BYTES: u64 = 64 << 20;

/// Blocks of segments. Cheap to clone.
#[derive(Clone)]
pub struct Blocks {
    objects: SharedObjects,
    cache: Cache<(SegmentId, u64), Arc<Block>>,
}

impl Blocks {
    pub(super) fn new(objects: SharedObjects) -> Self {
        let weigh = |_: &(SegmentId, u64), block: &Arc<Block>| {
            u32::try_from(block.weight()).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .max_capacity(CACHE_BYTES)
            .weigher(weigh)
            .build();
        Self { objects, cache }
    }

    /// A block that will be asked for again soon.
    pub(super) async fn cached(&self, block: &ArchivedBlock) -> Result<Arc<Block>, ReadError> {
        let key = (block.segment, block.entry.offset);
        let read = async { self.read(block).await.map(Arc::new) };
        let cached = self.cache.try_get_with(key, read).await;
        cached.map_err(|error| ReadError::clone(&error))
    }

    /// Fetches and verifies a block.
    pub(super) async fn read(&self, block: &ArchivedBlock) -> Result<Block, ReadError> {
        let key = ObjectKey::segment(block.segment);
        let bytes = self.objects.get_range(&key, block.entry.range()).await;
        // A segment that is gone was written anew since its row was read; the row says where it is now.
        let bytes = bytes.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let entry = block.entry;
        // Unpacking a few megabytes takes milliseconds.
        let decoded = tokio::task::spawn_blocking(move || block::decode(&entry, &bytes)).await;
        let decoded = decoded.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        decoded.map_err(|error| {
            let (first, last) = (entry.first, entry.last);
            let reason = format!("{key}, sequences {first} to {last}: {error}");
            ReadError::damaged(entry.log, reason)
        })
    }
}
