//! The catalog on real SQLite files.

#[cfg(test)]
mod database;
#[cfg(test)]
mod file;
#[cfg(test)]
mod suite;
