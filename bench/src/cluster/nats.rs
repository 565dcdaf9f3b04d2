//! The streams of a cluster, and streams beside them of the same configuration.

use anyhow::{Context as _, Result};
use async_nats::jetstream::stream::{Republish, Stream};
use async_nats::{Client, ConnectOptions, jetstream};
use protocol::subject;
use storage::nats::NatsOptions;
use uuid::Uuid;

/// Commands that may wait for the connection.
const CLIENT_CAPACITY: usize = 16_384;

/// The streams of all shards.
pub(crate) struct Streams {
    client: Client,
    shards: Vec<Stream>,
}

impl Streams {
    pub(crate) async fn open(urls: &[String], shards: u16) -> Result<Self> {
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        let options = ConnectOptions::new().client_capacity(CLIENT_CAPACITY);
        let client = options.connect(urls).await.context("can't reach NATS")?;
        let context = jetstream::new(client.clone());
        let prefix = NatsOptions::default().prefix;
        let mut streams = Vec::with_capacity(usize::from(shards));
        for shard in 0..shards {
            let name = subject::stream(&prefix, shard);
            let stream = context.get_stream(&name).await;
            streams.push(stream.with_context(|| format!("can't open the stream {name}"))?);
        }
        Ok(Self {
            client,
            shards: streams,
        })
    }

    /// The last sequence of each stream.
    pub(crate) async fn ends(&self) -> Result<Vec<u64>> {
        let mut ends = Vec::with_capacity(self.shards.len());
        for stream in &self.shards {
            ends.push(stream.get_info().await?.state.last_sequence);
        }
        Ok(ends)
    }

    /// Frames that all streams ever took.
    pub(crate) async fn frames(&self) -> Result<u64> {
        Ok(self.ends().await?.iter().sum())
    }

    /// Messages that all streams hold.
    pub(crate) async fn messages(&self) -> Result<u64> {
        let mut messages = 0;
        for stream in &self.shards {
            messages += stream.get_info().await?.state.messages;
        }
        Ok(messages)
    }

    pub(crate) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Makes an empty stream of the configuration that a shard's has.
    pub(crate) async fn twin(&self) -> Result<Twin> {
        let first = self.shards.first().context("there is no stream")?;
        let mut config = first.cached_info().config.clone();
        let name = format!("bench-{}", Uuid::now_v7().simple());
        let source = format!("{name}.ev.*");
        config.name.clone_from(&name);
        config.subjects = vec![source.clone()];
        config.republish = Some(Republish {
            source,
            destination: format!("{name}.live.{{{{wildcard(1)}}}}"),
            headers_only: false,
        });
        config.metadata.clear();
        let context = jetstream::new(self.client.clone());
        let made = context.create_stream(config).await;
        made.context("can't make a stream")?;
        Ok(Twin {
            client: self.client.clone(),
            name,
        })
    }
}

/// A stream like a shard's.
pub(crate) struct Twin {
    pub client: Client,
    name: String,
}

impl Twin {
    /// The subject of one more log.
    pub(crate) fn subject(&self) -> String {
        format!("{}.ev.{}", self.name, Uuid::now_v7().simple())
    }

    pub(crate) async fn delete(self) -> Result<()> {
        let deleted = jetstream::new(self.client).delete_stream(&self.name).await;
        deleted.context("can't delete a stream")?;
        Ok(())
    }
}
