//! Connections that read beside the writer.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::super::ReadError;
use super::{OpenError, closed, file};

/// Connections that read, and so the most reads that run at one time.
const COUNT: u32 = 4;

/// A fixed number of connections. A read waits for a free one and runs on a blocking thread.
pub(super) struct Readers {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

/// Gives the connection back even when the read panics or its caller is gone.
struct Borrowed {
    connection: Option<Connection>,
    free: Arc<Mutex<Vec<Connection>>>,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.free.lock().extend(self.connection.take());
    }
}

impl Readers {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let connections = (0..COUNT).map(|_| file::open_reader(path));
        Ok(Self {
            free: Arc::new(Mutex::new(connections.collect::<Result<_, _>>()?)),
            permits: Arc::new(Semaphore::new(COUNT as usize)),
        })
    }

    /// Runs a read on a free connection. When the caller goes away the read still ends by itself.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| closed())?;
        let free = Arc::clone(&self.free);
        let task = tokio::task::spawn_blocking(move || {
            // Dropped after the connection is back, so that the next reader finds it.
            let _permit = permit;
            let connection = free.lock().pop();
            let borrowed = Borrowed { connection, free };
            borrowed
                .connection
                .as_ref()
                .map_or_else(|| Err(closed()), read)
        });
        task.await
            .map_err(|error| ReadError::Unavailable(error.to_string()))?
    }

    /// Waits for the reads that run, and closes the connections.
    pub(super) async fn close(&self) {
        if let Ok(all) = self.permits.acquire_many(COUNT).await {
            all.forget();
        }
        self.permits.close();
        self.free.lock().clear();
    }
}
