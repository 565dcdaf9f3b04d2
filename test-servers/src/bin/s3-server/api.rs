//! The operations of S3, on [`Objects`] and [`Uploads`].

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::*;
use s3s::{Body, S3, S3Request, S3Response, S3Result, TrailingHeaders, s3_error};

use crate::object_file::{Head, Written};
use crate::objects::{Objects, internal};
use crate::uploads::{About, Uploads, hex};

/// How many keys are listed at once.
const PAGE_MAX: i32 = 1_000;

pub(crate) struct Api {
    pub(crate) objects: Objects,
    pub(crate) uploads: Uploads,
}

/// What a client says about the bytes that it sends.
#[derive(Default)]
struct Claims {
    md5: Option<String>,
    crc32: Option<String>,
    crc32c: Option<String>,
    sha256: Option<String>,
}

impl Claims {
    /// Checksums may follow the bytes.
    fn with_trailers(mut self, trailers: Option<&TrailingHeaders>) -> Self {
        let trailer = |name: &str| {
            trailers?.read(|headers| headers.get(name)?.to_str().ok().map(str::to_owned))?
        };
        self.crc32 = self.crc32.or_else(|| trailer("x-amz-checksum-crc32"));
        self.crc32c = self.crc32c.or_else(|| trailer("x-amz-checksum-crc32c"));
        self.sha256 = self.sha256.or_else(|| trailer("x-amz-checksum-sha256"));
        self
    }

