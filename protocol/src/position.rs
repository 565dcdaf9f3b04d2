//! Positions of frames in the event log.

/// Where a frame stands in its engine: the SQLite row id, the JetStream stream sequence. Grows
/// within a log; 0 stands before the first frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    pub const START: Self = Self(0);
}
