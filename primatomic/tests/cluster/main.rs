//! The roles as processes on NATS, PostgreSQL and an S3 server.

#[cfg(test)]
mod drain;
#[cfg(test)]
mod maintenance;
#[cfg(test)]
mod preferred;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod roles;
