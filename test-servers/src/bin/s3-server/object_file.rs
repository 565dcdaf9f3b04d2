//! An object or a part in a file: its bytes, then what is known about it as JSON, then the length
//! of that as four bytes, little-endian. A file gets its name once it is complete.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// What is known about an object beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) e_tag: String,
    /// The CRC-32 of the bytes in base64, of an object that came in one piece.
    pub(crate) crc32: Option<String>,
    pub(crate) metadata: HashMap<String, String>,
}

/// A file that is complete and has no name yet that anybody looks for.
pub(crate) struct Written {
    path: std::path::PathBuf,
}

impl Written {
    /// Writes an object of some pieces into a directory of files that are not complete.
    pub(crate) fn new(directory: &Path, pieces: &[&[u8]], head: &Head) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let written = Self {
            path: directory.join(format!("{}-{number}", std::process::id())),
        };
        let head = serde_json::to_vec(head)?;
        let length = u32::try_from(head.len()).map_err(io::Error::other)?;
        let mut file = File::create(&written.path)?;
        for piece in pieces {
            file.write_all(piece)?;
        }
        file.write_all(&[&head[..], &length.to_le_bytes()].concat())?;
        Ok(written)
    }

    /// Gives it its name; what had the name before is gone.
    pub(crate) fn publish(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // It has its name, or nobody wants it.
        let _ = fs::remove_file(&self.path);
    }
}

/// An object that is there. What is read is what was there when it was opened.
pub(crate) struct Stored {
    file: File,
    pub(crate) head: Head,
    pub(crate) bytes: u64,
    pub(crate) modified: SystemTime,
}

impl Stored {
    /// Nothing when there is none.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let about = file.metadata()?;
        let torn = || io::Error::other(format!("{} is torn", path.display()));
        let end = about.len().checked_sub(4).ok_or_else(torn)?;
        let length = u32::from_le_bytes(
            read(&mut file, end..about.len())?
                .try_into()
                .map_err(|_: Vec<u8>| torn())?,
        );
        let bytes = end.checked_sub(length.into()).ok_or_else(torn)?;
        let head = serde_json::from_slice(&read(&mut file, bytes..end)?)?;
        Ok(Some(Self {
            file,
            head,
            bytes,
            modified: about.modified()?,
        }))
    }

    /// The bytes of a range that lies within it.
    pub(crate) fn read(&mut self, range: Range<u64>) -> io::Result<Vec<u8>> {
        read(&mut self.file, range)
    }
}

fn read(file: &mut File, range: Range<u64>) -> io::Result<Vec<u8>> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_comes_back_with_its_head() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("object");
        assert!(Stored::open(&path).unwrap().is_none());
        let head = Head {
            e_tag: "tag".to_owned(),
            crc32: None,
            metadata: HashMap::from([("writer".to_owned(), "me".to_owned())]),
        };
        let written = Written::new(directory.path(), &[b"some ", b"bytes"], &head).unwrap();
        written.publish(&path).unwrap();
        let mut stored = Stored::open(&path).unwrap().unwrap();
        assert_eq!((stored.bytes, &stored.head), (10, &head));
        assert_eq!(stored.read(3..7).unwrap(), b"e by");
    }

    #[test]
    fn what_is_not_published_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        drop(Written::new(directory.path(), &[b"bytes"], &Head::default()).unwrap());
        assert_eq!(directory.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_torn_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("object");
        for bytes in [&b""[..], b"abc", b"\xff\xff\xff\xff"] {
            fs::write(&path, bytes).unwrap();
            assert!(Stored::open(&path).is_err(), "{bytes:?}");
        }
    }
}
