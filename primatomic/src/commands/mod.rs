//! The commands that ask a server, and those that need none.
//!
//! Each module holds the arguments of one command and what it does with the client. A command
//! prints results through [`Output`] alone, so that `--json` and pipes work everywhere.

pub(crate) mod append;
pub(crate) mod audit;
pub(crate) mod billing;
mod confirm;
pub(crate) mod deletion;
pub(crate) mod events;
mod input;
pub(crate) mod invite;
mod json;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod mail;
pub(crate) mod member;
mod ndjson;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod query;
mod secret;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod tail;
pub(crate) mod tenant;
pub(crate) mod usage;
mod verify;
pub(crate) mod view;
mod view_example;
mod view_test;

use clap::{Args, Subcommand};

pub(crate) use confirm::Confirmation;

/// Commands about one thing.
#[derive(Args, Debug)]
pub(crate) struct Group<T: Subcommand> {
    #[command(subcommand)]
    pub command: T,
}

/// How much of a list is printed.
#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// Print at most this many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}
