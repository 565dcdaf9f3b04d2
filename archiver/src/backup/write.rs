//! Writing a backup.

use std::time::Duration;

use bytes::Bytes;
use catalog::dump::DumpRow;
use protocol::Position;
use storage::objects::ObjectKey;
use uuid::Uuid;

use super::format::{Manifest, Part, ROWS_BYTES_MAX, encode_rows};
use super::{Found, SINCE, manifest_key};
use crate::cut;
use crate::parts::{ArchiverParts, StepError, compute, made_at};
use crate::pending::Pending;

/// Bytes of frames that are read at a time.
const READ_BYTES: usize = 8 << 20;

/// A row of the catalog takes about so many bytes at most; rows of one object are counted by it.
const ROW_BYTES: usize = 4 << 10;

/// Events may be committed a little later than others with a later time.
const OVERLAP: Duration = Duration::from_secs(300);

/// The newest backup, and what it holds.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) id: Uuid,
    /// The time of the newest control event in it, and its position.
    newest: (i64, i64),
    /// Objects with later control events.
    added: usize,
}

impl Written {
    /// A backup whose content is not known here.
    pub(crate) fn found(backup: &Found) -> Self {
        let since = ObjectKey::backup(backup.id, SINCE);
        let added = |key: &&ObjectKey| key.as_str().starts_with(since.as_str());
        let made_at = made_at(backup.id).unwrap_or_default();
        Self {
            id: backup.id,
            newest: (i64::try_from(made_at.as_micros()).unwrap_or(i64::MAX), 0),
            added: backup.keys.iter().filter(added).count(),
        }
    }

    fn saw(&mut self, rows: &[DumpRow]) {
        for (position, at) in rows.iter().filter_map(DumpRow::control_event) {
            self.newest = (self.newest.0.max(at), self.newest.1.max(position));
        }
    }
}

/// Writes a whole backup.
pub(crate) async fn write(parts: &ArchiverParts) -> Result<Written, StepError> {
    let mut written = Written {
        id: Uuid::now_v7(),
        newest: (0, 0),
        added: 0,
    };
    let mut manifest = Manifest::new(written.id, parts.clock.now().as_micros());
    let mut dump = parts.catalog.dump().await?;
    let mut rows: Vec<DumpRow> = Vec::new();
    loop {
        let page = dump.next().await?;
        let ended = page.is_empty();
        written.saw(&page);
        rows.extend(page);
        if ended || rows.len() >= ROWS_BYTES_MAX / ROW_BYTES {
            let name = format!("rows-{:05}", manifest.rows.len());
            let bytes = encode(std::mem::take(&mut rows)).await?;
            let part = put(parts, written.id, name, bytes).await?;
            manifest.rows.push(part);
        }
        if ended {
            break;
        }
    }
    drop(dump);
    for shard in 0..parts.event_log.shards() {
        for bytes in tail(parts, shard).await? {
            let name = format!("tail-{:05}", manifest.tails.len());
            let part = put(parts, written.id, name, bytes).await?;
            manifest.tails.push(part);
        }
    }
    let (key, bytes) = (manifest_key(written.id), manifest.encode()?);
    parts.objects.put_if_absent(&key, bytes).await?;
    Ok(written)
}

/// Adds the control events that came since.
pub(crate) async fn add(parts: &ArchiverParts, written: &mut Written) -> Result<(), StepError> {
    let overlap = i64::try_from(OVERLAP.as_micros()).unwrap_or_default();
    let since = written.newest.0.saturating_sub(overlap);
    let rows = parts.catalog.dump_since(since).await?;
    let position = |row: &DumpRow| row.control_event().map_or(0, |(position, _)| position);
    if rows.iter().map(position).max() <= Some(written.newest.1) {
        return Ok(());
    }
    let name = format!("{SINCE}{:05}", written.added);
    let bytes = encode(rows.clone()).await?;
    put(parts, written.id, name, bytes).await?;
    written.added += 1;
    written.saw(&rows);
    Ok(())
}

async fn encode(rows: Vec<DumpRow>) -> Result<Bytes, StepError> {
    compute(move || Ok(encode_rows(&rows)?)).await
}

async fn put(
    parts: &ArchiverParts,
    id: Uuid,
    name: String,
    bytes: Bytes,
) -> Result<Part, StepError> {
    let part = Part::of(name, &bytes);
    parts.objects.put_if_absent(&part.key(id), bytes).await?;
    Ok(part)
}

/// Segments with what is not archived of a shard.
async fn tail(parts: &ArchiverParts, shard: u16) -> Result<Vec<Bytes>, StepError> {
    let status = parts.catalog.archive_status().await?;
    let archived = status.shards.iter().find(|found| found.shard == shard);
    let mut pending = Pending::behind(archived.map_or(Position::START, |it| it.position));
    let end = parts.event_log.shard_end(shard).await?;
    let mut segments = Vec::new();
    loop {
        let read = parts
            .event_log
            .read_shard(shard, pending.through, READ_BYTES);
        let frames = read.await?;
        let ended = frames.is_empty() || pending.through >= end;
        pending.add(frames);
        if (ended || pending.bytes >= parts.options.segment_bytes) && !pending.is_empty() {
            if let Some(bytes) = cut::encode_pending(parts, &pending).await? {
                segments.push(bytes);
            }
            pending = Pending::behind(pending.through);
        }
        if ended {
            return Ok(segments);
        }
    }
}
