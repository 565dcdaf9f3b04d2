//! Objects in a bucket of S3 or of a server that speaks its protocol.
//!
//! Every object is written on the condition that its key is free (`If-None-Match: *`), which the
//! server decides, so that of several racing writers exactly one succeeds. Large objects travel as
//! parts, several at a time, in both directions. Every request has a time-out and is tried again,
//! and so is a download that breaks off.
//!
//! What is read is what was written: the SDK sends a CRC-32 with every upload, which the server
//! checks, and the CRC-32C of the whole object is kept in its metadata and checked when the whole
//! object is read, however many requests that took. A range is as good as the transport; blocks
//! within objects carry checksums of their own.
//!
//! A process that is killed during a large upload leaves parts behind. A rule of the bucket that
//! aborts incomplete uploads after a day removes them; nothing here can tell them from the parts of
//! a node that is still at work.

mod fault;
mod get;
mod list;
mod multipart;
mod open;
mod options;
mod put;
mod stamp;

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use self::fault::{Fault, FaultKind};
use super::{ObjectError, ObjectKey, ObjectMeta, ObjectStore, Put};

pub use self::open::OpenError;
pub use self::options::{AccessKey, S3Options};

/// The longest first pause before another attempt. Each further one is twice as long.
const BACKOFF: Duration = Duration::from_millis(100);

/// How many parts of an object travel at the same time.
const PARALLEL: usize = 8;

/// An object store in a bucket. Cheap to clone.
#[derive(Clone)]
pub struct S3(Arc<Shared>);

struct Shared {
    client: Client,
    options: S3Options,
    /// Uploads of large objects, and the removal of what is left of them.
    tasks: TaskTracker,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3")
    }
}

impl S3 {
    /// Waits until no upload is under way and nothing of one is left to be removed, or else parts
    /// may stay behind when the runtime ends. With the server away this takes minutes: bound it.
    pub async fn close(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    fn options(&self) -> &S3Options {
        &self.0.options
    }

    /// The name of an object in the bucket.
    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.options().prefix)
    }

    fn client(&self) -> &Client {
        &self.0.client
    }

    fn bucket(&self) -> &str {
        &self.options().bucket
    }

    /// A request with all that the SDK does to have it succeed, bounded in time.
    fn request<T, E>(
        &self,
        call: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> impl Future<Output = Result<T, Fault>>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        // The futures of the SDK are large.
        let bounded = timeout(self.options().operation_timeout, Box::pin(call));
        async {
            match bounded.await {
                Ok(answer) => answer.map_err(|error| Fault::of(&error, self.options())),
                Err(_) => Err(self.too_slow()),
            }
        }
    }

    async fn head(&self, name: &str) -> Result<HeadObjectOutput, Fault> {
        let head = self.client().head_object().bucket(self.bucket()).key(name);
        self.request(head.send()).await
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), Fault> {
        let delete = self.client().delete_object().bucket(self.bucket());
        let delete = delete.key(self.name(key.as_str())).send();
        self.request(delete).await.map(|_| ())
    }

    fn too_slow(&self) -> Fault {
        let seconds = self.options().operation_timeout.as_secs_f64();
        Fault::other(format!("no complete answer within {seconds} s"))
    }

    /// Waits before something is tried for another time: longer each time, and never as long as
    /// others wait.
    async fn back_off(&self, attempt: u32) {
        let longest = BACKOFF * (1 << attempt.min(6));
        sleep(longest.mul_f64(rand::random_range(0.5..1.0))).await;
    }

    async fn write_and_read(&self) -> Result<(), Fault> {
        let name = self.name(".health");
        let put = self.client().put_object().bucket(self.bucket()).key(&name);
        let body = ByteStream::from_static(b"health");
        self.request(put.body(body).send()).await?;
        let get = self.client().get_object().bucket(self.bucket()).key(name);
        let got = self.request(get.send()).await?;
        match timeout(self.options().attempt_timeout, got.body.collect()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Fault::broken_off(&error)),
            Err(_) => Err(self.too_slow()),
        }
    }
}

/// Carries out some of the futures at a time, in tasks, and returns their results in order. The first
/// one that fails ends them all.
async fn in_parallel<T, F>(futures: impl Iterator<Item = F>) -> Result<Vec<T>, Fault>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Fault>> + Send + 'static,
{
    let mut waiting = futures.enumerate();
    let (mut running, mut done) = (JoinSet::new(), Vec::new());
    loop {
        while running.len() < PARALLEL
            && let Some((index, future)) = waiting.next()
        {
            running.spawn(async move { (index, future.await) });
        }
        match running.join_next().await {
            Some(Ok((index, result))) => done.push((index, result?)),
            Some(Err(error)) => return Err(Fault::other(error.to_string())),
            None => break,
        }
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[async_trait]
impl ObjectStore for S3 {
    async fn put_if_absent(&self, key: &ObjectKey, bytes: Bytes) -> Result<Put, ObjectError> {
        let put = if bytes.len() > self.options().multipart_bytes {
            self.put_large(key, bytes).await
        } else {
            self.put_small(key, bytes).await
        };
        put.map_err(|fault| fault.on("put", key))
    }

    async fn get(&self, key: &ObjectKey) -> Result<Bytes, ObjectError> {
        let got = self.get_whole(key).await;
        got.map_err(|fault| fault.on("get", key))
    }

    async fn get_range(&self, key: &ObjectKey, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let got = self.get_part(key, range).await;
        got.map_err(|fault| fault.on("get a range", key))
    }

    async fn delete(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        match self.remove(key).await {
            Err(fault) if fault.kind != FaultKind::NoObject => Err(fault.on("delete", key)),
            _ => Ok(()),
        }
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectKey>,
        limit: usize,
    ) -> Result<Vec<ObjectMeta>, ObjectError> {
        self.list_keys(prefix, after, limit)
            .await
            .map_err(|fault| fault.unavailable(&format!("list {prefix}*")))
    }

    async fn health(&self) -> Result<(), String> {
        let seconds = self.options().attempt_timeout.as_secs_f64();
        match timeout(self.options().attempt_timeout, self.write_and_read()).await {
            Ok(answered) => answered.map_err(|fault| fault.text),
            Err(_) => Err(format!("no answer within {seconds} s")),
        }
    }
}
