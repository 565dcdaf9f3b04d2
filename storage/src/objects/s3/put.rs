//! Uploads that fit into one request, and what is common to all.

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use super::stamp::Stamp;
use super::{Fault, FaultKind, S3};
use crate::objects::{ObjectKey, Put};

/// Whose object is at a key that was found taken.
pub(super) enum Owner {
    /// It was this write that made it: the answer to an earlier attempt was lost.
    This,
    Another,
    /// It was removed in the meantime.
    Gone,
}

impl S3 {
    pub(super) async fn put_small(&self, key: &ObjectKey, bytes: Bytes) -> Result<Put, Fault> {
        let stamp = Stamp::new(&bytes).await;
        let name = self.name(key.as_str());
        for attempt in 0..self.options().attempts {
            let fault = match self.put_once(&name, bytes.clone(), &stamp).await {
                Ok(()) => return Ok(Put::Created),
                Err(fault) => fault,
            };
            match fault.kind {
                FaultKind::Exists => match self.owner(&name, &stamp).await? {
                    Owner::This => return Ok(Put::Created),
                    Owner::Another => return Ok(Put::Existed),
                    Owner::Gone => {}
                },
                // The other write may fail yet; only another attempt tells.
                FaultKind::Conflict => {}
                _ => return Err(fault),
            }
            self.back_off(attempt).await;
        }
        Err(self.contended())
    }

    pub(super) async fn put_once(
        &self,
        name: &str,
        bytes: Bytes,
        stamp: &Stamp,
    ) -> Result<(), Fault> {
        let put = self.client().put_object().bucket(self.bucket()).key(name);
        let put = put.if_none_match("*").body(ByteStream::from(bytes));
        let put = put.set_metadata(Some(stamp.metadata()));
        self.request(put.send()).await.map(|_| ())
    }

    pub(super) async fn owner(&self, name: &str, stamp: &Stamp) -> Result<Owner, Fault> {
        match self.head(name).await {
            Ok(head) if stamp.made(head.metadata()) => Ok(Owner::This),
            Ok(_) => Ok(Owner::Another),
            Err(fault) if fault.kind == FaultKind::NoObject => Ok(Owner::Gone),
            Err(fault) => Err(fault),
        }
    }

    pub(super) fn contended(&self) -> Fault {
        Fault::other(format!(
            "others wrote and removed it at the same time, {} times in a row",
            self.options().attempts
        ))
    }
}
