//! `primatomic archive status`: how far the archive is, as the catalog knows it.

use catalog::archive::{ArchiveStatus, ShardStatus};
use catalog::clock::{Clock as _, SystemClock};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{Output, table};
use crate::server::operator::{Use, with_catalog};
use crate::server::options::DataOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Say how far every shard is archived, and by whom; may be asked while servers run
    #[command(after_help = "\
Examples:
  primatomic archive status --data data
  primatomic archive status --database-url postgres://... --json")]
    Status(DataOptions),
}

/// Prints the status.
pub(crate) fn run(command: &ArchiveCommand, output: Output) -> Result<(), Failure> {
    let ArchiveCommand::Status(options) = command;
    with_catalog(options, Use::BesideServers, async |catalog| {
        let status = catalog.archive_status().await?;
        output.value(&value(&status), |_| text(&status))
    })
}

fn value(status: &ArchiveStatus) -> Value {
    let shards: Vec<_> = status
        .shards
        .iter()
        .map(|shard| {
            json!({
                "shard": shard.shard,
                "position": shard.position.0,
                "end": shard.end.0,
                "pending_since": shard.pending_since.map(|at| at.to_string()),
                "pending_secs": pending_secs(shard),
                "held_by": shard.holder.map(|(holder, _)| holder.to_string()),
                "updated_at": shard.updated_at.to_string(),
            })
        })
        .collect();
    json!({
        "shards": shards,
        "segments": status.segments,
        "bytes": status.bytes,
        "retired_segments": status.retired,
        "segments_to_erase": status.to_erase,
    })
}

fn pending_secs(shard: &ShardStatus) -> Option<u64> {
    let now = SystemClock.now();
    shard
        .pending_since
        .map(|at| now.duration_since(at).as_secs())
}

fn text(status: &ArchiveStatus) -> String {
    let rows: Vec<_> = status
        .shards
        .iter()
        .map(|shard| {
            [
                shard.shard.to_string(),
                shard.position.0.to_string(),
                shard.end.0.saturating_sub(shard.position.0).to_string(),
                pending_secs(shard).map_or_else(|| "-".to_owned(), |secs| format!("{secs} s")),
                shard
                    .holder
                    .map_or_else(|| "nobody".to_owned(), |(holder, _)| holder.to_string()),
            ]
        })
        .collect();
    let shards = table(["SHARD", "ARCHIVED", "BEHIND", "FOR", "ARCHIVER"], &rows);
    format!(
        "{shards}\n\n{} segments with {} bytes; {} to be removed, {} to be erased from.",
        status.segments, status.bytes, status.retired, status.to_erase
    )
}
