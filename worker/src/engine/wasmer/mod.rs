//! The wasmer engine.

use std::sync::Arc;

use super::Program;

/// Why an artifact can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Another build made it, or it is damaged. Compile the component again.
    #[error("the compiled artifact can't be used ({0}); compile the component again")]
    Unusable(String),
}

/// Makes a program from an artifact.
///
/// The bytes must be exactly those that [`crate::compile::compile`] returned: they hold machine
/// code. The caller compares their SHA-256 with the recorded one first.
///
/// # Errors
/// When the artifact was made by another build of the engine or for another machine.
pub fn load(artifact: &[u8]) -> Result<Arc<dyn Program>, LoadError> {
    let _ = artifact;
    Err(LoadError::Unusable("the engine is not there yet".into()))
}
