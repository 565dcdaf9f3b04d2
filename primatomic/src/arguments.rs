//! The command tree.

use clap::{ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::session::Session;
use crate::commands::{
    Group, append, audit, billing, deletion, events, invite, key, log, login, mail, member,
    password, profile, query, sessions, tail, tenant, usage, view,
};
use crate::failure::Failure;
use crate::output::Output;
use crate::profile::ConnectionOptions;
use crate::server::{
    AdminCommand, ArchiveCommand, DataOptions, OutboxArguments, ReconcileArguments, RestoreOptions,
    ServeOptions, ServerOptions, SetupArguments,
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
    /// Subscribe, cap and explain bills; as the operator of the servers, set payments up
    #[command(subcommand)]
    Billing(BillingCommand),
    /// Show, delete and restore your tenant
    Tenant(Connected<Group<tenant::TenantCommand>>),
    /// List members, change their roles, remove them
    Member(Connected<Group<member::MemberCommand>>),
    /// Invite people, and accept invitations
    Invite(Connected<Group<invite::InviteCommand>>),
    /// Set a new password
    Password(Connected<Group<password::PasswordCommand>>),
    /// List and end your sessions
    Session(Connected<Group<sessions::SessionCommand>>),
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

#[derive(Debug, Subcommand)]
pub(crate) enum BillingCommand {
    /// Open a page on which the tenant subscribes
    #[command(after_help = "\
The page asks for a card. What is used beyond the free tier of a month is billed at its end; a cap stops
it before.

Examples:
  primatomic billing checkout
  xdg-open \"$(primatomic billing checkout --json | jq -r .url)\"")]
    Checkout(Connected<billing::CheckoutArguments>),
    /// Open the page with cards, invoices and cancelling
    Portal(Connected<billing::PortalArguments>),
    /// Set what a month may cost at most, before tax
    #[command(after_help = "\
What is used beyond the cap is never billed. When it is reached, queries and new views stop until the
month ends, and appends a little later; a higher cap lets everything go on at once.

Examples:
  primatomic billing cap 20         20 dollars a month, where prices are in dollars
  primatomic billing cap 19.50
  primatomic billing cap none")]
    Cap(Connected<billing::CapArguments>),
    /// Print the records of the ledger that a figure of a month is the sum of
    #[command(after_help = "\
Amounts are byte-seconds, nanoseconds or bytes. Of storage, a change of the level counts with its amount
until its hour ends, and with its bytes from then on.

Examples:
  primatomic billing explain 2026-11 compute
  primatomic billing explain 2026-11 storage --log customer-acme-usage --json")]
    Explain(Connected<billing::ExplainArguments>),
    /// Make what is missing at Stripe, as the operator of the servers
    #[command(after_help = "\
It says what is missing and asks before it makes it: products, meters, prices, the configuration of the
portal, and the endpoints of webhooks. Nothing that is there is changed, so it may be run again. The
secrets of new endpoints are printed once.

Examples:
  primatomic billing setup --prices prices.toml --public-url https://api.example.com
  primatomic billing setup --prices prices.toml --public-url https://api.example.com --yes --json")]
    Setup(SetupArguments),
    /// Show what is not reported to Stripe yet, and bills that are stopped, as the operator
    #[command(after_help = "\
Events that Stripe refused for good are dead: `--retry` sends them once more, after what it refused was
mended.

Examples:
  primatomic billing outbox --data data
  primatomic billing outbox --database-url postgres://... --retry
  primatomic billing outbox --data data --close 0192f1c8-7a3b-7c1e-9b0e-2f4f3b6a1d55:2026-11")]
    Outbox(OutboxArguments),
    /// Compare bills with what Stripe has, as the operator; servers do it each day
    Reconcile(ReconcileArguments),
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
