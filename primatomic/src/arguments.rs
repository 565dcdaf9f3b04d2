//! The command tree.

use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::session::Session;
use crate::commands::{
    Group, append, audit, billing, deletion, events, invite, key, log, login, mail, member,
    password, profile, query, tail, tenant, usage, view,
};
use crate::failure::Failure;
use crate::output::Output;
use crate::profile::ConnectionOptions;
use crate::server::{
    AdminCommand, ArchiveCommand, DataOptions, RestoreOptions, ServeOptions, ServerOptions,
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

const DEV_HELP: &str = "\
The first start creates the tenant `dev` and the log `demo`, and writes the tenant's API key to
DIRECTORY/dev-key. Stop with Ctrl-C: appends that are under way are finished and the views save
their state. A second Ctrl-C stops at once; nothing acknowledged is lost either way.

Examples:
  primatomic dev
  primatomic dev --data /srv/primatomic --listen 127.0.0.1:9000
  primatomic dev --rate-limit 0                    no rate limit, for load tests";

/// An event log with WebAssembly views: append events, fold them into state, query the state.
#[derive(Debug, Parser)]
#[command(name = "primatomic", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// The command line of this process, and whether it asks for JSON.
    pub(crate) fn read() -> (Self, bool) {
        let matches = Self::command().get_matches();
        let arguments = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        (arguments, wants_json(&matches))
    }

    /// Prints the script that completes commands in a shell.
    pub(crate) fn completions(shell: Shell, output: Output) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Self::command(), "primatomic", &mut script);
        output.bytes(&script)
    }
}

/// Whether `--json` stands behind a command or one of its subcommands.
fn wants_json(matches: &ArgMatches) -> bool {
    matches!(matches.try_get_one("json"), Ok(Some(true)))
        || matches.subcommand().is_some_and(|(_, it)| wants_json(it))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every role in one process, with its data in a directory
    #[command(after_help = DEV_HELP)]
    Dev(Box<ServerOptions>),
    /// Run a role of the server
    Serve(Box<ServeOptions>),
    /// Create, list, inspect, verify and delete logs
    Log(Connected<Group<log::LogCommand>>),
    /// Append events to a log
    Append(Connected<append::AppendArguments>),
    /// Read events of a log
    Events(Connected<events::EventsArguments>),
    /// Follow a log
    Tail(Connected<tail::TailArguments>),
    /// Deploy, list, inspect, delete and test views
    View(Connected<Group<view::ViewCommand>>),
    /// Show how far deletions of logs and views are
    Deletion(Connected<Group<deletion::DeletionCommand>>),
    /// Ask a view
    Query(Connected<query::QueryArguments>),
    /// Make, list, rotate, revoke and recognise API keys
    Key(Connected<Group<key::KeyCommand>>),
    /// Read who changed what in the tenant
    Audit(Connected<audit::AuditArguments>),
    /// Show what the tenant used in a month
    Usage(Connected<usage::UsageArguments>),
    /// Explain the figures of a bill
    Billing(Connected<Group<billing::BillingCommand>>),
    /// Show, delete and restore your tenant
    Tenant(Connected<Group<tenant::TenantCommand>>),
    /// List members, change their roles, remove them
    Member(Connected<Group<member::MemberCommand>>),
    /// Invite people, and accept invitations
    Invite(Connected<Group<invite::InviteCommand>>),
    /// Set a new password
    Password(Connected<Group<password::PasswordCommand>>),
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
        command: impl AsyncFnOnce(T, &Session) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let client = self.connection.client()?;
        runtime()?.block_on(command(self.arguments, &Session { client, output }))
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
            "primatomic profile list --json",
            "primatomic admin tenant list --json",
        ] {
            let matches = Arguments::command().get_matches_from(line.split(' '));
            assert!(wants_json(&matches), "{line}");
        }
    }
}
