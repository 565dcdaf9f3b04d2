//! From nothing to an instance at the head of its log: the newest usable snapshot, then the frames
//! behind it.

use std::sync::Arc;
use std::time::Duration;

use protocol::{Run, Sequence, Timestamp, snapshot};
use storage::bus::QueryError;
use storage::event_log::ReadError;
use storage::history::ReaderOptions;
use storage::objects::{ObjectError, ObjectKey};
use tokio::time::timeout;

use crate::engine::{Fault, Program};
use crate::meter::Spent;
use crate::pool::PoolError;
use crate::views::effects::{Feeding, Trouble};
use crate::views::instance::{Instance, SavedState};
use crate::views::mailbox::Mailbox;
use crate::views::resident::Resident;

/// One chunk is folded while the next one is read.
const READING: ReaderOptions = ReaderOptions {
    chunk_bytes: 4 << 20,
    blocks_ahead: 2,
};

/// How soon a turn is asked for again that the pool's full queue did not take.
const RETRY: Duration = Duration::from_secs(1);

/// Why a version is not loaded.
#[derive(Debug)]
pub(super) enum LoadStop {
    /// It can't be started.
    Failed(Fault),
    /// Something is away, or its tenant uses all the memory that it may.
    Error(QueryError),
    Trouble(Trouble),
    /// Nobody waits for it any more.
    Unwanted,
}

impl From<QueryError> for LoadStop {
    fn from(error: QueryError) -> Self {
        Self::Error(error)
    }
}

impl From<ReadError> for LoadStop {
    fn from(error: ReadError) -> Self {
        Self::Error(QueryError::Unavailable(error.to_string()))
    }
}

impl From<PoolError> for LoadStop {
    fn from(error: PoolError) -> Self {
        Self::Error(QueryError::Unavailable(error.to_string()))
    }
}

/// Why a snapshot did not become an instance.
struct Unusable {
    reason: String,
    /// It never will.
    damaged: bool,
}

impl Unusable {
    fn damaged(reason: impl ToString) -> Self {
        Self {
            reason: reason.to_string(),
            damaged: true,
        }
    }

    /// It may be usable another time.
    fn now(reason: impl ToString) -> Self {
        Self {
            reason: reason.to_string(),
            damaged: false,
        }
    }
}

/// An instance at the newest usable snapshot at or below `ceiling`, or else at 0.
pub(super) async fn newest_instance(
    resident: &Resident,
    ceiling: Sequence,
) -> Result<Instance, LoadStop> {
    let context = &resident.context;
    let spec = &resident.spec;
    let prepared = context.programs.get(spec.tenant, spec.component).await;
    let prepared = prepared.map_err(|error| QueryError::Unavailable(error.to_string()))?;
    let version = resident.spec.version;
    let snapshots = &context.snapshots;
    for sequence in snapshots.newest_first(version, ceiling).await {
        match restore(resident, &prepared.program, sequence).await {
            Ok(instance) => return Ok(instance),
            Err(Unusable { reason, damaged }) => {
                metrics::counter!("views_snapshots_skipped").increment(1);
                tracing::warn!(%version, %sequence, reason, "a snapshot was skipped");
                if damaged {
                    snapshots.discard(version, sequence).await;
                }
            }
        }
    }
    let (started, cpu) = resident.start_instance(&prepared.program, None).await?;
    resident.meter(Spent::unbilled(cpu));
    started.map_err(LoadStop::Failed)
}

async fn restore(
    resident: &Resident,
    program: &Arc<dyn Program>,
    sequence: Sequence,
) -> Result<Instance, Unusable> {
    let context = &resident.context;
    let version = resident.spec.version;
    let key = ObjectKey::snapshot(version, sequence);
    let fetched = context.snapshots.objects.get(&key).await;
    let object = fetched.map_err(|error| match error {
        ObjectError::NotFound(_) => Unusable::damaged(error),
        _ => Unusable::now(error),
    })?;
    let timestamp = time_of(resident, sequence).await.map_err(Unusable::now)?;
    let timestamp = timestamp.ok_or_else(|| Unusable::now("the log does not hold its event"))?;
    let limit = usize::try_from(context.options.machine.snapshot_bytes).unwrap_or(usize::MAX);
    let priority = resident.look(Mailbox::priority);
    let decoding = resident.on_pool(priority, move || snapshot::decode(&object, limit));
    let decoded = decoding.await.map_err(Unusable::now)?;
    let decoded = decoded.map_err(Unusable::damaged)?;
    if (decoded.version, decoded.sequence) != (version, sequence) {
        return Err(Unusable::damaged("it is a snapshot of something else"));
    }
    let saved = SavedState {
        sequence,
        timestamp,
        bytes: decoded.state,
    };
    let starting = resident.start_instance(program, Some(saved)).await;
    let (started, cpu) = starting.map_err(Unusable::now)?;
    resident.meter(Spent::unbilled(cpu));
    started.map_err(|fault| match fault {
        Fault::Start(_) | Fault::Interrupted(_) => Unusable::now(fault),
        _ => Unusable::damaged(fault),
    })
}

/// The time of an event: what a component's clock shows after it.
async fn time_of(resident: &Resident, sequence: Sequence) -> Result<Option<Timestamp>, ReadError> {
    let history = &resident.context.history;
    let runs = history.read(resident.spec.log, sequence, 1).await?;
    let holds = |run: &&Run| run.first() <= sequence && sequence <= run.last();
    Ok(runs.first().filter(holds).map(Run::timestamp))
}

/// Hands the instance the events behind what it applied, until the log has no more or the ceiling
/// is reached, and returns when they are folded.
pub(super) async fn feed(resident: &Arc<Resident>, ceiling: Sequence) -> Result<(), LoadStop> {
    resident.change(|it| it.set_ceiling(ceiling));
    let mut next = resident.progress().applied.next();
    let history = &resident.context.history;
    let mut reader = history.reader(resident.spec.log, next, READING);
    let mut chunk = reader.next().await?;
    while let Some(last) = chunk.last().map(Run::last) {
        if next > ceiling {
            break;
        }
        resident.change(|it| it.events_arrived(chunk));
        next = last.next();
        chunk = if last >= ceiling {
            Vec::new()
        } else {
            reader.next().await?
        };
        folded(resident).await?;
    }
    Ok(())
}

/// Waits until everything that was offered is folded.
async fn folded(resident: &Arc<Resident>) -> Result<(), LoadStop> {
    loop {
        match resident.change(Mailbox::feeding) {
            Feeding::Folding => {}
            Feeding::Done => return Ok(()),
            Feeding::Trouble(trouble) => return Err(LoadStop::Trouble(trouble)),
            Feeding::Unwanted => return Err(LoadStop::Unwanted),
        }
        if timeout(RETRY, resident.woken()).await.is_err() {
            resident.change(Mailbox::schedule);
        }
    }
}
