//! The API as its clients see it: over TCP, on real stores and a real worker.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod account;
mod activity;
mod append;
mod audit;
mod auth;
mod batch;
mod billing;
mod browser;
mod client;
mod compatibility;
mod deletion;
mod deletion_jobs;
mod density;
mod errors;
mod event_filters;
mod events;
mod garbage;
mod invitations;
mod isolation;
mod keys;
mod limits;
mod login_times;
mod logins;
mod logs;
mod mail;
mod members;
mod openapi;
mod passwords;
mod queries;
mod quotas;
mod rates;
mod second_factor;
mod server;
mod shutdown;
mod smtp;
mod tail;
mod usage;
mod views;
