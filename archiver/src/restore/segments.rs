//! The segments that are there, and which of their blocks make up each log.

use std::collections::{BTreeMap, HashMap, HashSet};

use catalog::Retention;
use catalog::archive::ArchivedBlock;
use protocol::segment::{Footer, IndexEntry, TRAILER_BYTES, verify};
use protocol::{LogId, SegmentId, Sequence};
use storage::objects::{ObjectKey, ObjectMeta};

use super::cover::cover;
use super::tails::put_end;
use super::{OnProgress, Progress, RestoreError, RestoreParts, RestoreReport};
use crate::backup::{LISTED, Manifest, list_all};
use crate::cut::level;

/// Bytes at the end of a segment that are fetched first. Most indexes fit.
const TAIL_BYTES: u64 = 64 << 10;

/// Logs that are written down at a time.
const LOGS_AT_A_TIME: usize = 1_000;

/// Every block that was found of the logs that exist.
pub(super) struct Candidates {
    segments: HashMap<SegmentId, u64>,
    /// Those that hold blocks of logs that don't exist.
    foreign: HashSet<SegmentId>,
    blocks: BTreeMap<LogId, Vec<(SegmentId, IndexEntry)>>,
}

impl Candidates {
    /// Reads the indexes of all segments. What the backup holds of events that were in none is made
    /// a segment first.
    pub(super) async fn read(
        parts: &RestoreParts,
        manifest: &Manifest,
        logs: &HashMap<LogId, Retention>,
        progress: OnProgress<'_>,
    ) -> Result<Self, RestoreError> {
        for part in &manifest.tails {
            let bytes = parts.objects.get(&part.key(manifest.id)).await?;
            part.check(&bytes)?;
            verify(&bytes).map_err(|error| RestoreError::damaged(&part.name, &error))?;
            let key = ObjectKey::segment(SegmentId::generate());
            parts.objects.put_if_absent(&key, bytes).await?;
        }
        let mut found = Self {
            segments: HashMap::new(),
            foreign: HashSet::new(),
            blocks: BTreeMap::new(),
        };
        let segments = list_all(parts.objects.as_ref(), ObjectKey::SEGMENTS).await?;
        for listed in segments.chunks(LISTED) {
            for object in listed {
                found.add(parts, object, logs).await?;
            }
            progress(Progress::Segments {
                read: found.segments.len() as u64,
            });
        }
        Ok(found)
    }

    async fn add(
        &mut self,
        parts: &RestoreParts,
        object: &ObjectMeta,
        logs: &HashMap<LogId, Retention>,
    ) -> Result<(), RestoreError> {
        let Some(segment) = object.key.as_segment() else {
            return Ok(());
        };
        let index = match index_of(parts, object).await {
            Ok(index) => index,
            // A segment that can't be read may hold nothing that another one does not: what is
            // missing in the end is counted with the logs that it is missing from.
            Err(RestoreError::Damaged { what, reason }) => {
                tracing::error!(what, reason, "a segment is left out");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.segments.insert(segment, object.bytes);
        for entry in index {
            if logs.contains_key(&entry.log) {
                let blocks = self.blocks.entry(entry.log).or_default();
                blocks.push((segment, entry));
            } else {
                self.foreign.insert(segment);
            }
        }
        Ok(())
    }

    /// Writes down the blocks that make up each log, and puts the logs' ends into the event log.
    pub(super) async fn adopt(
        self,
        parts: &RestoreParts,
        logs: &HashMap<LogId, Retention>,
        report: &mut RestoreReport,
        progress: OnProgress<'_>,
    ) -> Result<(), RestoreError> {
        report.logs = logs.len() as u64;
        report.segments = self.segments.len() as u64;
        let mut adopted: Vec<ArchivedBlock> = Vec::new();
        let of = self.blocks.len() as u64;
        for (done, (log, candidates)) in self.blocks.into_iter().enumerate() {
            let highest = candidates.iter().map(|(_, entry)| entry.last).max();
            let chosen = cover(candidates);
            let end = chosen.last().map(|(_, entry)| entry.last);
            report.events += end.map_or(0, Sequence::get);
            if end < highest {
                tracing::error!(%log, ?end, ?highest, "events of a log are in no segment");
                report.cut_off_logs += 1;
            }
            put_end(parts, log, &chosen).await?;
            let trim = logs.get(&log) == Some(&Retention::Archive);
            adopted.extend(chosen.into_iter().map(|(segment, entry)| ArchivedBlock {
                segment,
                entry,
                level: level(0, entry.body_bytes),
                trim_pending: trim,
            }));
            if (done + 1) % LOGS_AT_A_TIME == 0 {
                let done = done as u64 + 1;
                progress(Progress::Logs { done, of });
            }
        }
        let segments: Vec<_> = self.segments.into_iter().collect();
        // Which shard does the tidying does not matter; the blocks of a log stay together.
        let shard_of = |log| protocol::subject::shard_of(log, parts.event_log.shards());
        let catalog = &parts.catalog;
        let adopting = catalog.adopt_segments(&segments, &adopted, &self.foreign, shard_of);
        adopting.await?;
        progress(Progress::Logs { done: of, of });
        Ok(())
    }
}

async fn index_of(
    parts: &RestoreParts,
    object: &ObjectMeta,
) -> Result<Vec<IndexEntry>, RestoreError> {
    let (key, bytes) = (&object.key, object.bytes);
    let wrong = |error| RestoreError::damaged(key.as_str(), &error);
    if bytes < TRAILER_BYTES as u64 {
        return Err(wrong(protocol::segment::SegmentError::Length));
    }
    let tail = parts
        .objects
        .get_range(key, bytes.saturating_sub(TAIL_BYTES)..bytes)
        .await?;
    let footer = Footer::of(&tail, bytes).map_err(wrong)?;
    let wanted = footer.bytes() as u64;
    if wanted <= tail.len() as u64 {
        return footer.index(&tail).map_err(wrong);
    }
    let tail = parts.objects.get_range(key, bytes - wanted..bytes).await?;
    footer.index(&tail).map_err(wrong)
}
