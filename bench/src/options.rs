//! The options of every scenario.

use std::path::PathBuf;

use clap::Args;

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
