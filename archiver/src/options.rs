//! Settings of an archiver.

use std::time::Duration;

/// When an archiver does what.
#[derive(Clone, Debug)]
pub struct ArchiverOptions {
    /// A segment is cut at so many events, ...
    pub segment_events: u64,
    /// ... at so many bytes of frames, ...
    pub segment_bytes: usize,
    /// ... or when its oldest frame waits for so long.
    pub segment_age: Duration,
    /// How long archived frames stay in the hot log. Not less than the window of idempotency keys,
    /// which are looked for there.
    pub hot: Duration,
    /// How often a shard without news is looked at.
    pub poll: Duration,
    /// How long the lease of a shard is valid without a renewal.
    pub lease: Duration,
    /// Blocks of one level that are merged into one of the next.
    pub merged_blocks: u32,
    /// How often a shard is tidied: merging, erasing, removing.
    pub tidy: Duration,
    /// Within this time the bytes of a deleted log are gone from the object store.
    pub erase: Duration,
    /// How long the object of a segment outlives the last reference to it, for readers that have
    /// just looked it up.
    pub grace: Duration,
    /// A segment whose upload took longer is not recorded: it is removed as an orphan when it is six
    /// times as old.
    pub record_within: Duration,
    /// How often the catalog and what is not archived are backed up.
    pub backup: Duration,
    /// Older backups are removed beyond so many.
    pub backups_kept: usize,
}

impl Default for ArchiverOptions {
    fn default() -> Self {
        Self {
            segment_events: 10_000,
            segment_bytes: 16 << 20,
            segment_age: Duration::from_secs(30),
            hot: Duration::from_secs(3_600),
            poll: Duration::from_millis(500),
            lease: Duration::from_secs(15),
            merged_blocks: 16,
            tidy: Duration::from_secs(60),
            erase: Duration::from_secs(24 * 3_600),
            grace: Duration::from_secs(900),
            record_within: Duration::from_secs(600),
            backup: Duration::from_secs(6 * 3_600),
            backups_kept: 28,
        }
    }
}

impl ArchiverOptions {
    /// How long a segment with deleted bytes waits, so that several deletions are one rewrite. The
    /// rest of the time is for the rewrite and the grace period.
    pub(crate) fn erase_delay(&self) -> Duration {
        self.erase.saturating_sub(self.grace) / 4
    }
}
