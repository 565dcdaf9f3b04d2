//! Who sends a request: tokens, passwords and the cache of what they stand for.

pub(crate) mod attempts;
pub(crate) mod password;
pub(crate) mod sessions;
pub(crate) mod token;
