//! The published formats.

mod documentation;
