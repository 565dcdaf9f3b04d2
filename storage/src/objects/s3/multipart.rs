//! Uploads in parts.
//!
//! An upload runs in a task of its own, so that a caller who gives up leaves no parts behind: the
//! task goes on to its end, or fails and removes them. The bytes are shared by all parts and copied
//! by none.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::put::Owner;
use super::stamp::Stamp;
use super::{Fault, FaultKind, S3, in_parallel};
use crate::objects::{ObjectKey, Put};

/// How many parts S3 allows.
const PARTS_MAX: usize = 10_000;
/// How often the parts of an upload that failed are removed before that is left to the bucket's
/// own rules. With the pauses between, the server may be away for minutes.
const REMOVALS_MAX: u32 = 50;

/// An upload that was begun.
#[derive(Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) id: String,
}

impl S3 {
    pub(super) async fn put_large(&self, key: &ObjectKey, bytes: Bytes) -> Result<Put, Fault> {
        let (store, name) = (self.clone(), self.name(key.as_str()));
        let upload = async move { store.upload(&name, &bytes).await };
        let ended = self.0.tasks.spawn(upload).await;
        ended.unwrap_or_else(|error| Err(Fault::other(error.to_string())))
    }

    async fn upload(&self, name: &str, bytes: &Bytes) -> Result<Put, Fault> {
        let stamp = Stamp::new(bytes).await;
        for attempt in 0..self.options().attempts {
            // Sending it all only to hear that it is there already would be a waste.
            if let Owner::Another = self.owner(name, &stamp).await? {
                return Ok(Put::Existed);
            }
            let upload = self.begin(name, &stamp).await?;
            let fault = match self.send_and_complete(&upload, bytes).await {
                Ok(()) => return Ok(Put::Created),
                Err(fault) => fault,
            };
            let removal = self.remove_parts(upload);
            match fault.kind {
                // An upload that is gone may have been completed by an attempt whose answer was lost.
                FaultKind::Exists | FaultKind::NoUpload => {
                    match self.owner(name, &stamp).await? {
                        Owner::This => return Ok(Put::Created),
                        Owner::Another => {
                            // The server answers, so this rarely takes long.
                            let _ = timeout(self.options().operation_timeout, removal).await;
                            return Ok(Put::Existed);
                        }
                        Owner::Gone => {}
                    }
                }
                // S3 wants an upload that met another one to begin again.
                FaultKind::Conflict => {}
                _ => return Err(fault),
            }
            self.back_off(attempt).await;
        }
        Err(self.contended())
    }

    pub(super) async fn begin(&self, name: &str, stamp: &Stamp) -> Result<Upload, Fault> {
        let create = self.client().create_multipart_upload();
        let create = create.bucket(self.bucket()).key(name);
        let create = create.checksum_algorithm(ChecksumAlgorithm::Crc32);
        let create = create.set_metadata(Some(stamp.metadata()));
        let created = self.request(create.send()).await?;
        let no_id = || Fault::other("the server began an upload without an id");
        Ok(Upload {
            name: name.to_owned(),
            id: created.upload_id.ok_or_else(no_id)?,
        })
    }

    pub(super) async fn send_and_complete(
        &self,
        upload: &Upload,
        bytes: &Bytes,
    ) -> Result<(), Fault> {
        let parts = self.send_parts(upload, bytes).await?;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let complete = self.client().complete_multipart_upload();
        let complete = complete.bucket(self.bucket()).key(&upload.name);
        let complete = complete.upload_id(&upload.id).if_none_match("*");
        let complete = complete.multipart_upload(parts.build());
        self.request(complete.send()).await.map(|_| ())
    }

    async fn send_parts(
        &self,
        upload: &Upload,
        bytes: &Bytes,
    ) -> Result<Vec<CompletedPart>, Fault> {
        let part_bytes = part_bytes(bytes.len(), self.options().part_bytes);
        let starts = (1..).zip((0..bytes.len()).step_by(part_bytes));
        let sending = starts.map(|(number, start)| {
            let part = bytes.slice(start..bytes.len().min(start + part_bytes));
            let (store, upload) = (self.clone(), upload.clone());
            async move { store.send_part(&upload, number, part).await }
        });
        in_parallel(sending).await
    }

    async fn send_part(
        &self,
        upload: &Upload,
        number: i32,
        part: Bytes,
    ) -> Result<CompletedPart, Fault> {
        let send = self.client().upload_part().bucket(self.bucket());
        let send = send.key(&upload.name).upload_id(&upload.id);
        let send = send.checksum_algorithm(ChecksumAlgorithm::Crc32);
        let send = send.part_number(number).body(ByteStream::from(part));
        let sent = self.request(send.send()).await?;
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .build())
    }

    /// Removes the parts of an upload that failed, in the background, for as long as it takes.
    fn remove_parts(&self, upload: Upload) -> JoinHandle<()> {
        let store = self.clone();
        self.0.tasks.spawn(async move {
            let mut reason = String::new();
            for attempt in 0..REMOVALS_MAX {
                match store.abort(&upload).await {
                    Ok(true) => return,
                    Ok(false) => reason = "parts keep arriving".to_owned(),
                    Err(fault) => reason = fault.text,
                }
                store.back_off(attempt).await;
            }
            tracing::warn!(
                object = upload.name,
                upload = upload.id,
                reason,
                "the parts of a failed upload are left in the bucket; a lifecycle rule that aborts \
                 incomplete uploads removes them"
            );
        })
    }

    /// Whether nothing of an upload is left. A part that was under way may still arrive after the
    /// upload was aborted, which S3 shows by listing it.
    pub(super) async fn abort(&self, upload: &Upload) -> Result<bool, Fault> {
        let gone = |fault: Fault| match fault.kind {
            FaultKind::NoUpload => Ok(true),
            _ => Err(fault),
        };
        let abort = self.client().abort_multipart_upload();
        let abort = abort.bucket(self.bucket()).key(&upload.name);
        let abort = abort.upload_id(&upload.id).send();
        if let Err(fault) = self.request(abort).await {
            return gone(fault);
        }
        let list = self.client().list_parts().bucket(self.bucket());
        let list = list.key(&upload.name).upload_id(&upload.id).send();
        match self.request(list).await {
            Ok(listed) => Ok(listed.parts().is_empty()),
            Err(fault) => gone(fault),
        }
    }
}

/// The size of parts, of which there may be no more than S3 allows.
fn part_bytes(object_bytes: usize, part_bytes: usize) -> usize {
    part_bytes.max(object_bytes.div_ceil(PARTS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_never_has_too_many_parts() {
        const PART: usize = 8 << 20;
        assert_eq!(part_bytes(1 << 30, PART), PART);
        assert_eq!(part_bytes(PART * PARTS_MAX, PART), PART);
        assert_eq!(part_bytes(PART * PARTS_MAX + 1, PART), PART + 1);
    }
}
