//! The suites that every event log and every object store passes: those in files here, those on
//! servers in `tests/servers`.

pub(crate) mod event_log;
pub(crate) mod objects;
