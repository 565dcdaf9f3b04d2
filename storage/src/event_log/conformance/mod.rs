//! The suite that every implementation of [`super::EventLog`] passes.
