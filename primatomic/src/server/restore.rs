//! `primatomic restore`: from the object store alone to stores that a server goes on with.

use std::sync::Arc;
use std::time::Duration;

use archiver::restore::{Progress, RestoreParts, RestoreReport, restore};
use catalog::CatalogLimits;
use catalog::clock::{SharedClock, SystemClock};
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use crate::failure::Failure;
use crate::output::{JsonOption, Output};
use crate::server::block_on;
use crate::server::cluster::ClusterOptions;
use crate::server::lock::DataDirectory;
use crate::server::logging;
use crate::server::options::{DirectoryOption, EventOptions, LogFormat};
use crate::server::stores::Stores;

#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The object store holds everything: the archive and the backups. The other stores must be empty: on one
machine, a data directory with nothing in it but `objects`; on a cluster, new streams and a new
database. It is told --take-over, because two clusters on one object store would remove each other's
events: say it when the other one is lost, or on a copy. What is restored is what the newest backup knows, with every event that was archived until
the end. People have to log in again; API keys stay valid.

Examples:
  mkdir new && cp -r old/objects new/ && primatomic restore --data new --take-over
  primatomic restore --take-over --nats nats://n1:4222 --database-url ... --s3-bucket events")]
pub(crate) struct RestoreOptions {
    #[command(flatten)]
    pub directory: DirectoryOption,
    /// The backup to restore [default: the newest one]
    #[arg(long, value_name = "ID")]
    pub backup: Option<Uuid>,
    /// Restore although the object store holds the archive of another cluster, which must be lost
    #[arg(long)]
    pub take_over: bool,
    #[command(flatten)]
    _json: JsonOption,
    #[command(flatten)]
    pub events: EventOptions,
    #[command(flatten)]
    pub cluster: ClusterOptions,
}

/// Restores and says what was restored.
pub(crate) fn run(options: &RestoreOptions, output: Output) -> Result<(), Failure> {
    logging::start("warn", LogFormat::Auto)?;
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let report = block_on(restore_stores(options, output))?;
    output.value(&json!(report), |_| {
        let cut_off = match report.cut_off_logs {
            0 => String::new(),
            logs => format!(
                "\n{logs} logs have events that no segment holds; they end before the first one \
                 that is missing. The log of this command names them."
            ),
        };
        format!(
            "Restored backup {}: {} logs with {} events in {} segments, and {} control \
             events.{cut_off}",
            report.backup, report.logs, report.events, report.segments, report.control_events
        )
    })
}

async fn restore_stores(
    options: &RestoreOptions,
    output: Output,
) -> Result<RestoreReport, Failure> {
    let clock: SharedClock = Arc::new(SystemClock);
    // What was allowed once is restored, whatever the quotas are now.
    let limits = CatalogLimits::default();
    let cluster = options.cluster.cluster()?;
    let mut lock = None;
    let stores = match &cluster {
        Some(cluster) => Stores::cluster(cluster, limits, Arc::clone(&clock)).await?,
        None => {
            let data = lock.insert(DataDirectory::open(&options.directory.data)?);
            Stores::embedded(data, &options.events, limits, Arc::clone(&clock)).await?
        }
    };
    let parts = RestoreParts {
        event_log: Arc::clone(&stores.event_log),
        objects: Arc::clone(&stores.objects),
        catalog: stores.catalog.clone(),
        clock,
        key_window: Duration::from_secs(options.events.idempotency_window_secs),
        take_over: options.take_over,
    };
    let progress = move |progress| {
        output.note(match progress {
            Progress::Catalog { rows } => format!("{rows} rows of the catalog are loaded"),
            Progress::Segments { read } => format!("{read} segments are found"),
            Progress::Logs { done, of } => format!("{done} of {of} logs are restored"),
        });
    };
    let restored = restore(&parts, options.backup, &progress).await;
    stores.close().await;
    restored.map_err(Failure::other)
}
