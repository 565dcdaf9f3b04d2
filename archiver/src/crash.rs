//! Named points of the archiver's order, at which crash tests end the process.

/// A moment between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// A segment is in the object store and not in the catalog.
    Uploaded,
    /// Its blocks are in the catalog.
    Recorded,
    /// A log was trimmed, and that is not written down.
    Trimmed,
    TrimRecorded,
    /// Merged blocks are in the object store and not in the catalog.
    MergeUploaded,
    MergeRecorded,
    /// A segment without deleted logs is in the object store and not in the catalog.
    EraseUploaded,
    EraseRecorded,
    /// A segment that nothing refers to is gone, and its row is not.
    SegmentRemoved,
    /// No segment holds what was deleted any more, and it is not written down.
    ArchiveErased,
    /// No backup does either, and it is not written down.
    BackupsExpired,
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
