//! `stripe-fake`: a stand-in for Stripe on the loopback address.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use stripe_fake::{Fake, Options};

/// Stands in for Stripe: takes what Primatomic sends, shows its pages, sends its webhooks. No money
/// moves.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port of the loopback address to serve on; 0 takes a free one.
    #[arg(long, default_value_t = 12_111)]
    port: u16,
    /// A file that holds the secret key; it is made with a new key where it is missing.
    #[arg(long)]
    secret_key_file: Option<PathBuf>,
    /// A file to go on from, and to write everything to that happens; it is made where it is missing.
    /// Without it, everything is forgotten at the end.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// A file in which it is written by how many seconds the clock goes ahead.
    #[arg(long, value_name = "FILE")]
    clock_file: Option<PathBuf>,
    /// A file in which the address is written, once it serves there.
    #[arg(long, value_name = "FILE")]
    url_file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let arguments = Arguments::parse();
    let file = arguments.secret_key_file.as_deref();
    let known = file
        .filter(|it| it.exists())
        .map(std::fs::read_to_string)
        .transpose();
    let known = known.context("the file of the secret key can't be read")?;
    let fake = Fake::start(Options {
        port: arguments.port,
        real_time: true,
        seed: rand::random(),
        secret_key: known.map(|it| it.trim().to_owned()),
        journal: arguments.journal,
        clock_file: arguments.clock_file,
        ..Options::default()
    })
    .await?;
    if let Some(file) = file.filter(|it| !it.exists()) {
        std::fs::write(file, fake.secret_key()).context("the secret key can't be kept")?;
    }
    if let Some(file) = &arguments.url_file {
        std::fs::write(file, fake.url()).context("the address can't be written")?;
    }
    tracing::info!(url = fake.url(), "serving");
    tokio::signal::ctrl_c().await?;
    Ok(())
}
