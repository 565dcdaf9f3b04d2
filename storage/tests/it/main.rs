//! The integration tests of `storage`: real files, real databases, one module per part.

#[cfg(test)]
mod appender;
#[cfg(test)]
mod appender_keys;
#[cfg(test)]
mod appender_model;
#[cfg(test)]
mod conformance;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod sqlite;
