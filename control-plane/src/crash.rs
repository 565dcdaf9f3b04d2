//! Named points of a deletion, at which crash tests end the process.

/// A moment between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Nobody has access to the tenant any more.
    DeletionStarted,
    /// Some of its logs are gone from the catalog.
    LogsRemoved,
    /// Some of what was noted of it is erased.
    RecordsErased,
    /// A log's frames are gone.
    FramesRemoved,
    /// The snapshots of a version are gone.
    SnapshotsRemoved,
    /// A component is gone, and what was compiled from it.
    ComponentRemoved,
    /// Files were written again, and it is not written down.
    Scrubbed,
    /// All bytes of a tenant outside of the archive are gone, and it is not written down.
    BytesRemoved,
}

/// Does nothing, but in a build for crash tests: there the process ends as by a kill when the
/// environment variable `PRIMATOMIC_CRASH_AT` names the point.
pub(crate) fn reached(point: Point) {
    tracing::trace!(?point, "reached");
    #[cfg(feature = "crash-points")]
    if std::env::var("PRIMATOMIC_CRASH_AT").is_ok_and(|name| name == format!("{point:?}")) {
        std::process::abort();
    }
}
