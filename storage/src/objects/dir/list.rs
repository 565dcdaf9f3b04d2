//! Listing keys in order, without reading directories that can't hold any of them.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::super::{ObjectKey, ObjectMeta};

struct Listing<'a> {
    prefix: &'a str,
    after: Option<&'a str>,
    limit: usize,
    found: Vec<ObjectMeta>,
}

/// The objects whose key begins with `prefix` and sorts after `after`, in the order of their keys.
pub(super) fn list(
    root: &Path,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> io::Result<Vec<ObjectMeta>> {
    let mut listing = Listing {
        prefix,
        after,
        limit,
        found: Vec::new(),
    };
    listing.directory(root, "")?;
    Ok(listing.found)
}

impl Listing<'_> {
    /// Lists a directory whose keys all begin with `base`, which is empty or ends with `/`.
    fn directory(&mut self, path: &Path, base: &str) -> io::Result<()> {
        let entries = match fs::read_dir(path) {
            // Removed since its parent was read, or never there.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                continue;
            };
            // With its slash a directory sorts where its keys do.
            let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
            let key = format!("{base}{name}{slash}");
            if self.may_hold(&key) {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        for key in keys {
            if self.found.len() >= self.limit {
                break;
            }
            let path = path.join(&key[base.len()..]);
            if key.ends_with('/') {
                self.directory(&path, &key)?;
            } else {
                self.file(&path, key)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, key: String) -> io::Result<()> {
        let bytes = match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            metadata => metadata?.len(),
        };
        self.found.push(ObjectMeta {
            key: ObjectKey(key),
            bytes,
        });
        Ok(())
    }

    /// Whether a key, or some key below a directory, is asked for.
    fn may_hold(&self, key: &str) -> bool {
        let directory = key.ends_with('/');
        let in_prefix = key.starts_with(self.prefix) || (directory && self.prefix.starts_with(key));
        let behind = self
            .after
            .is_none_or(|after| key > after || (directory && after.starts_with(key)));
        in_prefix && behind
    }
}
