//! The integration tests of `storage`: real files, real databases, one module per part.

#[cfg(test)]
mod catalog;
