//! What a version of a view is: the world it exports, what runs it, and what can be wrong with it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{ComponentDigest, LogId, Sequence, TenantId, Timestamp, VersionId, ViewId};

/// The WIT worlds that a component may export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum World {
    /// `primatomic:machine@0.0.1`, world `state-machine`.
    #[serde(rename = "0.0.1")]
    V0,
    /// `primatomic:machine@1.0.0`, world `view`.
    #[serde(rename = "1.0.0")]
    V1,
}

impl World {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0 => "primatomic:machine@0.0.1",
            Self::V1 => "primatomic:machine@1.0.0",
        }
    }
}

/// Everything that a worker must know to run one version of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSpec {
    pub tenant: TenantId,
    pub log: LogId,
    pub view: ViewId,
    pub version: VersionId,
    pub component: ComponentDigest,
    pub world: World,
    /// Handed to `init` in world 1.0.0.
    pub config: Bytes,
    /// Where the version halted, once it did: it never folds this sequence again.
    pub halted: Option<Halt>,
}

/// An event that a version can't fold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halt {
    /// The sequence of the event.
    pub sequence: Sequence,
    /// What the component said, or what it ran into; at most a few hundred characters.
    pub message: String,
}

/// What an upload turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentReport {
    pub world: World,
    /// The WASI interfaces that it imports; empty for most Rust components.
    pub imports: Vec<String>,
    /// From the `producers` section, such as `Rust 1.95.0`.
    pub languages: Vec<String>,
}

/// Why an upload is not accepted. The texts are for the author of the component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ComponentError {
    #[error("the upload is not a valid component: {0}")]
    Invalid(String),
    #[error("{0}")]
    WrongWorld(String),
    #[error("the component imports what views don't get: {}", .0.join(", "))]
    ForbiddenImports(Vec<String>),
    #[error("{0}")]
    TooComplex(String),
    /// Nothing is wrong with the component as far as is known; try again.
    #[error("{0}")]
    Unavailable(String),
}

/// One snapshot of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    pub sequence: Sequence,
    /// Size of the object, compressed.
    pub bytes: u64,
    pub created_at: Timestamp,
}
