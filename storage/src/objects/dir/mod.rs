//! Objects as files below one directory.
//!
//! An object is written to a file of its own in `.incoming`, synced, and then linked to its path:
//! `link` fails if something is there, so of several racing writers exactly one succeeds, and no
//! reader ever sees half an object. Directories are synced, so that a power cut takes nothing that
//! was acknowledged. A crash can leave files in `.incoming` only, and those are removed at the next
//! start.

mod list;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{ObjectError, ObjectKey, ObjectMeta, ObjectStore, Put};

/// Where objects are before they are whole. No key begins with a dot.
const INCOMING: &str = ".incoming";

/// An object store in a directory of the local file system. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DirObjects {
    root: Arc<Path>,
}

impl DirObjects {
    /// Opens the directory, or creates it, and removes what a crash left half-written. One process
    /// at a time may have it open; the event log's lock sees to that.
    pub fn open(path: &Path) -> Result<Self, ObjectError> {
        let incoming = path.join(INCOMING);
        fs::create_dir_all(&incoming)?;
        for entry in fs::read_dir(&incoming)? {
            fs::remove_file(entry?.path())?;
        }
        sync_directory(path)?;
        Ok(Self { root: path.into() })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, ObjectError> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let root = Arc::clone(&self.root);
        tokio::task::spawn_blocking(move || work(&root))
            .await
            .map_err(|error| ObjectError::Unavailable(error.to_string()))?
    }
}

#[async_trait]
impl ObjectStore for DirObjects {
    async fn put_if_absent(&self, key: &ObjectKey, bytes: Bytes) -> Result<Put, ObjectError> {
        let key = key.clone();
        self.blocking(move |root| {
            let path = path_of(root, &key)?;
            Ok(put(root, &path, &bytes)?)
        })
        .await
    }

    async fn get(&self, key: &ObjectKey) -> Result<Bytes, ObjectError> {
        let key = key.clone();
        self.blocking(move |root| {
            let bytes = fs::read(path_of(root, &key)?);
            bytes.map(Bytes::from).map_err(|error| failed(&key, error))
        })
        .await
    }

    async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let key = key.clone();
        self.blocking(move |root| {
            let path = path_of(root, &key)?;
            get_range(&path, &range).map_err(|error| failed(&key, error))
        })
        .await
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        let key = key.clone();
        self.blocking(move |root| {
            let path = path_of(root, &key)?;
            match fs::remove_file(&path) {
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error.into()),
                Ok(()) => Ok(sync_directory(path.parent().unwrap_or(root))?),
            }
        })
        .await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectMeta>, ObjectError> {
        let (prefix, after) = (prefix.to_owned(), after.cloned());
        self.blocking(move |root| {
            let after = after.as_ref().map(ObjectKey::as_str);
            Ok(list::list(root, &prefix, after, limit)?)
        })
        .await
    }

    async fn health(&self) -> Result<(), String> {
        let write = |root: &Path| Ok(fs::remove_file(write_incoming(root, b"health")?)?);
        let written = self.blocking(write).await;
        written.map_err(|error| error.to_string())
    }
}

/// The file of an object. Keys are made by functions that leave no way out of the directory; this
/// is the second lock on the door, because a mistake there would expose the whole disk.
fn path_of(root: &Path, key: &ObjectKey) -> Result<PathBuf, ObjectError> {
    let relative = Path::new(key.as_str());
    let plain = |component: Component<'_>| match component {
        Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
        _ => false,
    };
    if key.as_str().is_empty() || !relative.components().all(plain) {
        return Err(ObjectError::Unavailable(format!(
            "{key} is not a key of an object"
        )));
    }
    Ok(root.join(relative))
}

fn put(root: &Path, path: &Path, bytes: &[u8]) -> io::Result<Put> {
    if path.try_exists()? {
        sync_parents(root, path)?;
        return Ok(Put::Existed);
    }
    let incoming = write_incoming(root, bytes)?;
    let parent = path.parent().unwrap_or(root);
    let linked = fs::create_dir_all(parent).and_then(|()| fs::hard_link(&incoming, path));
    let removed = fs::remove_file(&incoming);
    match linked {
        // The winner may not have synced yet, and this caller, too, relies on the object.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            sync_parents(root, path)?;
            removed.map(|()| Put::Existed)
        }
        Err(error) => Err(error),
        Ok(()) => {
            sync_parents(root, path)?;
            removed.map(|()| Put::Created)
        }
    }
}

/// Writes and syncs a new file in `.incoming`; removes it again when that fails.
fn write_incoming(root: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let name: u128 = rand::random();
    let path = root.join(INCOMING).join(format!("{name:032x}"));
    let mut file = File::create_new(&path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // The file may hold the space that is missing; what can't be removed goes at the next start.
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    Ok(path)
}

/// Syncs every directory above an object: whoever created one of them may not have done so yet.
fn sync_parents(root: &Path, path: &Path) -> io::Result<()> {
    let below_root = |directory: &&Path| directory.starts_with(root);
    let mut directories = path.ancestors().skip(1).take_while(below_root);
    directories.try_for_each(sync_directory)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn get_range(path: &Path, range: &Range<u64>) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if range.start > range.end || range.end > metadata.len() {
        let outside = format!("the range {range:?} lies outside of it");
        return Err(io::Error::new(ErrorKind::InvalidInput, outside));
    }
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

impl From<io::Error> for ObjectError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// Whether there is no file, because a directory has its path, or a file that of one of
/// its directories.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory
    )
}

/// The error of an operation on one object.
fn failed(key: &ObjectKey, error: io::Error) -> ObjectError {
    if is_missing(&error) {
        return ObjectError::NotFound(key.clone());
    }
    match error.into() {
        ObjectError::Unavailable(reason) => {
            ObjectError::Unavailable(format!("object {key}: {reason}"))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_leaves_the_directory() {
        let root = Path::new("/objects");
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/.hidden",
            ".incoming/x",
            "./a",
        ] {
            assert!(path_of(root, &ObjectKey(bad.to_owned())).is_err(), "{bad}");
        }
        let good = path_of(root, &ObjectKey("a/b-1.c".to_owned())).unwrap();
        assert_eq!(good, Path::new("/objects/a/b-1.c"));
    }
}
