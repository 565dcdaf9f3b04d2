//! The writer's thread: takes what waits, commits it together, answers.

use std::fs::File;
use std::io;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::super::live::Live;
use super::super::{ReadError, StoredFrame};
use super::checkpoint::Checkpoints;
use super::commit::{Committed, Committer, Failure, wal_pages};
use super::queue::{Change, Job, Queue, Queued};

/// The most frames and bytes of one transaction. They bound how long the first caller of a group
/// waits for the last one's bytes.
const GROUP_JOBS_MAX: usize = 4_096;
const GROUP_BYTES_MAX: usize = 16 << 20;

/// Groups after which some frames of deleted logs are removed even though appends wait.
const GROUPS_PER_CLEARING: u32 = 16;

/// Ends callers' waits and followers' subscriptions when the thread ends, also after a panic. The
/// connections are closed by then, and the fields are dropped in their order.
pub(super) struct EndGuard {
    pub(super) queue: Arc<Queue>,
    pub(super) live: Arc<Live>,
    /// Held until the connections are closed.
    pub(super) _lock: File,
    /// Dropped last: whoever waits for it may open the file again.
    pub(super) _ended: oneshot::Sender<()>,
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.queue.close();
        self.queue.take_ready(&mut Vec::new());
        self.live.end_all();
    }
}

pub(super) fn start(
    connection: Connection,
    checkpoints: Connection,
    guard: EndGuard,
) -> io::Result<()> {
    let writer = Writer {
        committer: Committer::new(connection),
        checkpoints: Checkpoints::start(checkpoints)?,
    };
    std::thread::Builder::new()
        .name("event-log-writer".to_owned())
        .spawn(move || {
            let EndGuard { queue, live, .. } = &guard;
            writer.run(queue, live);
        })?;
    Ok(())
}

struct Writer {
    committer: Committer,
    checkpoints: Checkpoints,
}

impl Writer {
    fn run(mut self, queue: &Queue, live: &Live) {
        let mut waiting = Vec::new();
        let mut groups = 0u32;
        loop {
            if waiting.is_empty() {
                if self.committer.clearing {
                    queue.take_ready(&mut waiting);
                } else if !queue.take(&mut waiting) {
                    break;
                }
            }
            groups = groups.wrapping_add(1);
            let clear = waiting.is_empty() || groups.is_multiple_of(GROUPS_PER_CLEARING);
            if self.committer.clearing && clear {
                self.clear_some();
            }
            let rest = waiting.split_off(group_length(&waiting));
            let group = std::mem::replace(&mut waiting, rest);
            if !group.is_empty() {
                self.commit(group, live);
            }
        }
        self.checkpoints.stop();
    }

    /// Commits a group. When it fails, each job is tried alone: a frame that is too large for the
    /// disk must not take others with it.
    fn commit(&mut self, mut group: Vec<Queued>, live: &Live) {
        let pages = group.iter().map(|queued| wal_pages(&queued.job)).sum();
        match self.committer.commit(&group) {
            Ok(committed) => {
                for (queued, committed) in group.into_iter().zip(committed) {
                    self.answer(queued.job, committed, live);
                }
            }
            Err(Failure::Full | Failure::Unavailable(_)) if group.len() > 1 => {
                for queued in group.drain(..) {
                    self.commit(vec![queued], live);
                }
            }
            Err(failure) => {
                for queued in group {
                    refuse(queued.job, &failure);
                }
            }
        }
        self.checkpoints
            .after_commit(&self.committer.connection, pages);
    }

    /// Answers the caller, and then notifies the followers. A caller that went away is no error.
    fn answer(&mut self, job: Job, committed: Committed, live: &Live) {
        match (job, committed) {
            (Job::Publish(publish), Committed::Published(result)) => {
                let stored = result.as_ref().ok().map(|position| StoredFrame {
                    frame: publish.frame,
                    position: *position,
                });
                let _ = publish.reply.send(result);
                if let Some(stored) = stored {
                    live.send(&stored);
                }
            }
            (Job::Change(change, reply), Committed::Changed(done)) => {
                let mut result = Ok(done);
                match change {
                    Change::Delete { log } => live.end(log),
                    Change::Scrub => {
                        let emptied = self.checkpoints.empty(&self.committer.connection);
                        result = emptied.map(|()| done);
                    }
                    Change::Trim { .. } | Change::Clear { .. } | Change::Probe => {}
                }
                let _ = reply.send(result);
            }
            // A result of another kind can't happen; dropping the reply says "unknown".
            (Job::Publish(_), Committed::Changed(_))
            | (Job::Change(..), Committed::Published(_)) => {}
        }
    }

    fn clear_some(&mut self) {
        if let Err(failure) = self.committer.clear_some() {
            // Tried again after the next deletion or start; reads don't show these frames anyway.
            tracing::warn!(?failure, "frames of a deleted log can't be removed now");
            self.committer.clearing = false;
        }
        self.checkpoints
            .after_commit(&self.committer.connection, GROUPS_PER_CLEARING.into());
    }
}

/// How many of the waiting jobs go into the next transaction: at least one, if there is any.
fn group_length(waiting: &[Queued]) -> usize {
    let mut bytes = 0;
    waiting
        .iter()
        .take(GROUP_JOBS_MAX)
        .take_while(|queued| {
            let fits = bytes < GROUP_BYTES_MAX;
            if let Job::Publish(publish) = &queued.job {
                bytes += publish.frame.encoded().len();
            }
            fits
        })
        .count()
}

fn refuse(job: Job, failure: &Failure) {
    match job {
        Job::Publish(publish) => {
            let _ = publish.reply.send(Err(failure.clone()));
        }
        Job::Change(_, reply) => {
            let reason = match failure {
                Failure::Unavailable(reason) => reason.clone(),
                Failure::Unknown => "the commit failed".to_owned(),
                failure => failure.to_string(),
            };
            let _ = reply.send(Err(ReadError::Unavailable(reason)));
        }
    }
}
