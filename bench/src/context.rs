//! What every scenario starts from: options, a directory for data, a server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use uuid::Uuid;

use crate::api::Endpoint;
use crate::options::Options;
use crate::server::{self, Server};

/// The options, checked.
#[derive(Debug)]
pub(crate) struct Context {
    options: Options,
}

impl Context {
    pub(crate) fn new(options: Options) -> Result<Self> {
        std::fs::create_dir_all(&options.results)
            .with_context(|| format!("can't make {}", options.results.display()))?;
        Ok(Self { options })
    }

    pub(crate) fn results(&self) -> &Path {
        &self.options.results
    }

    /// How long a full run of load lasts.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.options.seconds)
    }

    pub(crate) fn clients(&self, default: u16) -> usize {
        usize::from(self.options.clients.unwrap_or(default))
    }

    pub(crate) fn logs(&self, default: u32) -> u32 {
        self.options.logs.unwrap_or(default)
    }

    pub(crate) fn rate(&self) -> Option<f64> {
        self.options.rate
    }

    /// A directory for data that is removed after use. It lies beside the results and not in the
    /// system's directory for temporary files, which is often in memory.
    pub(crate) fn data(&self) -> Result<TempDir> {
        tempfile::Builder::new()
            .prefix("data-")
            .tempdir_in(&self.options.results)
            .context("can't make a directory for data")
    }

    /// The server's executable, for a scenario that must restart the server or read its files. It
    /// can't use a server that runs already.
    pub(crate) fn own_program(&self) -> Result<PathBuf> {
        ensure!(
            self.options.url.is_none(),
            "this scenario needs a server of its own, so it can't use one that runs already"
        );
        server::program(self.options.server.as_deref())
    }

    /// The server that was named, or a fresh one.
    pub(crate) fn target(&self) -> Result<Target> {
        if let Some(url) = &self.options.url {
            let key = self.options.api_key.as_deref().unwrap_or_default();
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
        self.own.as_ref().map(|(server, _)| server.pid())
    }

    /// The data directory, if the server is ours.
    pub(crate) fn data(&self) -> Result<&Path> {
        let own = self.own.as_ref().context("the server is not our own")?;
        Ok(own.1.path())
    }

    /// Stops the server if it was started for this scenario.
    pub(crate) fn finish(self) -> Result<()> {
        match self.own {
            Some((server, _data)) => server.stop(),
            None => Ok(()),
        }
    }
}

/// A name for a log that no other run uses.
pub(crate) fn log_name(purpose: &str) -> String {
    format!("bench-{purpose}-{}", Uuid::now_v7().simple())
}
