//! Storing frames: one task for each shard commits the frames of many logs together.
//!
//! A server that syncs every write syncs once for an atomic batch, and once for each single
//! message. While a batch is under way the next one collects. A batch holds one frame of a log at
//! most, each with the expectation of its own log; when one of them conflicts the server refuses the
//! whole batch, and its frames are published one by one.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use futures::future::join_all;
use protocol::LogId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ack::{self, NotStored};
use crate::nats::Link;

/// Frames of one batch; the server takes 1,000.
const BATCH_FRAMES_MAX: usize = 500;
/// Bytes of one batch. A frame of this size or more goes by itself, beside the batches.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// After a batch of this many frames there is a pause, in which the next one collects …
const BATCH_LARGE: usize = 8;
/// … and the longest such pause.
const PAUSE_MAX: Duration = Duration::from_millis(20);
/// Frames that wait for a shard's task; further publishers wait for capacity.
const WAITING_MAX: usize = 8_192;

/// The subject's last stream sequence that must be, or the message is refused.
const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";
const BATCH_ID: &str = "Nats-Batch-Id";
const BATCH_SEQUENCE: &str = "Nats-Batch-Sequence";
const BATCH_COMMIT: &str = "Nats-Batch-Commit";

/// The stream sequence of a frame.
type Stored = Result<u64, NotStored>;

/// A frame on its way.
pub(super) struct Submission {
    pub(super) log: LogId,
    pub(super) subject: String,
    pub(super) expected: u64,
    pub(super) payload: Bytes,
}

struct Waiting {
    submission: Submission,
    reply: oneshot::Sender<Stored>,
}

/// The way to a shard's task.
#[derive(Clone)]
pub(super) struct Committer {
    link: Link,
    queue: mpsc::Sender<Waiting>,
}

impl Committer {
    /// Also returns the task, which ends with `closing`, once what waits then is answered.
    pub(super) fn new(
        link: Link,
        id: String,
        closing: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let task = run(link.clone(), id, waiting, closing);
        (Self { link, queue }, task)
    }

    /// Stores a frame and returns its stream sequence.
    pub(super) async fn store(&self, submission: Submission) -> Stored {
        if submission.payload.len() >= BATCH_BYTES_MAX {
            return publish(&self.link, &submission).await;
        }
        let (reply, stored) = oneshot::channel();
        let queued = self.queue.send(Waiting { submission, reply }).await;
        queued.map_err(|_| NotStored::NotSent("the event log is closed".to_owned()))?;
        let lost = |_| Err(NotStored::Unknown("the event log was closed".to_owned()));
        stored.await.unwrap_or_else(lost)
    }
}

async fn run(
    link: Link,
    id: String,
    mut queue: mpsc::Receiver<Waiting>,
    closing: CancellationToken,
) {
    let mut waiting = VecDeque::new();
    let mut batches: u64 = 0;
    loop {
        if waiting.is_empty() {
            let first = tokio::select! {
                biased;
                first = queue.recv() => first,
                () = closing.cancelled() => None,
            };
            match first {
                Some(first) => waiting.push_back(first),
                None => return,
            }
        }
        while waiting.len() < BATCH_FRAMES_MAX {
            let Ok(next) = queue.try_recv() else { break };
            waiting.push_back(next);
        }
        batches += 1;
        let batch = next_batch(&mut waiting);
        let (start, is_large) = (Instant::now(), batch.len() >= BATCH_LARGE);
        commit(&link, &format!("{id}-{batches}"), batch).await;
        if is_large {
            let pause = start.elapsed().min(PAUSE_MAX);
            collect(&mut queue, &mut waiting, pause, &closing).await;
        }
    }
}

