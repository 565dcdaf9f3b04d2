//! The check at the start: whether the bucket is there, permits what is needed, and keeps the
//! promise that everything relies on.
//!
//! Some servers accept `If-None-Match` and ignore it. On such a one a slow writer would replace
//! what others have read already, unnoticed, so it is tried out and refused.

use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, Credentials, ProvideCredentials as _, Region, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use bytes::Bytes;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::fault::chain;
use super::stamp::Stamp;
use super::{BACKOFF, Fault, FaultKind, S3, S3Options, Shared};
use crate::objects::{ObjectKey, is_segment};

/// What S3 demands of every part but the last.
const PART_BYTES_MIN: usize = 5 << 20;
/// What servers that are not Amazon's don't care about, but a signature needs.
const REGION_OF_ENDPOINTS: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why a bucket can't serve as the object store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the options of the S3 store make no sense: {0}")]
    Options(String),
    #[error("no region is set for the S3 bucket {0}: name it in the options or in AWS_REGION")]
    NoRegion(String),
    #[error(
        "no credentials for S3 were found in the environment, a profile, a web identity or the \
         machine's role: {0}"
    )]
    NoCredentials(String),
    #[error("the S3 bucket {bucket} does not exist at {endpoint}: create it, or name another")]
    NoBucket { bucket: String, endpoint: String },
    #[error("the S3 bucket {bucket} is not open to these credentials: can't {operation}: {reason}")]
    Denied {
        bucket: String,
        operation: &'static str,
        reason: String,
    },
    #[error("the region of the S3 bucket is wrong: {0}")]
    OtherRegion(String),
    #[error(
        "the S3 server at {endpoint} ignores `If-None-Match` when it is to {operation}, so that \
         objects could be overwritten: use a server or a version that supports conditional writes"
    )]
    ConditionsIgnored {
        endpoint: String,
        operation: &'static str,
    },
    #[error("the S3 bucket {bucket} at {endpoint} can't be used: can't {operation}: {reason}")]
    Failed {
        bucket: String,
        endpoint: String,
        operation: &'static str,
        reason: String,
    },
}

impl S3 {
    /// Connects to a bucket and tries out what is needed of it, with objects that are removed again.
    pub async fn open(options: S3Options) -> Result<Self, OpenError> {
        let options = options.checked()?;
        let client = options.client().await?;
        let store = Self(Arc::new(Shared {
            client,
            options,
            tasks: TaskTracker::new(),
        }));
        store.probe().await?;
        Ok(store)
    }

    async fn probe(&self) -> Result<(), OpenError> {
        let listed = self.list_keys("", None, 1).await;
        listed.map_err(|fault| self.refusal("list objects", fault))?;
        let name: u128 = rand::random();
        // No name of an object begins with a dot.
        let probe = ObjectKey(format!(".probe/{name:032x}"));
        let tried = self.try_out(&probe).await;
        let deleted = self.remove(&probe).await;
        tried?;
        deleted.map_err(|fault| self.refusal("delete objects", fault))
    }

    async fn try_out(&self, probe: &ObjectKey) -> Result<(), OpenError> {
        let bytes = Bytes::from_static(b"probe");
        let stamp = Stamp::new(&bytes).await;
        let name = self.name(probe.as_str());
        match self.put_once(&name, bytes.clone(), &stamp).await {
            // An attempt whose answer was lost has put it.
            Err(fault) if fault.kind != FaultKind::Exists => {
                return Err(self.refusal("put objects with `If-None-Match`", fault));
            }
            _ => {}
        }
        let again = self.put_once(&name, bytes.clone(), &stamp).await;
        self.expect_refused("put an object", again)?;
        let got = self.get_whole(probe).await;
        let got = got.map_err(|fault| self.refusal("get objects", fault))?;
        if got != bytes {
            let fault = Fault::other("an object came back with other bytes");
            return Err(self.refusal("get objects", fault));
        }
        let upload = self.begin(&name, &stamp).await;
        let upload = upload.map_err(|fault| self.refusal("put objects in parts", fault))?;
        let again = self.send_and_complete(&upload, &bytes).await;
        let aborted = self.abort(&upload).await;
        self.expect_refused("put an object in parts", again)?;
        aborted
            .map(|_| ())
            .map_err(|fault| self.refusal("abort uploads and list their parts", fault))
    }

