//! The tests of `storage` that need real servers: NATS, PostgreSQL, S3.

#[cfg(test)]
mod jetstream;
