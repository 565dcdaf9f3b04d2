//! The check at the start: whether the bucket is there, permits what is needed, and keeps the
//! promise that everything relies on.
//!
//! Some servers accept `If-None-Match` and ignore it. On such a one a slow writer would replace
//! what others have read already, and nobody would notice, so it is tried out and refused.

use std::sync::Arc;

use bytes::Bytes;
use tokio_util::task::TaskTracker;

use super::stamp::Stamp;
use super::{Fault, FaultKind, S3, S3Options, Shared};
use crate::objects::ObjectKey;

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
    ///
    /// # Errors
    /// When something is missing; the text says what.
    pub async fn open(options: S3Options) -> Result<Self, OpenError> {
        let options = options.checked()?;
        let client = Box::pin(options.client()).await?;
        let store = Self {
            shared: Arc::new(Shared {
                client,
                options,
                tasks: TaskTracker::new(),
            }),
        };
        Box::pin(store.probe()).await?;
        Ok(store)
    }

    async fn probe(&self) -> Result<(), OpenError> {
        let listed = self.list_keys("", None, 1).await;
        listed.map_err(|fault| self.refusal("list objects", fault))?;
        let name: u128 = rand::random();
        // No name of an object begins with a dot.
        let probe = ObjectKey(format!(".probe/{name:032x}"));
        let tried = Box::pin(self.try_out(&probe)).await;
        let delete = self.shared.client.delete_object();
        let delete = delete.bucket(&self.options().bucket);
        let delete = delete.key(self.name(probe.as_str())).send();
        let deleted = self.request(Box::pin(delete)).await;
        tried?;
        deleted
            .map(|_| ())
            .map_err(|fault| self.refusal("delete objects", fault))
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
        let again = Box::pin(self.send_and_complete(&upload, &bytes)).await;
        let aborted = Box::pin(self.abort(&upload)).await;
        self.expect_refused("put an object in parts", again)?;
        aborted
            .map(|_| ())
            .map_err(|fault| self.refusal("abort uploads and list their parts", fault))
    }

    /// A write of a key that is taken must have failed.
    fn expect_refused(
        &self,
        operation: &'static str,
        outcome: Result<(), Fault>,
    ) -> Result<(), OpenError> {
        match outcome {
            Err(fault) if fault.kind == FaultKind::Exists => Ok(()),
            Err(fault) => Err(self.refusal(operation, fault)),
            Ok(()) => Err(OpenError::ConditionsIgnored {
                endpoint: self.endpoint(),
                operation,
            }),
        }
    }

    fn endpoint(&self) -> String {
        let region = self.shared.client.config().region();
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
