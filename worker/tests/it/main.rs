//! The worker with real components, compiled in a real child process.

mod engine;
mod guests;
mod hostile;
mod views;
