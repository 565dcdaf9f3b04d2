//! Opaque tokens: random, shown once, stored as their SHA-256 alone.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use protocol::api_key::ApiKey;
use sha2::{Digest as _, Sha256};

/// What the tokens of each kind begin with.
pub(crate) const SESSION: &str = "pt_";
pub(crate) const VERIFICATION: &str = "pv_";
pub(crate) const INVITATION: &str = "pi_";
pub(crate) const PASSWORD_RESET: &str = "pr_";
pub(crate) const LOGIN_LINK: &str = "pl_";

/// The prefix and 32 bytes in Base64.
const SESSION_BYTES: usize = 46;

/// The SHA-256 of a token or an API key: all that is ever stored or compared.
pub(crate) type TokenDigest = [u8; 32];

/// Whether a text can be a session's token or an API key at all. What can't be is refused without
/// asking the catalog.
pub(crate) fn looks_issued(token: &str) -> bool {
    let session = token.len() == SESSION_BYTES && token.starts_with(SESSION);
    session || ApiKey::parse(token).is_ok()
}

/// A new token: the prefix of its kind and 256 random bits.
pub(crate) fn random(prefix: &str) -> String {
    let bits: [u8; 32] = rand::random();
    format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bits))
}

pub(crate) fn digest(token: &str) -> TokenDigest {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_and_say_what_they_are() {
        let token = random(SESSION);
        assert!(token.starts_with("pt_"));
        assert!(looks_issued(&token) && looks_issued(ApiKey::generate().expose()));
        assert!(!looks_issued(&token[1..]) && !looks_issued("pk_live_x"));
        assert_ne!(token, random(SESSION));
    }
}
