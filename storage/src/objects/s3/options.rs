//! Where the bucket is, who asks, and how long anything may take.

use std::fmt;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Credentials, ProvideCredentials as _, Region, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use tokio::time::timeout;

use super::fault::chain;
use super::open::OpenError;
use crate::objects::is_segment;

/// What S3 demands of every part but the last.
const PART_BYTES_MIN: usize = 5 << 20;
/// What servers that are not Amazon's don't care about, but a signature needs.
const REGION_OF_ENDPOINTS: &str = "us-east-1";

/// A key that is given and not found in the environment. The secret never shows.
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: String,
    session_token: Option<String>,
}

impl AccessKey {
    #[must_use]
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
            session_token: None,
        }
    }

    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
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
    pub connect_timeout: Duration,
    /// How long one attempt at a request may take, and how long a download may pause.
    pub attempt_timeout: Duration,
    /// How long a request may take with all its attempts. Large objects take many requests, each
    /// of which may take so long; the first one that fails ends the operation.
    pub operation_timeout: Duration,
    /// How often a request is tried, the first time included.
    pub attempts: u32,
    /// How long the first pause before another attempt may be. Each further one is twice as long.
    pub backoff: Duration,
    /// Larger objects are uploaded in parts.
    pub multipart_bytes: usize,
    /// The size of a part, for uploads and downloads. Very large objects have larger parts.
    pub part_bytes: usize,
    /// How many parts of an object travel at the same time.
    pub parallel: usize,
    /// Objects that claim to be larger are not read.
    pub object_bytes_max: u64,
}

impl S3Options {
    #[must_use]
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: String::new(),
            region: None,
            endpoint: None,
            path_style: false,
            access_key: None,
            connect_timeout: Duration::from_secs(3),
            attempt_timeout: Duration::from_secs(20),
            operation_timeout: Duration::from_secs(60),
            attempts: 4,
            backoff: Duration::from_millis(100),
            multipart_bytes: 16 << 20,
            part_bytes: 8 << 20,
            parallel: 8,
            object_bytes_max: 4 << 30,
        }
    }

    /// The options with the prefix as it stands before keys.
    pub(super) fn checked(mut self) -> Result<Self, OpenError> {
        let wrong = |text: &str| Err(OpenError::Options(text.to_owned()));
        if self.bucket.is_empty() {
            return wrong("no bucket is named");
        }
        let path = self.prefix.trim_end_matches('/').to_owned();
        if !path.is_empty() && !path.split('/').all(is_segment) {
            return wrong("the prefix must be a path of a-z 0-9 . _ -, such as production/events");
        }
        self.prefix = if path.is_empty() {
            path
        } else {
            format!("{path}/")
        };
        if self.part_bytes < PART_BYTES_MIN {
            return wrong("a part must have at least 5 MiB");
        }
        if self.attempts == 0 || self.parallel == 0 {
            return wrong("there must be at least one attempt, and one part at a time");
        }
        let times = [
            self.connect_timeout,
            self.attempt_timeout,
            self.operation_timeout,
        ];
        if times.contains(&Duration::ZERO) {
            return wrong("no time-out can be zero");
        }
        Ok(self)
    }

    /// A client of the bucket. Says at once when there are no credentials or no region, which the
    /// SDK would not before the first request.
    pub(super) async fn client(&self) -> Result<Client, OpenError> {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
        let endpoint_region = self.endpoint.as_ref().map(|_| REGION_OF_ENDPOINTS);
        if let Some(region) = self.region.as_deref().or(endpoint_region) {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(key) = &self.access_key {
            let token = key.session_token.clone();
            let given = Credentials::new(&key.id, &key.secret, token, None, "given");
            loader = loader.credentials_provider(given);
        }
        let shared = Box::pin(loader.load()).await;
        if shared.region().is_none() {
            return Err(OpenError::NoRegion(self.bucket.clone()));
        }
        let provider = shared.credentials_provider();
        let provider = provider.ok_or_else(|| OpenError::NoCredentials("none".to_owned()))?;
        match timeout(self.operation_timeout, provider.provide_credentials()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(OpenError::NoCredentials(chain(&error))),
            Err(_) => return Err(OpenError::NoCredentials("no answer in time".to_owned())),
        }
        let mut builder = Builder::from(&shared)
            .force_path_style(self.path_style)
            .timeout_config(self.timeouts())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(self.attempts)
                    .with_initial_backoff(self.backoff),
            )
            // Time-outs bound every transfer here already.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // Some servers answer a range with the checksum of the whole object.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Client::from_conf(builder.build()))
    }

    fn timeouts(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect_timeout)
            .operation_attempt_timeout(self.attempt_timeout)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows() {
        let mut options = S3Options::new("bucket");
        let key = AccessKey::new("the-id", "the-secret").with_session_token("the-token");
        options.access_key = Some(key);
        let text = format!("{options:?}");
        assert!(text.contains("the-id"), "{text}");
        assert!(!text.contains("the-secret"), "{text}");
        assert!(!text.contains("the-token"), "{text}");
    }

    #[test]
    fn a_prefix_is_a_path() {
        let with = |prefix: &str| {
            let mut options = S3Options::new("bucket");
            options.prefix = prefix.to_owned();
            options.checked().map(|options| options.prefix)
        };
        assert_eq!(with("").unwrap(), "");
        assert_eq!(with("a/b-1").unwrap(), "a/b-1/");
        assert_eq!(with("a/").unwrap(), "a/");
        for bad in ["/a", "a//b", "a/../b", "A", "a b", "."] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn senseless_options_are_refused() {
        type Change = fn(&mut S3Options);
        let changes: [Change; 5] = [
            |options| options.bucket.clear(),
            |options| options.part_bytes = 1 << 20,
            |options| options.attempts = 0,
            |options| options.parallel = 0,
            |options| options.attempt_timeout = Duration::ZERO,
        ];
        for change in changes {
            let mut options = S3Options::new("bucket");
            change(&mut options);
            let refused = options.checked().unwrap_err();
            assert!(matches!(refused, OpenError::Options(_)), "{refused}");
        }
    }
}
