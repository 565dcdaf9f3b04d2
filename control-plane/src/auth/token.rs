//! Opaque tokens: random, shown once, stored as their SHA-256 alone.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use protocol::api_key::ApiKey;
use sha2::{Digest as _, Sha256};

const SESSION_PREFIX: &str = "pt_";
/// The prefix and 32 bytes in Base64.
const SESSION_BYTES: usize = 46;

/// The SHA-256 of a token or an API key: all that is ever stored or compared.
pub(crate) type TokenDigest = [u8; 32];

/// A new token for a session: `pt_` and 256 random bits.
#[must_use]
pub(crate) fn session() -> String {
    random(SESSION_PREFIX)
}

/// A new token for a verification link: `pv_` and 256 random bits.
#[must_use]
pub(crate) fn verification() -> String {
    random("pv_")
}

/// A new token for an invitation: `pi_` and 256 random bits.
#[must_use]
pub(crate) fn invitation() -> String {
    random("pi_")
}

/// A new token for a link that sets a password: `pr_` and 256 random bits.
#[must_use]
pub(crate) fn password_reset() -> String {
    random("pr_")
}

/// Whether a text can be a session's token or an API key at all. What can't be is refused without
/// asking the catalog.
#[must_use]
pub(crate) fn looks_issued(token: &str) -> bool {
    let session = token.len() == SESSION_BYTES && token.starts_with(SESSION_PREFIX);
    session || ApiKey::parse(token).is_ok()
}

fn random(prefix: &str) -> String {
    let bits: [u8; 32] = rand::random();
    format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bits))
}

#[must_use]
pub(crate) fn digest(token: &str) -> TokenDigest {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_and_say_what_they_are() {
        let token = session();
        assert!(token.starts_with("pt_"));
        assert!(looks_issued(&token) && looks_issued(ApiKey::generate().expose()));
        assert!(!looks_issued(&token[1..]) && !looks_issued("pk_live_x"));
        assert_ne!(token, session());
        assert!(verification().starts_with("pv_"));
    }
}
