//! What NATS takes in without Primatomic: frames of the right size, published straight to streams
//! of the same configuration, each with the expectation that a frame of Primatomic's has.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use async_nats::{HeaderMap, Message, Request};
use bytes::Bytes;
use catalog::clock::{Clock as _, SystemClock};
use protocol::LogId;
use protocol::frame::{FrameBuilder, Head};
use serde::Deserialize;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::cluster::{Streams, Twin};
use crate::load::{Latency, Recorder};

const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";
const BATCH_ID: &str = "Nats-Batch-Id";
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const BATCH_COMMIT: &str = "Nats-Batch-Commit";
/// How long an acknowledgement may take.
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a publisher reached.
#[derive(Debug)]
pub(crate) struct Published {
    pub frames_per_second: f64,
    /// Of an acknowledgement: of a frame, or of a batch.
    pub latency: Latency,
}

impl Published {
    fn new(frames: u32, start: Instant, latency: &Recorder) -> Self {
        Self {
            frames_per_second: f64::from(frames) / start.elapsed().as_secs_f64(),
            latency: latency.summary(),
        }
    }
}

#[derive(Deserialize)]
struct Acknowledgement {
    seq: Option<u64>,
    error: Option<serde_json::Value>,
}

/// A frame of Primatomic's that holds these events.
pub(crate) fn frame(events: &[Vec<u8>]) -> Result<Bytes> {
    let log = LogId::generate();
    let mut frame = FrameBuilder::new(log, Head::origin(log), SystemClock.now(), [0; 16]);
    frame.push(events.iter().map(Vec::as_slice), None)?;
    let frame = frame.finish().context("a frame needs an event")?;
    Ok(frame.encoded().clone())
}

/// Publishes one frame after the other to one subject of a stream, one in flight.
pub(crate) async fn one_by_one(
    streams: &Streams,
    payload: &Bytes,
    duration: Duration,
) -> Result<Published> {
    let twin = streams.twin().await?;
    let (subject, mut last, mut frames) = (twin.subject(), 0, 0_u32);
    let mut latency = Recorder::new()?;
    let start = Instant::now();
    while start.elapsed() < duration {
        let sent = Instant::now();
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED, last.to_string());
        last = request(&twin, &subject, headers, payload).await?;
        latency.record(sent.elapsed());
        frames += 1;
    }
    let published = Published::new(frames, start, &latency);
    twin.delete().await?;
    Ok(published)
}

/// Publishes atomic batches of `batch` frames, each to another of `subjects` subjects of a stream;
/// as many streams as Primatomic has, and one batch of each in flight.
pub(crate) async fn in_batches(
    streams: &Streams,
    payload: &Bytes,
    subjects: usize,
    batch: usize,
    duration: Duration,
) -> Result<Published> {
    let mut committers = Vec::new();
    for _ in 0..streams.shards() {
        let twin = streams.twin().await?;
        committers.push(Committer {
            subjects: (0..subjects).map(|_| (twin.subject(), 0)).collect(),
            twin,
            payload: payload.clone(),
            batch,
            frames: 0,
            times: Vec::new(),
        });
    }
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for committer in committers {
        tasks.spawn(committer.run(start, duration));
    }
    let (mut frames, mut latency, mut twins) = (0, Recorder::new()?, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let done = done.context("a committer stopped")??;
        frames += done.frames;
        done.times.into_iter().for_each(|time| latency.record(time));
        twins.push(done.twin);
    }
    let published = Published::new(frames, start, &latency);
    for twin in twins {
        twin.delete().await?;
    }
    Ok(published)
}

struct Committer {
    twin: Twin,
    payload: Bytes,
    batch: usize,
    /// Each with the stream sequence of its last frame.
    subjects: Vec<(String, u64)>,
    /// What it has stored so far, and how long each batch took.
    frames: u32,
    times: Vec<Duration>,
}

impl Committer {
    async fn run(mut self, start: Instant, duration: Duration) -> Result<Self> {
        while start.elapsed() < duration {
            let sent = Instant::now();
            self.frames += self.commit().await?;
            self.times.push(sent.elapsed());
        }
        Ok(self)
    }

    /// Stores one frame for each of the next subjects, and returns how many that were.
    async fn commit(&mut self) -> Result<u32> {
        let count = self.batch.min(self.subjects.len());
        let id = Uuid::now_v7().simple().to_string();
        let mut end = 0;
        for (index, (subject, last)) in self.subjects.iter().take(count).enumerate() {
            let mut headers = HeaderMap::new();
            headers.insert(EXPECTED, last.to_string());
            headers.insert(BATCH_ID, id.as_str());
            headers.insert(BATCH_SEQUENCE, (index + 1).to_string());
            if index + 1 == count {
                headers.insert(BATCH_COMMIT, "1");
                end = request(&self.twin, subject, headers, &self.payload).await?;
            } else {
                let payload = self.payload.clone();
                let client = &self.twin.client;
                client
                    .publish_with_headers(subject.clone(), headers, payload)
                    .await?;
            }
        }
        let first = end + 1 - u64::try_from(count)?;
        for ((_, last), sequence) in self.subjects.iter_mut().take(count).zip(first..) {
            *last = sequence;
        }
        self.subjects.rotate_left(count);
        Ok(u32::try_from(count)?)
    }
}

/// Publishes a message and returns the stream sequence in its acknowledgement.
async fn request(twin: &Twin, subject: &str, headers: HeaderMap, payload: &Bytes) -> Result<u64> {
    let request = Request::new()
        .headers(headers)
        .payload(payload.clone())
        .timeout(Some(ACKNOWLEDGEMENT_TIMEOUT));
    let sent = twin.client.send_request(subject.to_owned(), request);
    stored(&sent.await.context("NATS did not acknowledge a frame")?)
}

fn stored(message: &Message) -> Result<u64> {
    let answer: Acknowledgement = serde_json::from_slice(&message.payload)?;
    match (answer.seq, answer.error) {
        (Some(sequence), None) => Ok(sequence),
        (_, error) => bail!("NATS refused a frame: {error:?}"),
    }
}
