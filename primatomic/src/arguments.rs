//! The command tree.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use primatomic_client::Client;

use crate::commands::{
    append, audit, deletion, events, invite, key, log, login, mail, member, password, profile,
    query, tail, tenant, view,
};
use crate::failure::Failure;
use crate::output::Output;
use crate::profile::ConnectionOptions;
use crate::server::{
    AdminCommand, ArchiveCommand, DataOptions, DevOptions, RestoreOptions, ServeOptions,
};

const AFTER_HELP: &str = "\
Start here:
  primatomic dev                                   run everything on this machine, data in ./data
  export PRIMATOMIC_API_KEY=$(cat data/dev-key)
  primatomic append demo --data '{\"inc\":10}'       append an event to the log `demo`
  primatomic view example counter -o counter.wasm  write an example component
  primatomic view deploy demo counter counter.wasm deploy it as a view of the log
  primatomic query demo counter                    ask the view

Exit codes:
  0  it worked
  1  it failed
  2  the command line is wrong
  3  not allowed: no key, an unknown key, or one that may not do this
  4  there is no such log, view, version or key
  5  conflict: the name is taken, the log moved on, the view has failed
  6  try again later: the server is away, busy, full or rate limits";

/// An event log with WebAssembly views: append events, fold them into state, query the state.
#[derive(Debug, Parser)]
#[command(name = "primatomic", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every role in one process, with its data in a directory
    Dev(Box<DevOptions>),
    /// Run a role of the server
    Serve(Box<ServeOptions>),
    /// Create, list, inspect, verify and delete logs
    Log(Connected<log::LogArguments>),
    /// Append events to a log
    Append(Connected<append::AppendArguments>),
    /// Read events of a log
    Events(Connected<events::EventsArguments>),
    /// Follow a log
    Tail(Connected<tail::TailArguments>),
    /// Deploy, list, inspect, delete and test views
    View(Connected<view::ViewArguments>),
    /// Show how far deletions of logs and views are
    Deletion(Connected<deletion::DeletionArguments>),
    /// Ask a view
    Query(Connected<query::QueryArguments>),
    /// Make, list, rotate, revoke and recognise API keys
    Key(Connected<key::KeyArguments>),
    /// Read who changed what in the tenant
    Audit(Connected<audit::AuditArguments>),
    /// Show, delete and restore your tenant
    Tenant(Connected<tenant::TenantArguments>),
    /// List members, change their roles, remove them
    Member(Connected<member::MemberArguments>),
    /// Invite people, and accept invitations
    Invite(Connected<invite::InviteArguments>),
    /// Set a new password
    Password(Connected<password::PasswordArguments>),
    /// Read the mails of a server on this machine that has no SMTP server
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Check an API key, or an address and its password, and keep what opens the server in a profile
    Login(Connected<login::LoginArguments>),
    /// Manage the profiles of the configuration file
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Print the script that completes commands in a shell
    #[command(
        after_help = "Example:\n  primatomic completions bash > ~/.local/share/bash-completion/completions/primatomic"
    )]
    Completions { shell: Shell },
    /// Bring the catalog of a data directory up to date and exit
    Migrate(DataOptions),
    /// Derive the catalog's tables again from its control events
    RebuildCatalog(DataOptions),
    /// Bring everything back from the object store alone
    Restore(Box<RestoreOptions>),
    /// Look at the archive
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// Look at tenants and set their limits, as the operator of the servers
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Print the OpenAPI document of the HTTP API
    Openapi,
    /// Compile one component; started by workers as a limited child process
    #[command(hide = true)]
    CompileComponent,
}

impl Command {
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Log(it) => it.connection.json,
            Self::Append(it) => it.connection.json,
            Self::Events(it) => it.connection.json,
            Self::Tail(it) => it.connection.json,
            Self::View(it) => it.connection.json,
            Self::Deletion(it) => it.connection.json,
            Self::Query(it) => it.connection.json,
            Self::Key(it) => it.connection.json,
            Self::Audit(it) => it.connection.json,
            Self::Tenant(it) => it.connection.json,
            Self::Member(it) => it.connection.json,
            Self::Invite(it) => it.connection.json,
            Self::Password(it) => it.connection.json,
            Self::Mail(command) => command.wants_json(),
            Self::Login(it) => it.connection.json,
            Self::Profile(command) => command.wants_json(),
            Self::Migrate(options) | Self::RebuildCatalog(options) => options.json,
            Self::Restore(options) => options.json,
            Self::Archive(ArchiveCommand::Status(options)) => options.json,
            Self::Admin(command) => command.wants_json(),
            Self::Dev(_)
            | Self::Serve(_)
            | Self::Completions { .. }
            | Self::Openapi
            | Self::CompileComponent => false,
        }
    }
}

/// A command that asks a server.
#[derive(Args, Debug)]
pub(crate) struct Connected<T: Args> {
    #[command(flatten)]
    pub arguments: T,
    #[command(flatten)]
    pub connection: ConnectionOptions,
}

impl<T: Args> Connected<T> {
    pub(crate) fn run(
        self,
        output: Output,
        command: impl AsyncFnOnce(T, &Client, Output) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let client = self.connection.resolve()?.client()?;
        runtime()?.block_on(command(self.arguments, &client, output))
    }
}

impl Connected<login::LoginArguments> {
    pub(crate) fn run_login(self, output: Output) -> Result<(), Failure> {
        runtime()?.block_on(login::run(self.arguments, &self.connection, output))
    }
}

/// A client waits for one thing at a time, so one thread is enough.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::other)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn connection_flags_stand_anywhere() {
        for line in [
            "primatomic log --json list",
            "primatomic log list --json",
            "primatomic log create a --json --url http://x",
        ] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert!(arguments.command.wants_json(), "{line}");
        }
    }
}
