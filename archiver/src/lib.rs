//! The archiver: moves frames of the hot log into segments in the object store.
//!
//! There is no archive yet: every event stays in the hot log, whatever the `retention` of its log
//! says. The crate stands here because the map of the code does; it will depend on `storage` and
//! `protocol`, and on no other role.
