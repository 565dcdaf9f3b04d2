//! Who sends a request: tokens, passwords, and wrong ones.

pub(crate) mod attempts;
pub(crate) mod password;
pub(crate) mod token;
pub(crate) mod totp;
