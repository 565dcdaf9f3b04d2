//! The API as its clients see it: over TCP, on real stores and a real worker.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod append;
mod audit;
mod auth;
mod batch;
mod client;
mod compatibility;
mod deletion;
mod errors;
mod events;
mod garbage;
mod isolation;
mod keys;
mod limits;
mod logs;
mod openapi;
mod queries;
mod quotas;
mod rates;
mod server;
mod shutdown;
mod tail;
mod views;
