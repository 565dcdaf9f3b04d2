//! From nothing to an instance at the head of its log: the newest usable snapshot, then the frames
//! behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::{Run, Sequence, Timestamp, snapshot};
use storage::event_log::ReadError;
use storage::history::ReaderOptions;
use storage::objects::ObjectError;

use super::instance::{Instance, SavedState, halt};
use super::mailbox::Trouble;
use super::resident::Resident;
use crate::engine::{Fault, Program};
use crate::pool::PoolError;
use protocol::view::Halt;
use storage::bus::QueryError;

/// One chunk is folded while the next one is read.
const READING: ReaderOptions = ReaderOptions {
    chunk_bytes: 4 << 20,
    blocks_ahead: 2,
};

/// Why a version is not loaded.
#[derive(Debug)]
pub(super) enum LoadStop {
    /// It can't be started, and the fault says why.
    Failed(Halt, Fault),
    /// Something is away.
    Unavailable(String),
    /// There is no room for it.
    Refused(QueryError),
    Trouble(Trouble),
    /// Nobody waits for it any more.
    Unwanted,
}

impl From<ReadError> for LoadStop {
    fn from(error: ReadError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<PoolError> for LoadStop {
    fn from(error: PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Why a snapshot did not become an instance.
enum Unusable {
    /// It never will.
    Damaged(String),
    /// It may, another time.
    Now(String),
}

impl Resident {
    /// An instance at the newest usable snapshot at or below `ceiling`, or else at 0.
    pub(super) async fn start_instance(
        &self,
        program: &Arc<dyn Program>,
        ceiling: Sequence,
    ) -> Result<Instance, LoadStop> {
        let version = self.spec.version;
        let snapshots = &self.context.snapshots;
        for sequence in snapshots.newest_first(version, ceiling).await {
            match self.restore(program, sequence).await {
                Ok(instance) => return Ok(instance),
                Err(unusable) => {
                    let (reason, damaged) = match unusable {
                        Unusable::Damaged(reason) => (reason, true),
                        Unusable::Now(reason) => (reason, false),
                    };
                    metrics::counter!("views_snapshots_skipped").increment(1);
                    tracing::warn!(%version, %sequence, reason, "a snapshot was skipped");
                    if damaged {
                        snapshots.discard(version, sequence).await;
                    }
                }
            }
        }
        let (started, cpu) = self.start_on_pool(program, None).await?;
        self.meter(cpu);
        started.map_err(|fault| {
            let why = halt(Sequence::ZERO, &fault.to_string());
            LoadStop::Failed(why, fault)
        })
    }

    async fn restore(
        &self,
        program: &Arc<dyn Program>,
        sequence: Sequence,
    ) -> Result<Instance, Unusable> {
        let now = |error: &dyn std::fmt::Display| Unusable::Now(error.to_string());
        let version = self.spec.version;
        let object = match self.context.snapshots.fetch(version, sequence).await {
            Ok(object) => object,
            Err(error @ ObjectError::NotFound(_)) => {
                return Err(Unusable::Damaged(error.to_string()));
            }
            Err(error) => return Err(now(&error)),
        };
        let timestamp = self.time_of(sequence).await.map_err(|error| now(&error))?;
        let Some(timestamp) = timestamp else {
            return Err(Unusable::Now("the log does not hold its event".into()));
        };
        let limit = self.context.options.machine.snapshot_bytes;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let decoding = move || snapshot::decode(&object, limit);
        let decoded = self
            .context
            .pool
            .run(self.spec.tenant, self.priority(), decoding)
            .await
            .map_err(|error| now(&error))?
            .map_err(|error| Unusable::Damaged(error.to_string()))?;
        if (decoded.version, decoded.sequence) != (version, sequence) {
            return Err(Unusable::Damaged(
                "it is a snapshot of something else".into(),
            ));
        }
        let saved = Some((sequence, timestamp, decoded.state));
        let (started, cpu) = self
            .start_on_pool(program, saved)
            .await
            .map_err(|error| now(&error))?;
        self.meter(cpu);
        started.map_err(|fault| match fault {
            Fault::Start(_) | Fault::Interrupted(_) => now(&fault),
            _ => Unusable::Damaged(fault.to_string()),
        })
    }

    /// Starts an instance, from a state where one is given.
    pub(super) async fn start_on_pool(
        &self,
        program: &Arc<dyn Program>,
        saved: Option<(Sequence, Timestamp, Vec<u8>)>,
    ) -> Result<(Result<Instance, Fault>, Duration), PoolError> {
        let program = Arc::clone(program);
        let limits = self.context.options.machine.clone();
        let config = self.spec.config.clone();
        let starting = move || {
            let saved = saved
                .as_ref()
                .map(|(sequence, timestamp, bytes)| SavedState {
                    sequence: *sequence,
                    timestamp: *timestamp,
                    bytes,
                });
            Instance::start(program.as_ref(), &limits, &config, saved)
        };
        let priority = self.priority();
        self.context
            .pool
            .run(self.spec.tenant, priority, starting)
            .await
    }

    /// The time of an event: what a component's clock shows after it.
    async fn time_of(&self, sequence: Sequence) -> Result<Option<Timestamp>, ReadError> {
        let runs = self
            .context
            .history
            .read(self.spec.log, sequence, 1)
            .await?;
        let holds = |run: &&Run| run.first() <= sequence && sequence <= run.last();
        Ok(runs.first().filter(holds).map(Run::timestamp))
    }

    pub(super) fn meter(&self, cpu: Duration) {
        self.context
            .meter
            .add(self.spec.tenant, self.spec.version, cpu);
    }

    /// Hands the instance the events behind what it applied, until the log has no more or its
    /// ceiling is reached, and returns when they are folded.
    pub(super) async fn feed(self: &Arc<Self>, ceiling: Sequence) -> Result<(), LoadStop> {
        self.mailbox.lock().ceiling = ceiling;
        let mut next = self.applied().next();
        let mut reader = self.context.history.reader(self.spec.log, next, READING);
        let mut chunk = reader.next().await?;
        while let Some(last) = chunk.last().map(Run::last) {
            if next > ceiling {
                break;
            }
            self.offer(chunk);
            next = last.next();
            chunk = if last >= ceiling {
                Vec::new()
            } else {
                reader.next().await?
            };
            self.folded().await?;
        }
        Ok(())
    }

    fn offer(self: &Arc<Self>, runs: Vec<Run>) {
        let mut mailbox = self.mailbox.lock();
        mailbox.offered.extend(runs);
        mailbox.folding = true;
        drop(mailbox);
        self.schedule();
    }

    /// Waits until everything that was offered is folded.
    async fn folded(self: &Arc<Self>) -> Result<(), LoadStop> {
        let mut looked = Instant::now();
        loop {
            {
                let mut mailbox = self.mailbox.lock();
                if let Some(trouble) = mailbox.trouble.take() {
                    return Err(LoadStop::Trouble(trouble));
                }
                if !mailbox.folding {
                    return Ok(());
                }
            }
            if self.retired.is_cancelled() && !self.is_wanted() {
                return Err(LoadStop::Unwanted);
            }
            // The bell rings for each piece of news; the time-out covers a turn that found no room
            // in the pool's queue.
            let _ = tokio::time::timeout(Duration::from_secs(1), self.bell.notified()).await;
            if looked.elapsed() >= Duration::from_secs(1) {
                looked = Instant::now();
                self.schedule();
            }
        }
    }
}