    /// A write of a key that is taken must have failed.
    fn expect_refused(
        &self,
        operation: &'static str,
        written: Result<(), Fault>,
    ) -> Result<(), OpenError> {
        match written {
            Err(fault) if fault.kind == FaultKind::Exists => Ok(()),
            Err(fault) => Err(self.refusal(operation, fault)),
            Ok(()) => Err(OpenError::ConditionsIgnored {
                endpoint: self.endpoint(),
                operation,
            }),
        }
    }

    fn endpoint(&self) -> String {
        let region = self.client().config().region();
        match (&self.options().endpoint, region) {
            (Some(endpoint), _) => endpoint.clone(),
            (None, Some(region)) => format!("Amazon S3 in {region}"),
            (None, None) => "Amazon S3".to_owned(),
        }
    }

    fn refusal(&self, operation: &'static str, fault: Fault) -> OpenError {
        let (bucket, endpoint) = (self.options().bucket.clone(), self.endpoint());
        let reason = fault.text;
        match fault.kind {
            FaultKind::NoBucket => OpenError::NoBucket { bucket, endpoint },
            FaultKind::OtherRegion => OpenError::OtherRegion(reason),
            FaultKind::Denied => OpenError::Denied {
                bucket,
                operation,
                reason,
            },
            _ => OpenError::Failed {
                bucket,
                endpoint,
                operation,
                reason,
            },
        }
    }
}

impl S3Options {
    /// The options with the prefix as it stands before keys.
    fn checked(mut self) -> Result<Self, OpenError> {
        let wrong = |text: &str| Err(OpenError::Options(text.to_owned()));
        if self.bucket.is_empty() {
            return wrong("no bucket is named");
        }
        let path = self.prefix.trim_end_matches('/').to_owned();
        if !path.is_empty() && !path.split('/').all(is_segment) {
            return wrong("the prefix must be a path of a-z 0-9 . _ -, such as production/events");
        }
        let slash = if path.is_empty() { "" } else { "/" };
        self.prefix = path + slash;
        if self.part_bytes < PART_BYTES_MIN {
            return wrong("a part must have at least 5 MiB");
        }
        if self.attempts == 0 {
            return wrong("there must be at least one attempt");
        }
        if self.attempt_timeout.is_zero() || self.operation_timeout.is_zero() {
            return wrong("no time-out can be zero");
        }
        Ok(self)
    }

    /// A client of the bucket. Says at once when there are no credentials or no region, which the
    /// SDK would not before the first request.
    async fn client(&self) -> Result<Client, OpenError> {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
        let endpoint_region = self.endpoint.as_ref().map(|_| REGION_OF_ENDPOINTS);
        if let Some(region) = self.region.as_deref().or(endpoint_region) {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(key) = &self.access_key {
            let given = Credentials::new(&key.id, &key.secret, None, None, "given");
            loader = loader.credentials_provider(given);
        }
        let shared = Box::pin(loader.load()).await;
        if shared.region().is_none() {
            return Err(OpenError::NoRegion(self.bucket.clone()));
        }
        let none = |reason: &str| OpenError::NoCredentials(reason.to_owned());
        let provider = shared.credentials_provider().ok_or_else(|| none("none"))?;
        let credentials = timeout(self.operation_timeout, provider.provide_credentials());
        let credentials = credentials.await.map_err(|_| none("no answer in time"))?;
        credentials.map_err(|error| none(&chain(&error)))?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(self.attempt_timeout);
        let retries = RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(BACKOFF);
        let mut builder = Builder::from(&shared)
            .force_path_style(self.path_style)
            .timeout_config(timeouts.build())
            .retry_config(retries)
            // Time-outs bound every transfer here already.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // Some servers answer a range with the checksum of the whole object.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Client::from_conf(builder.build()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let changes: [Change; 4] = [
            |options| options.bucket.clear(),
            |options| options.part_bytes = 1 << 20,
            |options| options.attempts = 0,
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
