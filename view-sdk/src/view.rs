//! The trait that a view implements.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Event, Request, Response, ViewError, encoding};

/// A fold over the events of one log, and the answers that its state gives.
///
/// The implementing type is the state. The platform may drop an instance at any time and make it
/// anew from a snapshot or from the first event, on any machine, so the state after event N must be
/// a function of the configuration and the events 1 to N alone. Two things spoil that easily: a
/// clock (use [`Event::timestamp`]) and a `HashMap` whose order shows in an answer or a snapshot
/// (use a `BTreeMap`).
pub trait View: Default + Serialize + DeserializeOwned {
    /// Takes the configuration that was given at upload; called once, before anything else. What
    /// later calls need of it belongs into the state, for a snapshot replaces the whole state.
    /// World 0.0.1 has no configuration: the bytes are empty there.
    ///
    /// # Errors
    /// An error fails the build of the version, with its message.
    fn init(&mut self, config: &[u8]) -> Result<(), ViewError> {
        let _ = config;
        Ok(())
    }

    /// Folds one event into the state.
    ///
    /// # Errors
    /// An error halts the view before this event until a version is deployed that can fold it, so
    /// return one only for what must never be skipped over. Check first and change the state last:
    /// after an error, the state must be as it was.
    fn apply(&mut self, event: Event<'_>) -> Result<(), ViewError>;

    /// Answers from the state.
    ///
    /// # Errors
    /// The client gets the error's code and message.
    fn query(&self, request: &Request) -> Result<Response, ViewError>;

    /// The state as bytes: MessagePack with field names, unless the view has its own form. Equal
    /// states must give equal bytes.
    ///
    /// # Errors
    /// When the state can't be serialized.
    fn snapshot(&self) -> Result<Vec<u8>, ViewError> {
        encoding::encode(self)
    }

    /// The state from bytes that [`View::snapshot`] of the same version returned.
    ///
    /// # Errors
    /// When the bytes are not such a state.
    fn restore(snapshot: &[u8]) -> Result<Self, ViewError> {
        encoding::decode(snapshot)
    }
}
