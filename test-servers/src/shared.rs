//! A server that several tests of one process use.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::Result;

/// Starts a server for the first test that wants it and ends it with the last one. A plain static
/// would never end it.
pub struct Shared<T>(Mutex<Weak<T>>);

impl<T> Shared<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    /// The running server, or a new one.
    pub fn get(&self, start: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = current.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(start()?);
        *current = Arc::downgrade(&server);
        Ok(server)
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}
