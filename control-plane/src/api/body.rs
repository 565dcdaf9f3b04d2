//! Reading request bodies: within a limit, within a time, and with a word about what is wrong.

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use poem::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use poem::{Body, Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry};
use poem_openapi::types::{Binary, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use protocol::ErrorCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::json::JSON;
use super::scope::Scope;
use crate::domain::{App, BODY_UNIT_BYTES};
use crate::errors::Failure;

/// How much of a body that is too large is read and thrown away, and for how long: a client that
/// is still sending would otherwise lose the answer together with the connection.
const DRAIN_BYTES_MAX: usize = 16 << 20;
const DRAIN_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(5);

/// What an operation's body may be, for the document.
pub(super) trait BodyKind: Send + 'static {
    const MEDIA_TYPES: &'static [&'static str];
    const REQUIRED: bool = true;
}

/// A body that was not read yet.
pub(super) struct RawBody<K> {
    body: Body,
    /// From `Content-Length`.
    declared: Option<usize>,
    content_type: Option<String>,
    kind: PhantomData<K>,
}

/// A body in memory, with its part of the memory that bodies may take.
pub(super) struct Read {
    pub bytes: Bytes,
    _memory: Option<OwnedSemaphorePermit>,
}

impl<K> RawBody<K> {
    fn of(request: &Request, body: &mut RequestBody) -> Result<Self> {
        let text = |name| request.headers().get(name)?.to_str().ok();
        Ok(Self {
            declared: text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            content_type: text(CONTENT_TYPE).map(str::to_owned),
            body: body.take()?,
            kind: PhantomData,
        })
    }

    /// The media type without its parameters, in lower case.
    pub(super) fn media_type(&self) -> Option<String> {
        let text = self.content_type.as_deref()?;
        let essence = text.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    }

    /// Reads all of it; the code is for one of more bytes, and `what` is what they are.
    pub(super) async fn read(
        self,
        app: &App,
        bytes_max: usize,
        too_large: ErrorCode,
        what: &str,
    ) -> Result<Read, Failure> {
        let too_large = || Failure::new(too_large, format!("{what} has at most {bytes_max} bytes"));
        let mut stream = Box::pin(self.body.into_bytes_stream());
        let expected = self.declared.unwrap_or(bytes_max);
        if expected > bytes_max {
            drain(&mut stream).await;
            return Err(too_large());
        }
        let memory = reserve(app, expected).await?;
        let mut whole = BytesMut::new();
        let mut first: Option<Bytes> = None;
        loop {
            let next = tokio::time::timeout(app.options.stall_timeout, stream.next());
            let Ok(next) = next.await else {
                let message = "the body of the request did not arrive in time";
                return Err(Failure::new(ErrorCode::RequestTimeout, message));
            };
            let Some(chunk) = next else {
                break;
            };
            let chunk = chunk.map_err(|_| {
                Failure::invalid_request("the body of the request was cut off or is malformed")
            })?;
            let read = whole.len() + first.as_ref().map_or(0, Bytes::len);
            if read + chunk.len() > bytes_max {
                drop((whole, first));
                drain(&mut stream).await;
                return Err(too_large());
            }
            match first.take() {
                None if whole.is_empty() => first = Some(chunk),
                None => whole.extend_from_slice(&chunk),
                Some(earlier) => {
                    whole.reserve(expected.max(earlier.len() + chunk.len()));
                    whole.extend_from_slice(&earlier);
                    whole.extend_from_slice(&chunk);
                }
            }
        }
        // Most bodies come in one piece and are passed on as they are.
        let bytes = first.unwrap_or_else(|| whole.freeze());
        Ok(Read {
            bytes,
            _memory: memory,
        })
    }
}

/// Takes a part of the memory for bodies; small ones need none.
async fn reserve(app: &App, bytes: usize) -> Result<Option<OwnedSemaphorePermit>, Failure> {
    if bytes <= BODY_UNIT_BYTES {
        return Ok(None);
    }
    let units = bytes.div_ceil(BODY_UNIT_BYTES);
    let units = u32::try_from(units).unwrap_or(u32::MAX);
    let permit = Arc::clone(&app.limits.bodies).acquire_many_owned(units);
    match tokio::time::timeout(app.options.stall_timeout, permit).await {
        Ok(Ok(permit)) => Ok(Some(permit)),
        _ => Err(Failure::overloaded(
            "too many large requests at this moment; try again shortly",
        )),
    }
}

async fn drain<E>(stream: &mut (impl futures::Stream<Item = Result<Bytes, E>> + Unpin)) {
    let mut drained = 0;
    let reading = async {
        while let Some(Ok(chunk)) = stream.next().await {
            drained += chunk.len();
            if drained > DRAIN_BYTES_MAX {
                return;
            }
        }
    };
    // Whatever is left is the client's loss: it gets the answer or a closed connection.
    let _ = tokio::time::timeout(DRAIN_TIME_MAX, reading).await;
}

impl<'a, K: BodyKind> ApiExtractor<'a> for RawBody<K> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        let media_type = |content_type: &&'static str| MetaMediaType {
            content_type,
            schema: Binary::<Bytes>::schema_ref(),
        };
        Some(MetaRequest {
            description: None,
            content: K::MEDIA_TYPES.iter().map(media_type).collect(),
            required: K::REQUIRED,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        Self::of(request, body)
    }
}

