//! Uploads in parts: a directory for each upload that was begun, with a file for each part.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use s3s::crypto::{Checksum as _, Md5};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

use crate::object_file::{Head, Stored, Written};
use crate::objects::internal;

/// What an upload is to become.
#[derive(Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) metadata: HashMap<String, String>,
}

/// The file that says it, beside the parts.
const ABOUT: &str = "about.json";

pub(crate) struct Uploads {
    directory: PathBuf,
    /// Files that are not complete yet.
    pub(crate) incoming: PathBuf,
}

impl Uploads {
    pub(crate) fn open(directory: PathBuf) -> io::Result<Self> {
        let incoming = directory.join("incoming");
        // What was incomplete when the last process ended stays so.
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        fs::create_dir_all(&incoming)?;
        Ok(Self {
            directory,
            incoming,
        })
    }

    pub(crate) fn begin(&self, about: &About) -> S3Result<String> {
        let id = format!("{:032x}", rand::random::<u128>());
        let directory = self.directory.join(&id);
        fs::create_dir(&directory).map_err(internal)?;
        let text = serde_json::to_vec(about).map_err(internal)?;
        fs::write(directory.join(ABOUT), text).map_err(internal)?;
        Ok(id)
    }

    /// The directory of an upload that is under way, and what it is to become.
    fn under_way(&self, id: &str, bucket: &str, key: &str) -> S3Result<(PathBuf, About)> {
        let missing = || s3_error!(NoSuchUpload);
        // Nothing but what `begin` makes, so that no id leads out of the directory.
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(missing());
        }
        let directory = self.directory.join(id);
        let text = fs::read(directory.join(ABOUT)).map_err(|_| missing())?;
        let about: About = serde_json::from_slice(&text).map_err(|_| missing())?;
        match about.bucket == bucket && about.key == key {
            true => Ok((directory, about)),
            false => Err(missing()),
        }
    }

    pub(crate) fn put_part(
        &self,
        (id, bucket, key): (&str, &str, &str),
        number: i32,
        part: Written,
    ) -> S3Result<()> {
        let (directory, _) = self.under_way(id, bucket, key)?;
        // It fails when the upload ended in the meantime.
        part.publish(&part_path(&directory, number))
            .map_err(|_| s3_error!(NoSuchUpload))
    }

    /// The numbers and sizes of the parts that are there.
    pub(crate) fn parts(&self, id: &str, bucket: &str, key: &str) -> S3Result<Vec<(i32, u64)>> {
        let (directory, _) = self.under_way(id, bucket, key)?;
        let mut parts = Vec::new();
        for entry in directory.read_dir().map_err(internal)? {
            let entry = entry.map_err(internal)?;
            let name = entry.file_name().into_string().unwrap_or_default();
            let Ok(number) = name.parse() else { continue };
            if let Some(part) = Stored::open(&entry.path()).map_err(internal)? {
                parts.push((number, part.bytes));
            }
        }
        parts.sort_unstable();
        Ok(parts)
    }

    /// Puts an object together from parts, which are named by their numbers and tags.
    pub(crate) fn join(
        &self,
        (id, bucket, key): (&str, &str, &str),
        wanted: &[(i32, Option<String>)],
    ) -> S3Result<(Written, Head)> {
        let (directory, about) = self.under_way(id, bucket, key)?;
        let is_ordered = wanted.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if wanted.is_empty() || !is_ordered {
            return Err(s3_error!(InvalidPartOrder));
        }
        let mut pieces = Vec::new();
        let mut tags = Md5::new();
        for (number, e_tag) in wanted {
            let part = Stored::open(&part_path(&directory, *number)).map_err(internal)?;
            let mut part = part.ok_or_else(|| s3_error!(InvalidPart))?;
            if e_tag.as_ref().is_some_and(|tag| *tag != part.head.e_tag) {
                return Err(s3_error!(InvalidPart));
            }
            tags.update(part.head.e_tag.as_bytes());
            pieces.push(part.read(0..part.bytes).map_err(internal)?);
        }
        let head = Head {
            e_tag: format!("{}-{}", hex(tags.finalize().as_ref()), wanted.len()),
            crc32: None,
            metadata: about.metadata,
        };
        let pieces: Vec<_> = pieces.iter().map(Vec::as_slice).collect();
        let written = Written::new(&self.incoming, &pieces, &head).map_err(internal)?;
        Ok((written, head))
    }

    /// Ends an upload and removes its parts.
    pub(crate) fn end(&self, id: &str, bucket: &str, key: &str) -> S3Result<()> {
        let (directory, _) = self.under_way(id, bucket, key)?;
        // First what makes it an upload, so that a crash leaves no half of one.
        fs::remove_file(directory.join(ABOUT)).map_err(|_| s3_error!(NoSuchUpload))?;
        fs::remove_dir_all(directory).map_err(internal)
    }

    /// The ids and keys of the uploads to a bucket that are under way.
    pub(crate) fn list(&self, bucket: &str) -> S3Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for entry in self.directory.read_dir().map_err(internal)? {
            let entry = entry.map_err(internal)?;
            let about = fs::read(entry.path().join(ABOUT)).unwrap_or_default();
            if let Ok(about) = serde_json::from_slice::<About>(&about)
                && about.bucket == bucket
            {
                let id = entry.file_name().into_string().unwrap_or_default();
                found.push((id, about.key));
            }
        }
        Ok(found)
    }
}

fn part_path(directory: &Path, number: i32) -> PathBuf {
    directory.join(format!("{number:05}"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
