//! Tests that keep every core busy, and those that measure something, take turns.

use std::sync::{Mutex, MutexGuard, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

/// Waits for the turn of the calling test, which ends when this is dropped.
pub(crate) fn wait() -> MutexGuard<'static, ()> {
    // A test that failed has nothing to do with the next one.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
