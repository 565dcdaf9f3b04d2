//! What servers must be before a process trusts them with events.

use std::time::Duration;

use protocol::limits::FRAME_BYTES_MAX;
use serde::Deserialize;

use super::options::{JetStreamOptions, OpenError};
use crate::nats::Link;

/// The first version with atomic batches.
const VERSION_MIN: (i64, i64) = (2, 12);
const MONITOR_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of headers that a frame is published with, at most.
const HEADER_BYTES: usize = 1 << 10;

/// The settings that can be checked without a server.
pub(super) fn settings(options: &JetStreamOptions) -> Result<(), OpenError> {
    options.nats.check()?;
    let wrong = |text: &str| Err(OpenError::Settings(text.to_owned()));
    if !(1..=1_024).contains(&options.shards) {
        return wrong("the number of shards must be 1 to 1,024");
    }
    if !(1..=5).contains(&options.replicas) {
        return wrong("the number of replicas must be 1 to 5");
    }
    Ok(())
}

/// The server that the process is connected to.
pub(super) fn server(link: &Link) -> Result<(), OpenError> {
    let server = link.server();
    let (major, minor) = VERSION_MIN;
    if !link.is_at_least(major, minor) {
        return Err(OpenError::Unsuitable(format!(
            "the server {} has version {}, and {major}.{minor} is the first that will do",
            server.server_name, server.version
        )));
    }
    if server.max_payload < FRAME_BYTES_MAX + HEADER_BYTES {
        return Err(OpenError::Unsuitable(format!(
            "the server {} takes messages of {} bytes, and must take {}: set max_payload to 16MB",
            server.server_name,
            server.max_payload,
            FRAME_BYTES_MAX + HEADER_BYTES
        )));
    }
    Ok(())
}

#[derive(Deserialize)]
struct JetStreamPage {
    config: Option<JetStreamConfig>,
}

#[derive(Deserialize)]
struct JetStreamConfig {
    #[serde(default)]
    sync_always: bool,
}

/// Whether every server syncs before it acknowledges. Only their monitoring pages say so.
pub(super) async fn durability(options: &JetStreamOptions) -> Result<(), OpenError> {
    if options.allow_unsafe_durability {
        tracing::warn!("whether NATS syncs what it acknowledges is not checked");
        return Ok(());
    }
    if options.monitors.is_empty() {
        return Err(OpenError::Unsafe(
            "whether NATS syncs what it acknowledges is not known, because no monitoring page is \
             named"
                .to_owned(),
        ));
    }
    let client = reqwest::Client::builder()
        .timeout(MONITOR_TIMEOUT)
        .build()
        .map_err(|error| OpenError::Settings(error.to_string()))?;
    for monitor in &options.monitors {
        let page = format!("{}/jsz?config=true", monitor.trim_end_matches('/'));
        let answer = async {
            let answer = client.get(&page).send().await?.error_for_status()?;
            answer.json::<JetStreamPage>().await
        };
        let answer = answer.await.map_err(|error| {
            OpenError::Unsafe(format!(
                "the monitoring page {monitor} can't be read ({})",
                error.without_url()
            ))
        })?;
        match answer.config {
            Some(JetStreamConfig { sync_always: true }) => {}
            Some(_) => {
                return Err(OpenError::Unsafe(format!(
                    "the server at {monitor} acknowledges before it syncs; set sync_interval to \
                     always"
                )));
            }
            None => {
                return Err(OpenError::Unsuitable(format!(
                    "the server at {monitor} has no JetStream"
                )));
            }
        }
    }
    Ok(())
}
