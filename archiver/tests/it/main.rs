//! The archiver on embedded stores: real SQLite files, real objects in a directory.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod deletion;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod takeover;
