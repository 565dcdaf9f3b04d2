//! The worker with real components, compiled in a real child process.

mod compile;
mod engine;
mod guests;
mod hostile;
mod tables;
mod views;
mod wasi;
