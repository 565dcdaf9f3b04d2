//! What every scenario starts from: options, a directory for data, a server.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use tempfile::TempDir;
use uuid::Uuid;

use crate::api::Endpoint;
use crate::server::{self, Server};

/// How to measure. What a scenario has no use for, it ignores.
#[derive(Args, Clone, Debug)]
pub(crate) struct Context {
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

impl Context {
    /// How long a full run of load lasts.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    pub(crate) fn clients(&self, default: u16) -> usize {
        usize::from(self.clients.unwrap_or(default))
    }

    pub(crate) fn logs(&self, default: u32) -> u32 {
        self.logs.unwrap_or(default)
    }

    /// A directory for data that is removed after use. It lies beside the results and not in the
    /// system's directory for temporary files, which is often in memory.
    pub(crate) fn data(&self) -> Result<TempDir> {
        tempfile::Builder::new()
            .prefix("data-")
            .tempdir_in(&self.results)
            .context("can't make a directory for data")
    }

    /// The server's executable, for a scenario that must restart the server or read its files. It
    /// can't use a server that runs already.
    pub(crate) fn own_program(&self) -> Result<PathBuf> {
        ensure!(
            self.url.is_none(),
            "this scenario needs a server of its own, so it can't use one that runs already"
        );
        server::program(self.server.as_deref())
    }

    /// The server that was named, or a fresh one.
    pub(crate) fn target(&self) -> Result<Target> {
        if let Some(url) = &self.url {
            let key = self.api_key.as_deref().unwrap_or_default();
            return Ok(Target {
                endpoint: server::endpoint_of(url, key)?,
                own: None,
            });
        }
        self.own_target(&[])
    }

    /// A fresh server with these flags.
    pub(crate) fn own_target(&self, flags: &[&str]) -> Result<Target> {
        let data = self.data()?;
        let server = Server::start(&self.own_program()?, data.path(), flags)?;
        Ok(Target {
            endpoint: server.endpoint.clone(),
            own: Some((server, data)),
        })
    }
}

/// The server under load.
pub(crate) struct Target {
    pub endpoint: Endpoint,
    own: Option<(Server, TempDir)>,
}

impl Target {
    pub(crate) fn pid(&self) -> Option<u32> {
        self.own.as_ref().map(|(server, _)| server.node.pid())
    }

    /// A tenant besides the one that a development server begins with, if the server is ours.
    pub(crate) fn sign_up(&self, name: &str) -> Result<Endpoint> {
        let (server, _) = self.own.as_ref().context("the server is not our own")?;
        server::sign_up(&server.node, name)
    }

    /// Stops the server if it was started for this scenario.
    pub(crate) fn finish(self) -> Result<()> {
        match self.own {
            Some((server, _data)) => server.node.stop(),
            None => Ok(()),
        }
    }
}

/// Names for so many logs that no other run uses.
pub(crate) fn log_names(purpose: &str, count: u32) -> Vec<String> {
    let prefix = log_name(purpose);
    (0..count).map(|log| format!("{prefix}-{log}")).collect()
}

/// A name for a log that no other run uses.
pub(crate) fn log_name(purpose: &str) -> String {
    format!("bench-{purpose}-{}", Uuid::now_v7().simple())
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("must be a number above 0".to_owned()),
    }
}
