//! From an uploaded component to a checked plan of core instantiations.

use storage::bus::{ComponentError, ComponentReport};

/// Says what an upload is, or why it is not accepted. Compiles nothing.
///
/// # Errors
/// When the bytes are not a component that a view can be.
pub fn inspect(component: &[u8]) -> Result<ComponentReport, ComponentError> {
    let _ = component;
    Err(ComponentError::Unavailable("the loader is not there yet".into()))
}
