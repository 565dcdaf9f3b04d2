//! The form in which a compiled component is kept: the plan and the machine code of its modules,
//! with everything that they depend on in front.

use protocol::{ArtifactDigest, ComponentDigest};
use serde::{Deserialize, Serialize};

use crate::engine::wasmer::settings::{self, ENGINE, SETTINGS};
use crate::loader::plan::Plan;

/// Raised whenever [`Artifact`] or [`Plan`] change.
const FORMAT: u32 = 1;

/// The first bytes of every artifact.
const MAGIC: &[u8; 8] = b"PRIMVIEW";

/// A compiled component.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Artifact {
    /// What the machine code was made by and for.
    made: Made,
    pub(crate) plan: Plan,
    /// One per module of the plan.
    pub(crate) modules: Vec<Vec<u8>>,
    /// The batch driver, where it is of use.
    pub(crate) driver: Option<Vec<u8>>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    engine: String,
    target: String,
    settings: String,
}

impl Made {
    fn here() -> Self {
        Self {
            engine: ENGINE.to_owned(),
            target: settings::target(),
            settings: SETTINGS.to_owned(),
        }
    }
}

impl Artifact {
    pub(crate) fn new(plan: Plan, modules: Vec<Vec<u8>>, driver: Option<Vec<u8>>) -> Self {
        Self {
            made: Made::here(),
            plan,
            modules,
            driver,
        }
    }

    /// # Errors
    /// When the encoder fails, which it does for no value of this type.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, String> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&FORMAT.to_le_bytes());
        postcard::to_extend(self, bytes).map_err(|error| error.to_string())
    }

    /// # Errors
    /// When the bytes are not an artifact of this build for this machine.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let damaged = || "it is damaged".to_owned();
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let (format, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let format = u32::from_le_bytes(*format);
        if format != FORMAT {
            return Err(format!(
                "its format is {format}, and this build has {FORMAT}"
            ));
        }
        let artifact: Self = postcard::from_bytes(rest).map_err(|_| damaged())?;
        let here = Made::here();
        if artifact.made != here {
            return Err(format!(
                "it was made by {} for {}, and this is {} on {}",
                artifact.made.engine, artifact.made.target, here.engine, here.target
            ));
        }
        Ok(artifact)
    }
}

/// Names the artifact of a component for this build of the engine, this target and these settings.
pub fn artifact_digest(component: ComponentDigest) -> ArtifactDigest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&component.0);
    for part in [ENGINE, settings::target().as_str(), SETTINGS] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&FORMAT.to_le_bytes());
    ArtifactDigest(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_depends_on_the_component() {
        let digest = |bytes| artifact_digest(ComponentDigest::of(bytes));
        assert_eq!(digest(b"a"), digest(b"a"));
        assert_ne!(digest(b"a"), digest(b"b"));
    }

    #[test]
    fn damaged_artifacts_are_refused() {
        assert_eq!(Artifact::decode(b"").unwrap_err(), "it is damaged");
        assert_eq!(Artifact::decode(b"PRIMVIEW").unwrap_err(), "it is damaged");
        assert_eq!(
            Artifact::decode(b"PRIMVIEW\x09\0\0\0").unwrap_err(),
            "its format is 9, and this build has 1"
        );
        assert_eq!(
            Artifact::decode(b"PRIMVIEW\x01\0\0\0\xff").unwrap_err(),
            "it is damaged"
        );
    }

    #[test]
    fn the_engine_names_the_version_that_is_linked() {
        let lock = include_str!("../../../Cargo.lock");
        let version = ENGINE.split(' ').nth(1).unwrap();
        assert!(lock.contains(&format!("name = \"wasmer\"\nversion = \"{version}\"")));
    }
}
