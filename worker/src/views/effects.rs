//! What goes in and out of the state machine of a view: what is due after a change, and what its
//! driver and its turns find.

use protocol::{Run, Sequence};
use storage::bus::{BuildOutcome, QueryError, QueryRequest};
use tokio::sync::oneshot;

use super::instance::{SavedState, Stop};
use super::queries::Query;
use crate::engine::Fault;
use crate::pool::Priority;
use crate::snapshots::Folded;

/// Why a query was not taken in.
#[derive(Debug)]
pub(super) enum Refused {
    /// This resident is closed; a new one may take the query.
    Closed(QueryRequest),
    Error(QueryError),
}

/// What went wrong in a turn. The instance is gone.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    Fold(Stop),
    /// A query or a snapshot ended with a fault; the state itself was fine.
    Call,
    /// A bug in this program.
    Panic,
}

/// A state that was taken from the running instance.
#[derive(Debug)]
pub(super) struct Captured {
    pub state: SavedState,
    /// What was folded since the state before was taken.
    pub folded: Folded,
}

pub(super) type CaptureSender = oneshot::Sender<Result<Captured, Fault>>;

/// What has to be done after a change, outside of the lock.
#[derive(Debug, Default)]
pub(super) struct Due {
    /// A turn has to be submitted to the pool.
    pub turn: Option<Priority>,
    /// The driver has to look at the news.
    pub driver: bool,
    /// Queries that end with an error.
    pub refused: Vec<(Query, QueryError)>,
    /// What builds that wait get, and those that will.
    pub built: Option<Result<BuildOutcome, QueryError>>,
}

/// What the driver reacts to while it follows the log.
pub(super) struct News {
    pub trouble: Option<Trouble>,
    /// Events are missing between those that were folded and those that came.
    pub gap: bool,
    /// A snapshot is worth its price.
    pub save: bool,
    /// A query waits for an event.
    pub waiting: bool,
    /// It should go, and nobody waits for it.
    pub unwanted: bool,
}

/// How far what was offered is folded.
pub(super) enum Feeding {
    Folding,
    Done,
    Trouble(Trouble),
    Unwanted,
}

/// What a turn finds.
pub(super) struct Work {
    pub serving: bool,
    pub ceiling: Sequence,
    pub offered: Vec<Run>,
    pub captures: Vec<CaptureSender>,
}
