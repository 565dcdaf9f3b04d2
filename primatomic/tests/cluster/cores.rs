//! Tests that keep every core busy, and those that measure something, run one at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

static ALONE: Mutex<()> = Mutex::new(());

/// Waits until the calling test runs alone, until this is dropped.
pub(crate) fn wait() -> MutexGuard<'static, ()> {
    // A test that failed has nothing to do with the next one.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
