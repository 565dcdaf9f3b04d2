//! Buckets and their objects: a directory for each bucket, a file for each object, and an index of
//! the names in memory. Whether a name is free is decided under one lock.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use s3s::{S3Result, s3_error};

use crate::object_file::{Stored, Written};

/// What a list says about an object.
#[derive(Clone)]
pub(crate) struct Listed {
    pub(crate) bytes: u64,
    pub(crate) modified: SystemTime,
}

type Buckets = HashMap<String, BTreeMap<String, Listed>>;

pub(crate) struct Objects {
    directory: PathBuf,
    buckets: Mutex<Buckets>,
}

impl Objects {
    /// Reads what an earlier process left behind.
    pub(crate) fn open(directory: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        let mut buckets = Buckets::new();
        for entry in directory.read_dir()? {
            let entry = entry?;
            let mut objects = BTreeMap::new();
            for object in entry.path().read_dir()? {
                let object = object?;
                let name = object.file_name().into_string().unwrap_or_default();
                let (Some(key), Some(stored)) = (key_of(&name), Stored::open(&object.path())?)
                else {
                    continue;
                };
                objects.insert(key, listed(&stored));
            }
            let bucket = entry.file_name().into_string().unwrap_or_default();
            buckets.insert(bucket, objects);
        }
        Ok(Self {
            directory,
            buckets: Mutex::new(buckets),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        // Whoever panicked had not changed the index yet.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, bucket: &str, key: &str) -> PathBuf {
        self.directory.join(bucket).join(file_name(key))
    }

    pub(crate) fn check_bucket(&self, bucket: &str) -> S3Result<()> {
        match self.lock().contains_key(bucket) {
            true => Ok(()),
            false => Err(no_bucket()),
        }
    }

    /// Whether a put on the condition that the name is free can be refused right away.
    pub(crate) fn check_free(&self, bucket: &str, key: &str) -> S3Result<()> {
        match self.lock().get(bucket) {
            None => Err(no_bucket()),
            Some(objects) if objects.contains_key(key) => Err(taken()),
            Some(_) => Ok(()),
        }
    }

    /// Puts an object, which is whole by now; `only_new`: unless the name is taken.
    pub(crate) fn put(
        &self,
        bucket: &str,
        key: &str,
        written: Written,
        only_new: bool,
    ) -> S3Result<()> {
        let path = self.path(bucket, key);
        let mut buckets = self.lock();
        let objects = buckets.get_mut(bucket).ok_or_else(no_bucket)?;
        if only_new && objects.contains_key(key) {
            return Err(taken());
        }
        written.publish(&path).map_err(internal)?;
        let stored = Stored::open(&path).map_err(internal)?;
        let stored = stored.ok_or_else(|| s3_error!(InternalError))?;
        objects.insert(key.to_owned(), listed(&stored));
        Ok(())
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> S3Result<Stored> {
        self.check_bucket(bucket)?;
        let stored = Stored::open(&self.path(bucket, key)).map_err(internal)?;
        stored.ok_or_else(|| s3_error!(NoSuchKey))
    }

    pub(crate) fn delete(&self, bucket: &str, key: &str) -> S3Result<()> {
        let path = self.path(bucket, key);
        let mut buckets = self.lock();
        let objects = buckets.get_mut(bucket).ok_or_else(no_bucket)?;
        if objects.contains_key(key) {
            fs::remove_file(path).map_err(internal)?;
            objects.remove(key);
        }
        Ok(())
    }

    /// Objects whose key begins with `prefix` and sorts after `after`, in the order of their keys,
    /// and whether there are more than `limit`.
    pub(crate) fn list(
        &self,
        bucket: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> S3Result<(Vec<(String, Listed)>, bool)> {
        let buckets = self.lock();
        let objects = buckets.get(bucket).ok_or_else(no_bucket)?;
        let start = match after < prefix {
            true => Bound::Included(prefix),
            false => Bound::Excluded(after),
        };
        let mut found: Vec<_> = objects
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit.saturating_add(1))
            .map(|(key, listed)| (key.clone(), listed.clone()))
            .collect();
        let is_truncated = found.len() > limit;
        found.truncate(limit);
        Ok((found, is_truncated))
    }
}

pub(crate) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> s3s::S3Error {
    s3_error!(error, InternalError)
}

fn no_bucket() -> s3s::S3Error {
    s3_error!(NoSuchBucket)
}

fn taken() -> s3s::S3Error {
    s3_error!(PreconditionFailed, "The key is taken.")
}

fn listed(stored: &Stored) -> Listed {
    Listed {
        bytes: stored.bytes,
        modified: stored.modified,
    }
}

/// A key as the name of a file: every byte but letters, digits and `-` as `_` and two hexadecimal
/// digits.
fn file_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len() * 2);
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            // Writing to a string never fails.
            _ => _ = write!(name, "_{byte:02x}"),
        }
    }
    name
}

fn key_of(name: &str) -> Option<String> {
    let mut key = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        if *byte != b'_' {
            key.push(*byte);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        key.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(key).ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::object_file::Head;

    fn put(objects: &Objects, directory: &Path, key: &str, only_new: bool) -> S3Result<()> {
        let written = Written::new(directory, &[key.as_bytes()], &Head::default()).unwrap();
        objects.put("bucket", key, written, only_new)
    }

    #[test]
    fn every_key_has_a_file_name_of_its_own() {
        for key in ["a/b.c", "A_-9", "snapshots/.x", " ü%"] {
            let name = file_name(key);
            assert!(!name.contains(['/', '.']), "{name}");
            assert_eq!(key_of(&name).as_deref(), Some(key));
        }
        assert_eq!(key_of("_2"), None);
        assert_eq!(key_of("_zz"), None);
    }

    #[test]
    fn objects_are_there_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let buckets = directory.path().join("buckets");
        fs::create_dir_all(buckets.join("bucket")).unwrap();
        let objects = Objects::open(buckets.clone()).unwrap();
        for key in ["a/1", "a/2", "b", "gone"] {
            put(&objects, directory.path(), key, true).unwrap();
        }
        objects.delete("bucket", "gone").unwrap();
        let objects = Objects::open(buckets).unwrap();
        assert!(put(&objects, directory.path(), "a/1", true).is_err());
        assert!(put(&objects, directory.path(), "a/1", false).is_ok());
        assert!(put(&objects, directory.path(), "gone", true).is_ok());
        let list = |prefix, after, limit| {
            let (found, more) = objects.list("bucket", prefix, after, limit).unwrap();
            let keys: Vec<_> = found.into_iter().map(|(key, _)| key).collect();
            (keys.join(" "), more)
        };
        assert_eq!(list("", "", 9), ("a/1 a/2 b gone".to_owned(), false));
        assert_eq!(list("a/", "", 1), ("a/1".to_owned(), true));
        assert_eq!(list("a/", "a/1", 1), ("a/2".to_owned(), false));
        assert_eq!(list("", "a/2", 1), ("b".to_owned(), true));
        assert_eq!(objects.get("bucket", "b").unwrap().bytes, 1);
        assert!(objects.get("bucket", "c").is_err());
        assert!(objects.get("another", "b").is_err());
    }
}
