//! Where the bucket is, who asks, and how long anything may take.

use std::fmt;
use std::time::Duration;

/// A key that is given and not found in the environment. The secret never shows.
#[derive(Clone)]
pub struct AccessKey {
    pub(super) id: String,
    pub(super) secret: String,
}

impl AccessKey {
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
        }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// How to reach a bucket, and what to expect of it.
#[derive(Clone, Debug)]
pub struct S3Options {
    pub bucket: String,
    /// What stands before every key, so that a bucket can be shared: empty, or a path.
    pub prefix: String,
    /// Taken from the environment when it is not given.
    pub region: Option<String>,
    /// The address of a server that is not Amazon's.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path and not in the host name, as many servers want it.
    pub path_style: bool,
    /// Found where the SDK looks when it is not given: the environment, a profile, a web identity,
    /// the machine's role.
    pub access_key: Option<AccessKey>,
    /// How long one attempt at a request may take, and how long a download may pause.
    pub attempt_timeout: Duration,
    /// How long a request may take with all its attempts. Large objects take many requests, each
    /// of which may take so long; the first one that fails ends the operation.
    pub operation_timeout: Duration,
    /// How often a request is tried, the first time included.
    pub attempts: u32,
    /// Larger objects are uploaded in parts.
    pub multipart_bytes: usize,
    /// The size of a part, for uploads and downloads. Very large objects have larger parts.
    pub part_bytes: usize,
    /// Objects that claim to be larger are not read.
    pub object_bytes_max: u64,
}

impl S3Options {
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: String::new(),
            region: None,
            endpoint: None,
            path_style: false,
            access_key: None,
            attempt_timeout: Duration::from_secs(20),
            operation_timeout: Duration::from_secs(60),
            attempts: 4,
            multipart_bytes: 16 << 20,
            part_bytes: 8 << 20,
            object_bytes_max: 4 << 30,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows() {
        let mut options = S3Options::new("bucket");
        options.access_key = Some(AccessKey::new("the-id", "the-secret"));
        let text = format!("{options:?}");
        assert!(text.contains("the-id"), "{text}");
        assert!(!text.contains("the-secret"), "{text}");
    }
}
