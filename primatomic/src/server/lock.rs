//! The data directory, held by one process at a time.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::failure::Failure;

/// A data directory that this process alone uses. The lock goes with the process, so a crash
/// leaves nothing behind that someone would have to remove.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory if there is none, closed to other users, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| Failure::file("create", path, error))?;
        let lock_path = path.join("lock");
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(|error| Failure::file("open", &lock_path, error))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(in_use(path, &mut lock)),
            Err(error) => return Err(Failure::file("lock", &lock_path, error.into())),
        }
        // For people who wonder which process it is; the lock itself does not depend on it.
        let _ = lock
            .set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

fn in_use(path: &Path, lock: &mut File) -> Failure {
    let mut holder = String::new();
    let _ = lock.take(32).read_to_string(&mut holder);
    let holder = match holder.trim().parse::<u32>() {
        Ok(id) => format!("process {id}"),
        Err(_) => "another process".to_owned(),
    };
    Failure::Other(format!(
        "{holder} uses the data directory {} already; stop it first, or choose another directory \
         with --data",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_held_once_and_free_again_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/data");
        let held = DataDirectory::open(&path).unwrap();
        let refused = DataDirectory::open(&path).unwrap_err().to_string();
        let id = std::process::id();
        assert!(
            refused.starts_with(&format!("process {id} uses")),
            "{refused}"
        );
        drop(held);
        DataDirectory::open(&path).unwrap();
    }
}
