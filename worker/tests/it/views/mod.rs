//! Views as the control plane sees them: deployed, queried, halted, saved and loaded again.

mod answers;
mod fairness;
mod halting;
mod loading;
mod room;
mod saving;
mod world;