/// A JSON body. Of an `Option`, an empty one will do too. Fields that are not in the document are
/// refused, unless the operation is [`LENIENT`](super::caller::LENIENT).
pub(super) struct JsonBody<T, const STRICT: bool = true>(pub T);

impl<'a, T, const STRICT: bool> ApiExtractor<'a> for JsonBody<T, STRICT>
where
    T: Type + DeserializeOwned + Send,
{
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: JSON,
                schema: T::schema_ref(),
            }],
            required: T::IS_REQUIRED,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let raw = RawBody::<()>::of(request, body)?;
        check_json(raw.media_type().as_deref())?;
        let app = &Scope::of(request)?.app;
        let bytes_max = app.options.json_bytes_max;
        let what = "the body of this request";
        let read = raw.read(app, bytes_max, ErrorCode::BodyTooLarge, what);
        let read = read.await?;
        if read.bytes.is_empty() && !T::IS_REQUIRED {
            return Ok(Self(parse(b"null")?));
        }
        let body = parse(&read.bytes)?;
        if STRICT {
            check_fields::<T>(&read.bytes)?;
        }
        Ok(Self(body))
    }
}

/// JSON is taken as such, without a type, and as `application/x-www-form-urlencoded`, because that
/// is what `curl -d` calls everything.
fn check_json(media_type: Option<&str>) -> Result<(), Failure> {
    let sound = media_type.is_none_or(|text| {
        text == "application/json"
            || text.ends_with("+json")
            || text == "application/x-www-form-urlencoded"
    });
    if sound {
        return Ok(());
    }
    Err(Failure::new(
        ErrorCode::UnsupportedMediaType,
        "this operation takes application/json",
    ))
}

/// Parses JSON; the message names the field and the place, and no type of ours.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    // serde would take an array for an object, element by element.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Failure::invalid_request(
            "the body is an array; this operation takes a JSON object",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed: Result<T, _> = serde_path_to_error::deserialize(&mut deserializer);
    let message = match parsed {
        Ok(value) => match deserializer.end() {
            Ok(()) => return Ok(value),
            Err(error) => format!("the body is not one JSON text: {error}"),
        },
        Err(error) => {
            let path = error.path().to_string();
            let inner = error.into_inner();
            match path.as_str() {
                "." => format!("the body can't be read: {inner}"),
                _ => format!("the field `{path}` can't be read: {inner}"),
            }
        }
    };
    Err(Failure::invalid_request(message))
}

/// Refuses fields that the document does not list.
fn check_fields<T: Type>(bytes: &[u8]) -> Result<(), Failure> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let body: Value = parse(bytes)?;
    match unknown_field(&body, &T::schema_ref(), &registry) {
        None => Ok(()),
        Some(name) => Err(Failure::invalid_request(format!(
            "the body has a field `{name}` that this operation does not take"
        ))),
    }
}

fn unknown_field(value: &Value, schema: &MetaSchemaRef, registry: &Registry) -> Option<String> {
    let schema = match schema {
        MetaSchemaRef::Inline(schema) => &**schema,
        MetaSchemaRef::Reference(name) => registry.schemas.get(name)?,
    };
    // A field with a description refers to its type in this way.
    if let Some(referred) = schema.all_of.first() {
        return unknown_field(value, referred, registry);
    }
    match (value, &schema.items) {
        (Value::Array(items), Some(schema)) => items
            .iter()
            .find_map(|item| unknown_field(item, schema, registry)),
        // A type without properties is not an object, or one of any fields.
        (Value::Object(fields), _) if !schema.properties.is_empty() => {
            fields.iter().find_map(|(name, value)| {
                let known = schema.properties.iter().find(|(known, _)| known == name);
                match known {
                    None => Some(name.clone()),
                    Some((_, schema)) => unknown_field(value, schema, registry)
                        .map(|inner| format!("{name}.{inner}")),
                }
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::Object;

    use super::*;

    #[derive(Object)]
    struct Inner {
        known: Option<u32>,
    }

    #[derive(Object)]
    struct Outer {
        name: String,
        /// Described, so that the schema is more than a reference.
        inner: Option<Inner>,
        list: Vec<Inner>,
    }

    #[test]
    fn a_field_that_is_not_in_the_document_is_refused_at_any_depth() {
        let refused = |body: &str| {
            let checked = check_fields::<Outer>(body.as_bytes());
            checked.err().map(|failure| failure.message.into_owned())
        };
        let all = r#"{"name": "a", "inner": {"known": 1}, "list": [{"known": null}]}"#;
        assert_eq!(refused(all), None);
        for (body, field) in [
            (r#"{"name": "a", "nope": 1}"#, "nope"),
            (r#"{"inner": {"known": 1, "nope": {}}}"#, "inner.nope"),
            (r#"{"list": [{}, {"nope": 1}]}"#, "list.nope"),
        ] {
            assert!(refused(body).unwrap().contains(&format!("`{field}`")));
        }
    }
}
