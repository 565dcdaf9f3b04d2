//! What is sent: calls and replies, as MessagePack with names, so that nodes of different
//! releases understand each other.
//!
//! An answer may be larger than a message may be, so a reply travels in parts.

use std::sync::Arc;

use async_nats::{HeaderMap, Message};
use bytes::{Bytes, BytesMut};
use protocol::view::{ComponentError, ComponentReport, VersionSpec};
use protocol::{ComponentDigest, TenantId, VersionId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bus::{BuildOutcome, QueryAnswer, QueryError, QueryRequest, VersionStatus};

/// Bytes of one part of a reply.
const PART_BYTES_MAX: usize = 1 << 20;
/// Parts of one reply; more than the largest answer needs.
const PARTS_MAX: usize = 1_024;
/// How many parts a reply has.
const PARTS: &str = "Primatomic-Parts";

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Call {
    Prepare {
        tenant: TenantId,
        component: ComponentDigest,
    },
    Build {
        version: Arc<VersionSpec>,
    },
    Query(QueryRequest),
    Status {
        version: Arc<VersionSpec>,
    },
    /// Load a version ahead of its queries, because its worker stops.
    Warm {
        version: Arc<VersionSpec>,
    },
    Health,
    /// Whether the worker is there; any reply says that it is.
    Ping,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Prepared(Result<ComponentReport, ComponentError>),
    Built(Result<BuildOutcome, QueryError>),
    Answered(Result<QueryAnswer, QueryError>),
    Status(VersionStatus),
    Warmed(Result<(), QueryError>),
    Health(Result<(), String>),
    /// The call was not understood or not taken on; another worker may do it.
    Declined(String),
}

impl Reply {
    /// The reply, or why another worker should be asked: one that is stopping, or lacks something,
    /// says nothing about the others.
    pub(super) fn or_elsewhere(self) -> Result<Self, String> {
        match self {
            Self::Declined(reason)
            | Self::Prepared(Err(ComponentError::Unavailable(reason)))
            | Self::Built(Err(QueryError::Unavailable(reason)))
            | Self::Warmed(Err(QueryError::Unavailable(reason)))
            | Self::Answered(Err(QueryError::Unavailable(reason))) => Err(reason),
            reply => Ok(reply),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Forget {
    pub(super) versions: Vec<VersionId>,
}

/// Serializing these types can't fail but for a lack of memory.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, String> {
    rmp_serde::to_vec_named(value)
        .map(Bytes::from)
        .map_err(|error| error.to_string())
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    rmp_serde::from_slice(bytes).map_err(|error| error.to_string())
}

/// The messages that carry a reply.
pub(super) fn parts(mut bytes: Bytes) -> impl Iterator<Item = (HeaderMap, Bytes)> {
    let count = bytes.len().div_ceil(PART_BYTES_MAX).max(1);
    (0..count).map(move |_| {
        let mut headers = HeaderMap::new();
        headers.insert(PARTS, count.to_string());
        let part = bytes.split_to(bytes.len().min(PART_BYTES_MAX));
        (headers, part)
    })
}

/// Puts a reply together.
#[derive(Default)]
pub(super) struct Assembly {
    bytes: BytesMut,
    received: usize,
}

impl Assembly {
    /// Takes the next part; the whole once it is complete.
    pub(super) fn take(&mut self, message: Message) -> Result<Option<Bytes>, String> {
        let count: usize = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get(PARTS))
            .and_then(|value| value.as_str().parse().ok())
            .filter(|count| (1..=PARTS_MAX).contains(count))
            .ok_or("a reply without its number of parts")?;
        if count == 1 {
            return Ok(Some(message.payload));
        }
        self.bytes.extend_from_slice(&message.payload);
        self.received += 1;
        let is_complete = self.received >= count;
        Ok(is_complete.then(|| std::mem::take(&mut self.bytes).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_nats::StatusCode;
    use protocol::view::World;
    use protocol::{LogId, Sequence, ViewId};

    use super::*;

    fn message(headers: HeaderMap, payload: Bytes) -> Message {
        Message {
            subject: "reply".into(),
            reply: None,
            length: payload.len(),
            payload,
            headers: Some(headers),
            status: None::<StatusCode>,
            description: None,
        }
    }

    fn through(bytes: &Bytes) -> (usize, Bytes) {
        let mut assembly = Assembly::default();
        let mut whole = None;
        let mut count = 0;
        for (headers, part) in parts(bytes.clone()) {
            assert!(whole.is_none(), "complete before its last part");
            assert!(part.len() <= PART_BYTES_MAX);
            whole = assembly.take(message(headers, part)).unwrap();
            count += 1;
        }
        (count, whole.unwrap())
    }

    #[test]
    fn replies_of_all_sizes_come_through_in_parts() {
        for (size, count) in [
            (0, 1),
            (1, 1),
            (PART_BYTES_MAX, 1),
            (PART_BYTES_MAX + 1, 2),
            (5 * PART_BYTES_MAX, 5),
        ] {
            let bytes: Bytes = (0..=250_u8).cycle().take(size).collect();
            assert_eq!(through(&bytes), (count, bytes));
        }
    }

    #[test]
    fn a_reply_without_its_number_of_parts_is_refused() {
        let mut absurd = HeaderMap::new();
        absurd.insert(PARTS, "1000000000");
        for headers in [HeaderMap::new(), absurd] {
            let refused = Assembly::default().take(message(headers, Bytes::new()));
            assert!(refused.is_err());
        }
    }

    /// Nodes of other releases know a query as the fields of its variant.
    #[test]
    fn a_query_is_sent_as_its_fields() {
        #[derive(Serialize)]
        enum Sent {
            Query {
                version: VersionSpec,
                after: Option<Sequence>,
                timeout: Duration,
                body: Bytes,
                parameters: Vec<(String, String)>,
            },
        }
        let version = VersionSpec {
            tenant: TenantId::generate(),
            log: LogId::generate(),
            view: ViewId::generate(),
            version: VersionId::generate(),
            component: ComponentDigest::of(b"component"),
            world: World::V1,
            config: Bytes::from_static(b"config"),
            halted: None,
        };
        let request = QueryRequest {
            version: Arc::new(version.clone()),
            after: Some(Sequence::FIRST),
            timeout: Duration::from_millis(1_500),
            body: Bytes::from_static(b"body"),
            parameters: vec![("name".to_owned(), "value".to_owned())],
        };
        let sent = Sent::Query {
            version,
            after: request.after,
            timeout: request.timeout,
            body: request.body.clone(),
            parameters: request.parameters.clone(),
        };
        let call = encode(&Call::Query(request)).unwrap();
        assert_eq!(call, encode(&sent).unwrap());
        assert!(matches!(decode(&call), Ok(Call::Query(_))));
    }

    #[test]
    fn what_is_no_call_is_an_error() {
        assert!(decode::<Call>(b"").is_err());
        assert!(decode::<Call>(b"\xc1").is_err());
        let call = encode(&Call::Health).unwrap();
        assert!(matches!(decode(&call), Ok(Call::Health)));
    }
}
