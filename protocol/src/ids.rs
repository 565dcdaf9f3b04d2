//! Identifiers and digests. Each kind has its own type, so that one can't be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that sorts by the time of its making (UUID version 7).
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

uuid_ids! {
    /// An isolated account.
    TenantId;
    /// A person; may be a member of several tenants.
    UserId;
    /// An API key. Not the secret: that one is never stored.
    KeyId;
    /// The deletion of a tenant. Knowing it is enough to ask how far it is.
    TenantDeletionId;
    /// What a login opened. Not its token: that one is never stored.
    SessionId;
    /// An invitation to a tenant. Not its token: that one is never stored.
    InvitationId;
    /// An append-only sequence of events of one tenant.
    LogId;
    /// A named fold over one log.
    ViewId;
    /// One uploaded component of a view.
    VersionId;
    /// An object of the archive. Made when the segment is cut, so it shows the segment's age.
    SegmentId;
    /// One HTTP request; every answer and every log line about it carries it.
    RequestId;
}

macro_rules! digests {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = InvalidDigest;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let hash = blake3::Hash::from_hex(text).map_err(|_| InvalidDigest)?;
                Ok(Self(hash.into()))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

/// The text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits")]
pub struct InvalidDigest;

digests! {
    /// The BLAKE3 hash of a component's bytes; names the component in the object store.
    ComponentDigest;
    /// The BLAKE3 hash of what a compiled artifact was made from: component, engine version, target
    /// and settings. Names the artifact in the object store.
    ArtifactDigest;
    /// The value of a log's hash chain after an event, see [`crate::chain`].
    ChainHash;
}

impl ComponentDigest {
    /// The digest of a component's bytes.
    pub fn of(component: &[u8]) -> Self {
        Self(*blake3::hash(component).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_survives_its_text() {
        let digest = ComponentDigest::of(b"component");
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }

    #[test]
    fn a_digest_with_a_wrong_length_or_digit_is_refused() {
        assert_eq!("00".parse::<ComponentDigest>(), Err(InvalidDigest));
        assert_eq!(
            "zz".repeat(32).parse::<ComponentDigest>(),
            Err(InvalidDigest)
        );
        assert_eq!(
            "é".repeat(32).parse::<ComponentDigest>(),
            Err(InvalidDigest)
        );
    }

    #[test]
    fn ids_are_written_as_plain_uuids() {
        let id = LogId::generate();
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }
}
