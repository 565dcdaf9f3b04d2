//! The worker with real components, compiled in a real child process.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod compile;
mod engine;
mod examples;
mod guests;
mod hostile;
mod tables;
mod views;
mod wasi;
