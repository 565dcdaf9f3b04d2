//! What it costs to make 4 KiB durable.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::load::Recorder;

/// A page of SQLite's write-ahead log, and a block of most filesystems.
const PAGE_BYTES: usize = 4_096;
/// Pages of the preallocated file: 16 MiB.
const PAGES: u64 = 4_096;

/// Latencies of a write of 4 KiB and the fdatasync after it.
#[derive(Debug)]
pub(crate) struct Fdatasync {
    /// Into a file that was written and synced before: only data reaches the disk. It is what a
    /// write-ahead log does that reuses its file, and the cheapest durable write there is.
    pub overwrite: Recorder,
    /// At the end of a file that grows: its size must reach the disk too.
    pub extend: Recorder,
}

impl Fdatasync {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            overwrite: Recorder::new()?,
            extend: Recorder::new()?,
        })
    }

    /// Adds `count` samples of each kind, in turn, taken in a directory.
    pub(crate) fn sample(&mut self, directory: &Path, count: u64) -> Result<()> {
        let preallocated = tempfile::tempfile_in(directory)
            .context("can't make a file for the raw fdatasync rate")?;
        let growing = tempfile::tempfile_in(directory)
            .context("can't make a file for the raw fdatasync rate")?;
        let mut page = [0x5a; PAGE_BYTES];
        for index in 0..PAGES {
            preallocated.write_all_at(&page, offset(index))?;
        }
        preallocated.sync_all()?;
        for index in 0..count {
            page[..8].copy_from_slice(&index.to_le_bytes());
            let reused = offset(index % PAGES);
            write(&preallocated, reused, &page, &mut self.overwrite)?;
            write(&growing, offset(index), &page, &mut self.extend)?;
        }
        Ok(())
    }
}

fn offset(page: u64) -> u64 {
    page * PAGE_BYTES as u64
}

fn write(file: &File, offset: u64, page: &[u8], recorder: &mut Recorder) -> Result<()> {
    let start = Instant::now();
    file.write_all_at(page, offset)?;
    file.sync_data()?;
    recorder.record(start.elapsed());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_sampled() {
        let directory = tempfile::tempdir().unwrap();
        let mut raw = Fdatasync::new().unwrap();
        raw.sample(directory.path(), 5).unwrap();
        assert_eq!(raw.overwrite.summary().count, 5);
        assert_eq!(raw.extend.summary().count, 5);
    }
}
