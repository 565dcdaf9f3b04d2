//! Views as the control plane sees them: deployed, queried, halted, saved and loaded again.

mod answers;
mod eviction;
mod fairness;
mod halting;
mod loading;
mod saving;
mod world;
