//! The commands that ask a server, and those that need none.
//!
//! Each module holds the arguments of one command and what it does with the client. A command
//! prints results through [`Output`] alone, so that `--json` and pipes work everywhere.

pub(crate) mod append;
pub(crate) mod audit;
pub(crate) mod deletion;
pub(crate) mod events;
pub(crate) mod input;
pub(crate) mod invite;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod login;
pub(crate) mod mail;
pub(crate) mod member;
pub(crate) mod ndjson;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod query;
pub(crate) mod secret;
pub(crate) mod tail;
pub(crate) mod tenant;
pub(crate) mod verify;
pub(crate) mod view;
pub(crate) mod view_example;
pub(crate) mod view_test;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Output;

/// Prints a completion script.
pub(crate) fn completions(shell: Shell, output: Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "primatomic", &mut script);
    output.bytes(&script)
}
