//! The streams of the shards: made once, and checked whenever the event log is opened.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::stream::{
    Compression, Config, DiscardPolicy, Republish, RetentionPolicy, StorageType,
};
use protocol::subject;

use super::options::{JetStreamOptions, OpenError};

/// In the streams' metadata: how many shards there are.
const SHARDS: &str = "primatomic-shards";
/// How often and how long to wait for a cluster that has just started.
const ATTEMPTS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(250);

fn wanted(options: &JetStreamOptions, shard: u16) -> Config {
    let (source, destination) = subject::republish(&options.nats.prefix, shard);
    Config {
        name: subject::stream(&options.nats.prefix, shard),
        description: Some("Frames of events; written by Primatomic alone.".to_owned()),
        subjects: vec![subject::all_frames(&options.nats.prefix, shard)],
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        num_replicas: options.replicas,
        // A full stream refuses what is new; nothing is ever dropped.
        discard: DiscardPolicy::New,
        max_message_size: -1,
        // The expectations of frames rule out duplicates; a window of ids would cost memory.
        duplicate_window: Duration::ZERO,
        allow_direct: true,
        allow_atomic_publish: true,
        allow_rollup: false,
        compression: Some(Compression::None),
        republish: Some(Republish {
            source,
            destination,
            headers_only: false,
        }),
        metadata: HashMap::from([(SHARDS.to_owned(), options.shards.to_string())]),
        ..Config::default()
    }
}

/// Makes the streams that are missing and checks those that are there.
pub(super) async fn prepare(
    context: &Context,
    options: &JetStreamOptions,
) -> Result<(), OpenError> {
    for shard in 0..options.shards {
        check(&open(context, wanted(options, shard)).await?, options)?;
    }
    Ok(())
}

/// Several processes may do this at once: the first one makes the stream, the others find it.
async fn open(context: &Context, wanted: Config) -> Result<Config, OpenError> {
    let mut further_attempts = 1..ATTEMPTS;
    loop {
        match context.get_or_create_stream(wanted.clone()).await {
            Ok(stream) => return Ok(stream.cached_info().config.clone()),
            Err(_) if further_attempts.next().is_some() => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                let (stream, reason) = (wanted.name, error.to_string());
                return Err(OpenError::Stream { stream, reason });
            }
        }
    }
}

fn check(found: &Config, options: &JetStreamOptions) -> Result<(), OpenError> {
    let name = &found.name;
    let unsuitable = |what: String| Err(OpenError::Unsuitable(format!("the stream {name} {what}")));
    let shards = found.metadata.get(SHARDS).map_or("?", String::as_str);
    if shards != options.shards.to_string() {
        return unsuitable(format!(
            "is one of {shards} shards, and this process is configured for {}; the number can't be changed",
            options.shards
        ));
    }
    if !found.allow_direct || !found.allow_atomic_publish || found.republish.is_none() {
        return unsuitable(
            "was changed: it must allow direct gets and atomic batches, and republish".to_owned(),
        );
    }
    if found.max_age != Duration::ZERO || found.discard != DiscardPolicy::New {
        return unsuitable("was changed: it would drop events by itself".to_owned());
    }
    if options.allow_unsafe_durability {
        return Ok(());
    }
    if found.num_replicas < options.replicas {
        return Err(OpenError::Unsafe(format!(
            "the stream {name} has {} replicas and should have {}",
            found.num_replicas, options.replicas
        )));
    }
    if found.storage != StorageType::File {
        return Err(OpenError::Unsafe(format!("the stream {name} is in memory")));
    }
    Ok(())
}
