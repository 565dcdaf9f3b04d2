//! The `primatomic` binary: the server roles, `dev`, and the commands of the client.
//!
//! This crate wires the other crates together and talks to people. It decides where data lies,
//! which role runs, what is printed and with which code the process exits; it holds no rule about
//! logs, views or tenants.

mod arguments;
mod commands;
mod failure;
mod output;
mod profile;
mod server;

use std::process::ExitCode;

use arguments::{Arguments, BillingCommand, Command};
use failure::Failure;
use output::Output;

/// Requests are many small allocations on many threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let (arguments, json) = Arguments::read();
    if matches!(arguments.command, Command::CompileComponent) {
        return worker::compile::child_main();
    }
    let output = Output { json };
    match run(arguments.command, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::Dev(options) => server::dev(*options),
        Command::Serve(options) => server::serve(*options),
        Command::Migrate(options) => server::migrate(&options, output),
        Command::RebuildCatalog(options) => server::rebuild_catalog(&options, output),
        Command::Archive(command) => server::archive(&command, output),
        Command::Restore(options) => server::restore(&options, output),
        Command::Admin(command) => server::admin(&command, output),
        Command::Openapi => output.bytes(control_plane::openapi_document().as_bytes()),
        Command::CompileComponent => Ok(()),
        Command::Completions { shell } => Arguments::completions(shell, output),
        Command::Log(it) => it.run(output, commands::log::run),
        Command::Append(it) => it.run(output, commands::append::run),
        Command::Events(it) => it.run(output, commands::events::run),
        Command::Tail(it) => it.run(output, commands::tail::run),
        Command::View(it) => it.run(output, commands::view::run),
        Command::Deletion(it) => it.run(output, commands::deletion::run),
        Command::Query(it) => it.run(output, commands::query::run),
        Command::Key(it) => it.run(output, commands::key::run),
        Command::Audit(it) => it.run(output, commands::audit::run),
        Command::Billing(command) => run_billing(command, output),
        Command::Usage(it) => it.run(output, commands::usage::run),
        Command::Tenant(it) => it.run(output, commands::tenant::run),
        Command::Member(it) => it.run(output, commands::member::run),
        Command::Invite(it) => it.run(output, commands::invite::run),
        Command::Password(it) => it.run(output, commands::password::run),
        Command::Session(it) => it.run(output, commands::sessions::run),
        Command::Mail(command) => commands::mail::run(command, output),
        Command::Login(it) => it.run_login(output),
        Command::Profile(command) => commands::profile::run(command, output),
    }
}

fn run_billing(command: BillingCommand, output: Output) -> Result<(), Failure> {
    use commands::billing;
    match command {
        BillingCommand::Checkout(it) => it.run(output, billing::checkout),
        BillingCommand::Portal(it) => it.run(output, billing::portal),
        BillingCommand::Cap(it) => it.run(output, billing::cap),
        BillingCommand::Explain(it) => it.run(output, billing::explain),
        BillingCommand::Setup(arguments) => server::set_payments_up(&arguments, output),
        BillingCommand::Outbox(arguments) => server::outbox(&arguments, output),
        BillingCommand::Reconcile(arguments) => server::reconcile(&arguments, output),
    }
}
