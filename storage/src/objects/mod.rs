//! The object store: immutable blobs under keys that say what they are.

pub mod dir;
pub mod s3;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use protocol::{ArtifactDigest, ComponentDigest, SegmentId, Sequence, VersionId};
use uuid::Uuid;

/// The key of an object: path segments of `a-z 0-9 . _ -`, joined by `/`. Made only by the
/// functions here, so that every kind of object has one prefix and no input can leave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(String);

impl ObjectKey {
    pub fn component(digest: ComponentDigest) -> Self {
        Self(format!("{}{digest}", Self::COMPONENTS))
    }

    /// The prefix of every component.
    pub const COMPONENTS: &str = "components/";

    /// The component that a key is of, if it is of any.
    pub fn as_component(&self) -> Option<ComponentDigest> {
        self.0.strip_prefix(Self::COMPONENTS)?.parse().ok()
    }

    pub fn artifact(digest: ArtifactDigest) -> Self {
        Self(format!("artifacts/{digest}"))
    }

    /// Sorts by sequence within a version.
    pub fn snapshot(version: VersionId, sequence: Sequence) -> Self {
        Self(format!("snapshots/{version}/{:016}", sequence.get()))
    }

    /// The prefix of every snapshot of a version.
    pub fn snapshots_of(version: VersionId) -> String {
        format!("snapshots/{version}/")
    }

    /// Sorts by the time at which the segment was cut.
    pub fn segment(id: SegmentId) -> Self {
        Self(format!("{}{id}", Self::SEGMENTS))
    }

    /// The prefix of every segment.
    pub const SEGMENTS: &str = "segments/";

    /// The segment that a key is of, if it is of any.
    pub fn as_segment(&self) -> Option<SegmentId> {
        self.0.strip_prefix(Self::SEGMENTS)?.parse().ok()
    }

    /// Names the catalog whose archive it is.
    pub fn archive_owner() -> Self {
        Self("archive-owner".to_owned())
    }

    /// A part of a backup. Backups sort by the time at which they were made.
    pub fn backup(id: Uuid, part: &str) -> Self {
        Self(format!("{}{id}/{part}", Self::BACKUPS))
    }

    /// The prefix of every backup.
    pub const BACKUPS: &str = "backups/";

    /// The backup that a key is a part of, if it is of any.
    pub fn as_backup(&self) -> Option<Uuid> {
        let (id, _) = self.0.strip_prefix(Self::BACKUPS)?.split_once('/')?;
        Uuid::try_parse(id).ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key from its text. `None` for what is no key: a store may keep objects of its own, and so
    /// may its owner.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split('/')
            .all(is_segment)
            .then(|| Self(text.to_owned()))
    }
}

/// Names that begin with a dot are left to the stores themselves.
fn is_segment(name: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What `put_if_absent` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    Created,
    /// An object with that key was there already; it is unchanged.
    Existed,
}

/// One listed object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    pub key: ObjectKey,
    pub bytes: u64,
}

/// Why an operation on objects failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("there is no object {0}")]
    NotFound(ObjectKey),
    #[error("the object store is full")]
    Full,
    #[error("the object store is not available: {0}")]
    Unavailable(String),
}

/// A store of immutable objects. An object that was put is durable before the call returns.
#[async_trait]
pub trait ObjectStore: Send + Sync + 'static {
    /// Stores an object unless one with the key exists. Of several racing calls exactly one gets
    /// [`Put::Created`].
    async fn put_if_absent(&self, key: &ObjectKey, bytes: Bytes) -> Result<Put, ObjectError>;

    async fn get(&self, key: &ObjectKey) -> Result<Bytes, ObjectError>;

    /// The bytes of a range that lies within the object.
    async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<Bytes, ObjectError>;

    /// Removes an object; succeeds when there is none.
    async fn delete(&self, key: &ObjectKey) -> Result<(), ObjectError>;

    /// Objects whose key begins with `prefix` and sorts after `after`, in ascending order of their
    /// keys, at most `limit`.
    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectMeta>, ObjectError>;

    /// Whether the store can be written and read right now; the text is for operators.
    async fn health(&self) -> Result<(), String>;
}

/// A store that is shared by everything in a process.
pub type SharedObjects = Arc<dyn ObjectStore>;
