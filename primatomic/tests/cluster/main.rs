//! The roles as processes on NATS, PostgreSQL and an S3 server.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod checker;
#[cfg(test)]
mod client;
#[cfg(test)]
mod contention;
#[cfg(test)]
mod cores;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod end_to_end;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod history;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod load;
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
