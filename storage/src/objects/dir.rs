//! Objects as files below one directory.

use std::path::{Path, PathBuf};

use super::ObjectError;

/// An object store in a directory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DirObjects {
    root: PathBuf,
}

impl DirObjects {
    /// Opens or creates the directory.
    ///
    /// # Errors
    /// When it can't be created or written.
    pub fn open(path: &Path) -> Result<Self, ObjectError> {
        Ok(Self { root: path.to_owned() })
    }
}
