//! A thread of its own for what must not wait behind other work.
//!
//! A frame is published once the one before it is stored, so whatever delays an acknowledgement on
//! its way through this process delays every append of its log. On the threads that serve requests it
//! would wait behind all those that the last frame has just woken; a thread that mostly
//! sleeps is run by the system as soon as it has something to do.

use std::io;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The thread, which ends when this is dropped. Tasks that still run on it then are dropped.
pub(crate) struct OwnThread {
    pub(crate) handle: Handle,
    _end: DropGuard,
}

impl OwnThread {
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let end = CancellationToken::new();
        let ended = end.clone();
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                runtime.block_on(ended.cancelled());
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            _end: end.drop_guard(),
        })
    }
}
