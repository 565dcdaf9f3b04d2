//! The published formats.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod documentation;
mod errors;