/// Lets a batch come together. Those whose frames have just been stored are about to publish the
/// next ones, and a batch costs the servers as much as dozens of frames in it. So where many logs are
/// written to, as much time passes between batches as a batch takes; one of few frames is followed at
/// once.
async fn collect(
    queue: &mut mpsc::Receiver<Waiting>,
    waiting: &mut VecDeque<Waiting>,
    pause: Duration,
    closing: &CancellationToken,
) {
    let collecting = async {
        while waiting.len() < BATCH_FRAMES_MAX {
            match queue.recv().await {
                Some(next) => waiting.push_back(next),
                None => return,
            }
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(pause, collecting) => {}
        () = closing.cancelled() => {}
    }
}

/// Takes frames of different logs, in their order, as many as fit.
fn next_batch(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let mut logs = HashSet::new();
    let mut bytes = 0;
    let mut batch = Vec::new();
    let mut later = VecDeque::new();
    while let Some(next) = waiting.pop_front() {
        let with = bytes + next.submission.payload.len();
        let fits = batch.is_empty() || (with <= BATCH_BYTES_MAX && batch.len() < BATCH_FRAMES_MAX);
        if fits && logs.insert(next.submission.log) {
            bytes = with;
            batch.push(next);
        } else {
            later.push_back(next);
        }
    }
    *waiting = later;
    batch
}

async fn commit(link: &Link, id: &str, batch: Vec<Waiting>) {
    let stored = match batch.as_slice() {
        [] => return,
        [one] => vec![publish(link, &one.submission).await],
        many => match publish_together(link, id, many).await {
            Err(NotStored::Conflict | NotStored::Full | NotStored::Refused(_)) => {
                join_all(many.iter().map(|one| publish(link, &one.submission))).await
            }
            Err(no_answer) => vec![Err(no_answer); many.len()],
            Ok(last) => positions(last, many.len()).map(Ok).collect(),
        },
    };
    for (waiting, stored) in batch.into_iter().zip(stored) {
        // A publisher that went away is no error.
        let _ = waiting.reply.send(stored);
    }
}

/// A batch lies in the stream without a gap, so the position of its last message gives those of the others.
fn positions(last: u64, count: usize) -> impl Iterator<Item = u64> {
    let count = u64::try_from(count).unwrap_or_default();
    (0..count).map(move |index| last + 1 + index - count)
}

fn expecting(submission: &Submission) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(EXPECTED, submission.expected.to_string());
    headers
}

async fn publish(link: &Link, submission: &Submission) -> Stored {
    publish_with(link, submission, expecting(submission)).await
}

async fn publish_with(link: &Link, submission: &Submission, headers: HeaderMap) -> Stored {
    let (subject, payload) = (submission.subject.clone(), submission.payload.clone());
    let ack = link.request(subject, Some(headers), payload).await?;
    ack::position(&ack.payload)
}

/// Publishes an atomic batch: its last message commits it, and has the answer for all.
async fn publish_together(link: &Link, id: &str, batch: &[Waiting]) -> Stored {
    let mut acknowledged = Err(NotStored::NotSent("nothing to store".to_owned()));
    for (number, Waiting { submission, .. }) in (1..).zip(batch) {
        let mut headers = expecting(submission);
        headers.insert(BATCH_ID, id);
        headers.insert(BATCH_SEQUENCE, number.to_string());
        if number == batch.len() {
            headers.insert(BATCH_COMMIT, "1");
            acknowledged = publish_with(link, submission, headers).await;
        } else {
            let (subject, payload) = (submission.subject.clone(), submission.payload.clone());
            link.send(subject, headers, payload).await?;
        }
    }
    acknowledged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(log: LogId, bytes: usize) -> Waiting {
        Waiting {
            submission: Submission {
                log,
                subject: String::new(),
                expected: 0,
                payload: Bytes::from(vec![0; bytes]),
            },
            reply: oneshot::channel().0,
        }
    }

    #[test]
    fn a_batch_has_one_frame_of_a_log_and_keeps_their_order() {
        let (one, two) = (LogId::generate(), LogId::generate());
        let mut queue: VecDeque<_> = [(one, 1), (two, 2), (one, 3), (one, 4)]
            .into_iter()
            .map(|(log, bytes)| waiting(log, bytes))
            .collect();
        let mut batches = Vec::new();
        while !queue.is_empty() {
            let batch = next_batch(&mut queue);
            let sizes: Vec<_> = batch.iter().map(|it| it.submission.payload.len()).collect();
            batches.push(sizes);
        }
        assert_eq!(batches, [vec![1, 2], vec![3], vec![4]]);
    }

    #[test]
    fn a_batch_is_bounded_in_bytes() {
        let half = BATCH_BYTES_MAX / 2;
        let mut queue: VecDeque<_> = (0..5).map(|_| waiting(LogId::generate(), half)).collect();
        assert_eq!(next_batch(&mut queue).len(), 2);
        assert_eq!(queue.len(), 3);
    }

    #[test]
    fn positions_end_with_the_last() {
        assert_eq!(positions(10, 3).collect::<Vec<_>>(), [8, 9, 10]);
    }
}
