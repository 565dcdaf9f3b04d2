//! The words and byte formats of Primatomic: ids, sequences, frames, segments, snapshots, keys, error codes.
//!
//! This crate is pure: it does no I/O, reads no clock and knows no runtime. Everything that is
//! written to disk or sent to a log passes through a format that is specified in
//! `docs/formats.md`, and every decoder here treats its input as hostile.

pub mod api_key;
pub mod chain;
pub mod error_code;
pub mod frame;
pub mod ids;
pub mod latencies;
pub mod limits;
pub mod meter;
pub mod name;
pub mod packed;
mod position;
mod rate;
pub mod run;
pub mod segment;
pub mod sequence;
pub mod snapshot;
pub mod subject;
pub mod timestamp;
pub mod view;

pub use error_code::ErrorCode;
pub use frame::Frame;
pub use ids::{
    ArtifactDigest, ChainHash, ComponentDigest, InvitationId, KeyId, LogId, RequestId, SegmentId,
    SessionId, TenantDeletionId, TenantId, UserId, VersionId, ViewId,
};
pub use name::{InvalidName, Name, NamePrefix};
pub use position::Position;
pub use rate::Rate;
pub use run::{Event, Run};
pub use sequence::Sequence;
pub use timestamp::Timestamp;
