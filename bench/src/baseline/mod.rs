//! What the machine can do without Primatomic, measured in the same run.

pub(crate) mod fdatasync;
pub(crate) mod publish;
