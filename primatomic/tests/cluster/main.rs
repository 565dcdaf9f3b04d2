//! The roles as processes on NATS, PostgreSQL and an S3 server.

#[cfg(test)]
mod nodes;
#[cfg(test)]
mod roles;
