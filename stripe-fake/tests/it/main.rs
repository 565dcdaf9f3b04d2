//! The fake by plain HTTP, as a client and a browser use it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod api;
mod disputes;
mod library;
mod month;
mod pages;
mod process;
mod receiver;
mod restart;
mod secrets;
mod summaries;
mod thin_events;
mod webhooks;