    /// The tag and the CRC-32 of the bytes, if everything that is claimed of them is true.
    fn check(&self, bytes: &[u8], metadata: HashMap<String, String>) -> S3Result<Head> {
        let mut hasher = ChecksumHasher {
            crc32: Some(Default::default()),
            crc32c: self.crc32c.is_some().then(Default::default),
            sha256: self.sha256.is_some().then(Default::default),
            ..ChecksumHasher::default()
        };
        hasher.update(bytes);
        let found = hasher.finalize();
        let md5 = Md5::checksum(bytes);
        let holds = |claim: &Option<String>, found: &Option<String>| {
            claim.is_none() || claim.as_ref() == found.as_ref()
        };
        if !holds(&self.crc32, &found.checksum_crc32)
            || !holds(&self.crc32c, &found.checksum_crc32c)
            || !holds(&self.sha256, &found.checksum_sha256)
            || !holds(&self.md5, &Some(base64(md5.as_ref())))
        {
            return Err(s3_error!(BadDigest, "The bytes do not have the checksum."));
        }
        Ok(Head {
            e_tag: hex(md5.as_ref()),
            crc32: found.checksum_crc32,
            metadata,
        })
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

impl Api {
    /// Writes the bytes of a body to a file that has no name yet, if the claims about them are true.
    async fn receive(
        &self,
        body: Option<StreamingBlob>,
        claims: Claims,
        trailers: Option<TrailingHeaders>,
        metadata: Option<HashMap<String, String>>,
    ) -> S3Result<(Written, Head)> {
        let mut bytes = BytesMut::new();
        if let Some(mut body) = body {
            let broken =
                |error| s3_error!(IncompleteBody, "The body is not what was signed: {error}");
            while let Some(piece) = body.try_next().await.map_err(broken)? {
                bytes.extend_from_slice(&piece);
            }
        }
        let claims = claims.with_trailers(trailers.as_ref());
        let head = claims.check(&bytes, metadata.unwrap_or_default())?;
        let written = Written::new(&self.uploads.incoming, &[&bytes], &head).map_err(internal)?;
        Ok((written, head))
    }
}

/// Whether a put is on the condition that the key is free. No other condition is known.
fn only_new(
    if_none_match: Option<&ETagCondition>,
    if_match: Option<&ETagCondition>,
) -> S3Result<bool> {
    match (if_none_match, if_match) {
        (None, None) => Ok(false),
        (Some(condition), None) if condition.is_any() => Ok(true),
        _ => Err(s3_error!(NotImplemented)),
    }
}

fn length(bytes: u64) -> S3Result<Option<i64>> {
    i64::try_from(bytes).map(Some).map_err(internal)
}

#[async_trait::async_trait]
impl S3 for Api {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let only_new = only_new(input.if_none_match.as_ref(), input.if_match.as_ref())?;
        self.objects.check_bucket(&input.bucket)?;
        let claims = Claims {
            md5: input.content_md5,
            crc32: input.checksum_crc32,
            crc32c: input.checksum_crc32c,
            sha256: input.checksum_sha256,
        };
        let (trailers, metadata) = (request.trailing_headers, input.metadata);
        let (written, head) = self.receive(input.body, claims, trailers, metadata).await?;
        self.objects
            .put(&input.bucket, &input.key, written, only_new)?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(head.e_tag)),
            checksum_crc32: head.crc32,
            ..PutObjectOutput::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let mut stored = self.objects.get(&input.bucket, &input.key)?;
        let range = match input.range {
            Some(range) => range.check(stored.bytes)?,
            None => 0..stored.bytes,
        };
        let is_whole = range == (0..stored.bytes);
        let content_range = input
            .range
            .map(|_| format!("bytes {}-{}/{}", range.start, range.end - 1, stored.bytes));
        let bytes = Bytes::from(stored.read(range).map_err(internal)?);
        let output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: length(bytes.len() as u64)?,
            content_range,
            checksum_crc32: stored.head.crc32.filter(|_| is_whole),
            e_tag: Some(ETag::Strong(stored.head.e_tag)),
            last_modified: Some(stored.modified.into()),
            metadata: Some(stored.head.metadata),
            body: Some(Body::from(bytes).into()),
            ..GetObjectOutput::default()
        };
        Ok(S3Response::new(output))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let stored = self.objects.get(&input.bucket, &input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: length(stored.bytes)?,
            checksum_crc32: stored.head.crc32,
            e_tag: Some(ETag::Strong(stored.head.e_tag)),
            last_modified: Some(stored.modified.into()),
            metadata: Some(stored.head.metadata),
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.objects
            .delete(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented));
        }
        let max_keys = input.max_keys.unwrap_or(PAGE_MAX).clamp(0, PAGE_MAX);
        // The token is the last key of the page before.
        let after = input
            .continuation_token
            .as_ref()
            .or(input.start_after.as_ref());
        let (found, is_truncated) = self.objects.list(
            &input.bucket,
            input.prefix.as_deref().unwrap_or_default(),
            after.map(String::as_str).unwrap_or_default(),
            usize::try_from(max_keys).map_err(internal)?,
        )?;
        let last = found.last().map(|(key, _)| key.clone());
        let contents = found.into_iter().map(|(key, listed)| {
            Ok(Object {
                key: Some(key),
                size: length(listed.bytes)?,
                last_modified: Some(listed.modified.into()),
                ..Object::default()
            })
        });
        let contents = contents.collect::<S3Result<Vec<_>>>()?;
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: i32::try_from(contents.len()).ok(),
            max_keys: Some(max_keys),
            is_truncated: Some(is_truncated),
            next_continuation_token: last.filter(|_| is_truncated),
            continuation_token: input.continuation_token,
            contents: Some(contents),
            name: Some(input.bucket),
            prefix: input.prefix,
            start_after: input.start_after,
            ..ListObjectsV2Output::default()
        }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        self.objects.check_bucket(&input.bucket)?;
        let about = About {
            bucket: input.bucket,
            key: input.key,
            metadata: input.metadata.unwrap_or_default(),
        };
        let upload_id = self.uploads.begin(&about)?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(about.bucket),
            key: Some(about.key),
            upload_id: Some(upload_id),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        if !(1..=10_000).contains(&input.part_number) {
            return Err(s3_error!(InvalidArgument));
        }
        let claims = Claims {
            md5: input.content_md5,
            crc32: input.checksum_crc32,
            crc32c: input.checksum_crc32c,
            sha256: input.checksum_sha256,
        };
        let trailers = request.trailing_headers;
        let (part, head) = self.receive(input.body, claims, trailers, None).await?;
        let upload = (&*input.upload_id, &*input.bucket, &*input.key);
        self.uploads.put_part(upload, input.part_number, part)?;
        Ok(S3Response::new(UploadPartOutput {
            e_tag: Some(ETag::Strong(head.e_tag)),
            checksum_crc32: head.crc32,
            ..UploadPartOutput::default()
        }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let only_new = only_new(input.if_none_match.as_ref(), input.if_match.as_ref())?;
        if only_new {
            self.objects.check_free(&input.bucket, &input.key)?;
        }
        let parts = input.multipart_upload.and_then(|upload| upload.parts);
        let parts = parts.unwrap_or_default().into_iter().map(|part| {
            let number = part.part_number.ok_or_else(|| s3_error!(InvalidPart))?;
            Ok((number, part.e_tag.map(ETag::into_value)))
        });
        let parts = parts.collect::<S3Result<Vec<_>>>()?;
        let upload = (&*input.upload_id, &*input.bucket, &*input.key);
        let (written, head) = self.uploads.join(upload, &parts)?;
        self.objects
            .put(&input.bucket, &input.key, written, only_new)?;
        self.uploads
            .end(&input.upload_id, &input.bucket, &input.key)?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(head.e_tag)),
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.uploads
            .end(&input.upload_id, &input.bucket, &input.key)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let parts = self
            .uploads
            .parts(&input.upload_id, &input.bucket, &input.key)?;
        let parts = parts.into_iter().map(|(number, bytes)| {
            Ok(Part {
                part_number: Some(number),
                size: length(bytes)?,
                ..Part::default()
            })
        });
        Ok(S3Response::new(ListPartsOutput {
            parts: Some(parts.collect::<S3Result<_>>()?),
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            is_truncated: Some(false),
            ..ListPartsOutput::default()
        }))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let bucket = request.input.bucket;
        self.objects.check_bucket(&bucket)?;
        let uploads = self.uploads.list(&bucket)?.into_iter();
        let uploads = uploads.map(|(id, key)| MultipartUpload {
            upload_id: Some(id),
            key: Some(key),
            ..MultipartUpload::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            uploads: Some(uploads.collect()),
            bucket: Some(bucket),
            is_truncated: Some(false),
            ..ListMultipartUploadsOutput::default()
        }))
    }
}
