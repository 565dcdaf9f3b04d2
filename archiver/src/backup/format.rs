//! The objects of a backup.
//!
//! Rows of the catalog are JSON objects, one on each line, compressed with zstd. The manifest is a
//! JSON object that names them, with the BLAKE3 hash of each.

use std::io;

use bytes::Bytes;
use catalog::dump::DumpRow;
use serde::{Deserialize, Serialize};
use storage::objects::ObjectKey;
use uuid::Uuid;

/// The version that this program writes.
const VERSION: u32 = 1;
const ZSTD_LEVEL: i32 = 3;
/// Rows of one object take at most so many bytes before compression.
pub(crate) const ROWS_BYTES_MAX: usize = 64 << 20;

/// What belongs to a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    pub(crate) id: Uuid,
    /// When it was made, in microseconds since 1970.
    pub(crate) made_at: u64,
    /// Rows of the catalog.
    pub(crate) rows: Vec<Part>,
    /// Segments with events that were not archived yet.
    pub(crate) tails: Vec<Part>,
}

/// An object of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

/// Why an object is not what a backup should hold.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest can't be read: {0}")]
    Unreadable(String),
    #[error("the backup was made by a newer version ({0}); restore it with that one")]
    Newer(u32),
    #[error("{0} is damaged: it does not match its hash")]
    Damaged(String),
    #[error("{name} can't be read: {reason}")]
    Rows { name: String, reason: String },
}

impl Manifest {
    pub(crate) fn new(id: Uuid, made_at: u64) -> Self {
        Self {
            version: VERSION,
            id,
            made_at,
            rows: Vec::new(),
            tails: Vec::new(),
        }
    }

    pub(crate) fn encode(&self) -> io::Result<Bytes> {
        Ok(serde_json::to_vec_pretty(self)?.into())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| ManifestError::Unreadable(error.to_string());
        let Versioned { version } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if version != VERSION {
            return Err(ManifestError::Newer(version));
        }
        serde_json::from_slice(bytes).map_err(unreadable)
    }
}

impl Part {
    pub(crate) fn of(name: String, bytes: &[u8]) -> Self {
        Self {
            name,
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
        }
    }

    pub(crate) fn key(&self, backup: Uuid) -> ObjectKey {
        ObjectKey::backup(backup, &self.name)
    }

    /// Whether these are its bytes.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(), ManifestError> {
        if blake3::hash(bytes).to_hex().as_str() == self.blake3 {
            Ok(())
        } else {
            Err(ManifestError::Damaged(self.name.clone()))
        }
    }
}

/// Rows as the bytes of an object.
pub(crate) fn encode_rows(rows: &[DumpRow]) -> io::Result<Bytes> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row)?;
        lines.push(b'\n');
    }
    zstd::bulk::compress(&lines, ZSTD_LEVEL).map(Bytes::from)
}

/// Reads what [`encode_rows`] has written.
pub(crate) fn decode_rows(name: &str, bytes: &[u8]) -> Result<Vec<DumpRow>, ManifestError> {
    let unreadable = |reason: String| ManifestError::Rows {
        name: name.to_owned(),
        reason,
    };
    let lines = zstd::bulk::decompress(bytes, ROWS_BYTES_MAX * 2)
        .map_err(|error| unreadable(error.to_string()))?;
    lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(|error| unreadable(error.to_string())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readable for ever; never regenerated.
    #[test]
    fn the_golden_backup_of_version_1_is_readable() {
        let manifest = include_bytes!("../../golden/backup-v1/manifest.json");
        let manifest = Manifest::decode(manifest).unwrap();
        assert_eq!(manifest.rows.len(), 1);
        let rows = include_str!("../../golden/backup-v1/rows.jsonl");
        let rows: Vec<DumpRow> = rows
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(rows.len(), 5);
        let events: Vec<_> = rows.iter().filter_map(DumpRow::control_event).collect();
        assert_eq!(events, [(1, 1_700_000_000_000_000)]);
        let encoded = encode_rows(&rows).unwrap();
        let again = decode_rows("rows", &encoded).unwrap();
        let texts = |rows: &[DumpRow]| -> Vec<String> {
            let text = |row| serde_json::to_string(row).unwrap();
            rows.iter().map(text).collect()
        };
        assert_eq!(texts(&again), texts(&rows));
    }

    #[test]
    fn damage_and_other_versions_are_told() {
        let part = Part::of("rows-00000".to_owned(), b"content");
        part.check(b"content").unwrap();
        assert!(matches!(
            part.check(b"other"),
            Err(ManifestError::Damaged(_))
        ));
        let newer = br#"{"version":2,"what":"ever"}"#;
        assert!(matches!(
            Manifest::decode(newer),
            Err(ManifestError::Newer(2))
        ));
        assert!(Manifest::decode(b"[]").is_err());
        assert!(decode_rows("rows", b"not zstd").is_err());
    }
}
