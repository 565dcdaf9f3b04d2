//! The tests of `storage` that need real servers: NATS, PostgreSQL, S3.

#[cfg(test)]
mod bus;
#[cfg(test)]
#[path = "../it/conformance/mod.rs"]
mod conformance;
#[cfg(test)]
mod jetstream;
#[cfg(test)]
mod objects;
