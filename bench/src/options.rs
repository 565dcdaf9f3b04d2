//! The command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::scenarios::{
    Scenario, append, append_batch, append_many_logs, append_sequential, append_then_query,
    bystander, cluster, cold_load, fold, idle_logs, logins, query,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run every scenario on one server, each on a fresh one
    All(Options),
    /// Run every scenario on a cluster, each on a fresh one; needs `make servers`
    Cluster(Options),
    #[command(flatten)]
    One(One),
    /// Compile one component; started by this program as a limited child process
    #[command(hide = true)]
    CompileComponent,
}

/// A single scenario.
#[derive(Debug, Subcommand)]
pub(crate) enum One {
    /// Single appends to one log
    #[command(long_about = append::ABOUT)]
    Append(Options),
    /// One client that appends one event after the other
    #[command(long_about = append_sequential::ABOUT)]
    AppendSequential(Options),
    /// Single appends to many logs
    #[command(long_about = append_many_logs::ABOUT)]
    AppendManyLogs(Options),
    /// Batches of events to one log
    #[command(long_about = append_batch::ABOUT)]
    AppendBatch(Options),
    /// Queries of a hot view
    #[command(long_about = query::ABOUT)]
    Query(Options),
    /// An append and then a query that must reflect it
    #[command(long_about = append_then_query::ABOUT)]
    AppendThenQuery(Options),
    /// What folding an event costs, in process
    #[command(long_about = fold::ABOUT)]
    Fold(Options),
    /// The first answer of a view that is not in memory
    #[command(long_about = cold_load::ABOUT)]
    ColdLoad(Options),
    /// A server with a great many logs that nobody uses
    #[command(long_about = idle_logs::ABOUT)]
    IdleLogs(Options),
    /// What a tenant notices of another one whose views are hostile
    #[command(long_about = bystander::ABOUT)]
    Bystander(Options),
    /// What a tenant notices of another one whose views work as hard as they may
    #[command(long_about = bystander::ABOUT_BUSY)]
    BystanderBusy(Options),
    /// What appends and queries notice of an attack on the login
    #[command(long_about = logins::ABOUT)]
    Logins(Options),
    /// Single appends to one log of a cluster
    #[command(long_about = cluster::append::ABOUT)]
    ClusterAppend(Options),
    /// Single appends to many logs of a cluster
    #[command(long_about = cluster::append_many_logs::ABOUT)]
    ClusterAppendManyLogs(Options),
    /// A cold worker that folds archived events
    #[command(long_about = cluster::replay::ABOUT)]
    ClusterReplay(Options),
    /// The cost of archiving, and the size of segments
    #[command(long_about = cluster::archive::ABOUT)]
    ClusterArchive(Options),
    /// The first answer of a view whose worker was killed
    #[command(long_about = cluster::take_over::ABOUT)]
    ClusterTakeOver(Options),
}

impl One {
    pub(crate) fn split(self) -> (Scenario, Options) {
        match self {
            Self::Append(options) => (Scenario::Append, options),
            Self::AppendSequential(options) => (Scenario::AppendSequential, options),
            Self::AppendManyLogs(options) => (Scenario::AppendManyLogs, options),
            Self::AppendBatch(options) => (Scenario::AppendBatch, options),
            Self::Query(options) => (Scenario::Query, options),
            Self::AppendThenQuery(options) => (Scenario::AppendThenQuery, options),
            Self::Fold(options) => (Scenario::Fold, options),
            Self::ColdLoad(options) => (Scenario::ColdLoad, options),
            Self::IdleLogs(options) => (Scenario::IdleLogs, options),
            Self::Bystander(options) => (Scenario::Bystander, options),
            Self::BystanderBusy(options) => (Scenario::BystanderBusy, options),
            Self::Logins(options) => (Scenario::Logins, options),
            Self::ClusterAppend(options) => (Scenario::ClusterAppend, options),
            Self::ClusterAppendManyLogs(options) => (Scenario::ClusterAppendManyLogs, options),
            Self::ClusterReplay(options) => (Scenario::ClusterReplay, options),
            Self::ClusterArchive(options) => (Scenario::ClusterArchive, options),
            Self::ClusterTakeOver(options) => (Scenario::ClusterTakeOver, options),
        }
    }
}

/// How to measure. What a scenario has no use for, it ignores.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Seconds that each full run of load lasts
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Clients at once, each with a connection of its own [default: as the scenario says]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub clients: Option<u16>,
    /// Logs to use [default: as the scenario says]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub logs: Option<u32>,
    /// Offer this rate, in requests per second, and do not search for the highest one
    #[arg(long, value_parser = positive)]
    pub rate: Option<f64>,
    /// A server that runs already, such as http://127.0.0.1:8080; its rate limit must be lifted
    #[arg(long, requires = "api_key")]
    pub url: Option<String>,
    /// An API key for that server
    #[arg(long, env = "PRIMATOMIC_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// The server's executable [default: `primatomic` beside this program]
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// Where results and, while running, data are written; on the disk to be measured
    #[arg(long, default_value = "bench/results")]
    pub results: PathBuf,
    /// Exit with 2 when a target is missed
    #[arg(long)]
    pub strict: bool,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("must be a number above 0".to_owned()),
    }
}
